// SPDX-License-Identifier: Apache-2.0
#include "gltf/things.h"

#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"

// ---- Where it is ------------------------------------------------------------------------------------------------------------------------

static void rotation_of(const struct ss_known *object, const struct ss_known *transform, double rotation[4]) {
    struct scenesync_bytes mode = ss_text(object, "rotation_mode");
    double numbers[4] = {0}, delta[4] = {1, 0, 0, 0};
    if (ss_text_is(object, "rotation_mode", "AXIS_ANGLE")) {
        ss_numbers(transform, "rotation_axis_angle", numbers, 4);
        ss_axis_angle(numbers, rotation);
        return;
    }
    if (ss_text_is(object, "rotation_mode", "QUATERNION")) {
        numbers[0] = 1;
        ss_numbers(transform, "rotation_quaternion", numbers, 4);
        ss_numbers(object, "delta_rotation_quaternion", delta, 4);
        memcpy(rotation, numbers, sizeof numbers);
        ss_quaternion_normalize(rotation);
        ss_quaternion_normalize(delta);
    } else {
        char order[4] = "XYZ", given[4] = "";
        if (mode.size == 3) {
            memcpy(given, mode.data, 3);
        }
        if (strspn(given, "XYZ") == 3) {
            memcpy(order, given, 3);
        }
        ss_numbers(transform, "rotation_euler", numbers, 3);
        ss_euler(numbers, order, rotation);
        memset(numbers, 0, sizeof numbers);
        ss_numbers(object, "delta_rotation_euler", numbers, 3);
        ss_euler(numbers, order, delta);
    }
    ss_quaternion_product(delta, rotation, rotation);
}

// What object and transform say, relative to the parent and its inverse.
static struct ss_matrix basis(const struct ss_known *object, const struct ss_known *transform) {
    struct ss_placement placement = {.scale = {1, 1, 1}};
    double moved[3] = {0}, scaled[3] = {1, 1, 1};
    ss_numbers(transform, "location", placement.location, 3);
    ss_numbers(transform, "scale", placement.scale, 3);
    ss_numbers(object, "delta_location", moved, 3);
    ss_numbers(object, "delta_scale", scaled, 3);
    for (int i = 0; i < 3; i++) {
        placement.location[i] += moved[i];
        placement.scale[i] *= scaled[i];
    }
    rotation_of(object, transform, placement.rotation);
    return ss_compose(&placement);
}

static bool read_matrix(const struct ss_known *entity, const char *name, struct ss_matrix *matrix) {
    return ss_numbers(entity, name, &matrix->m[0][0], 16);
}

// What follows a bone or a vertex stands where its author's Blender says.
static void place(const struct ss_replica *replica, struct ss_thing *thing) {
    const struct ss_known *transform = ss_replica_find(replica, "transform", &thing->object->id);
    bool plain = !thing->parent || ss_text_is(thing->object, "parent_type", "OBJECT") || !ss_text(thing->object, "parent_type").data;
    struct ss_matrix inverse;
    if (!plain && read_matrix(transform, "matrix_world", &thing->world)) {
        inverse = ss_invert(&thing->parent->world);
        thing->local = ss_multiply(&inverse, &thing->world);
    } else {
        thing->local = basis(thing->object, transform);
        if (thing->parent && read_matrix(thing->object, "matrix_parent_inverse", &inverse)) {
            thing->local = ss_multiply(&inverse, &thing->local);
        }
        thing->world = thing->parent ? ss_multiply(&thing->parent->world, &thing->local) : thing->local;
    }
    thing->placed = true;
}

// Parents first; a chain can be longer than the stack is deep.
static void place_all(const struct ss_things *things) {
    size_t room = HASH_COUNT(things->table), depth = 0;
    struct ss_thing **chain = ss_memory(malloc((room + 1) * sizeof *chain));
    for (struct ss_thing *thing = things->table; thing; thing = thing->hh.next) {
        for (struct ss_thing *at = thing; at && !at->placed && depth < room; at = at->parent) {
            chain[depth++] = at;
        }
        while (depth > 0) {
            place(things->replica, chain[--depth]);
        }
    }
    free(chain);
}

// ---- All --------------------------------------------------------------------------------------------------------------------------------

static void add(void *context, const struct ss_known *entity) {
    struct ss_things *things = context;
    const struct ss_known *transform = ss_replica_find(things->replica, "transform", &entity->id);
    if (strcmp(entity->kind, "object") != 0 || !ss_text(entity, "type").data || !transform || !ss_known_value(transform, "location").data) {
        return;
    }
    struct ss_thing *thing = ss_memory(calloc(1, sizeof *thing));
    thing->object = entity;
    thing->copy = -1;
    HASH_ADD_KEYPTR(hh, things->table, entity->id.b, sizeof entity->id.b, thing);
}

static struct ss_thing *find(const struct ss_things *things, const struct ss_known *object) {
    struct ss_thing *found = NULL;
    if (object) {
        HASH_FIND(hh, things->table, object->id.b, sizeof object->id.b, found);
    }
    return found;
}

void ss_things_collect(const struct ss_replica *replica, const char *scene, struct ss_things *things) {
    *things = (struct ss_things){.replica = replica};
    scenesync_uuid_singleton(scene, "scene", &things->scene);
    ss_replica_each(replica, add, things);
    for (struct ss_thing *thing = things->table; thing; thing = thing->hh.next) {
        thing->parent = find(things, ss_parent_of(replica, thing->object));
    }
    ss_groups_collect(things);
    size_t count;
    struct ss_thing *const *shown = ss_members(things, &things->scene, &count);
    for (size_t i = 0; i < count; i++) {
        shown[i]->shown = true;
    }
    for (struct ss_thing *thing = things->table; thing; thing = thing->hh.next) {
        for (struct ss_thing *at = thing->shown ? thing : NULL; at && !at->kept; at = at->parent) {
            at->kept = true;
        }
    }
    place_all(things);
}

void ss_things_finish(struct ss_things *things) {
    struct ss_thing *thing, *next;
    HASH_ITER(hh, things->table, thing, next) {
        HASH_DEL(things->table, thing);
        free(thing);
    }
    ss_groups_finish(things);
}
