// SPDX-License-Identifier: Apache-2.0
// What is in which collection.
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "gltf/things.h"

struct ss_group {
    struct scenesync_uuid id;
    const struct ss_known *collection; // NULL: the scene's own
    bool inside;                       // the one whose members are being collected, or in it
    bool known;                        // `members` are collected
    struct ss_thing **members;
    size_t count;
    UT_hash_handle hh;
};

static void add_group(struct ss_things *things, const struct scenesync_uuid *id, const struct ss_known *collection) {
    struct ss_group *group = ss_memory(calloc(1, sizeof *group));
    group->id = *id;
    group->collection = collection;
    HASH_ADD(hh, things->groups, id, sizeof group->id, group);
}

static void add_shown(void *context, const struct ss_known *entity) {
    if (strcmp(entity->kind, "collection") == 0 && !ss_flag(entity, "hide_viewport", false)) {
        add_group(context, &entity->id, entity);
    }
}

void ss_groups_collect(struct ss_things *things) {
    add_group(things, &things->scene, NULL);
    ss_replica_each(things->replica, add_shown, things);
}

void ss_groups_finish(struct ss_things *things) {
    struct ss_group *group, *next;
    HASH_ITER(hh, things->groups, group, next) {
        HASH_DEL(things->groups, group);
        free(group->members);
        free(group);
    }
}

static struct ss_group *find(const struct ss_things *things, const struct scenesync_uuid *id) {
    struct ss_group *found;
    HASH_FIND(hh, things->groups, id, sizeof *id, found);
    return found;
}

// The group that a field of an object (`collections/…`) or of a collection (`parents/…`) names: PREFIX and the hex digits of its UUID.
static struct ss_group *named(const struct ss_things *things, const struct ss_known_field *field, const char *prefix) {
    struct scenesync_uuid id;
    size_t len = strlen(prefix);
    if (field->name.size != len + 2 * sizeof id.b || memcmp(field->name.data, prefix, len) != 0 || field->value.data[0] != 0xc3) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof id.b; i++) {
        char pair[3] = {(char)field->name.data[len + 2 * i], (char)field->name.data[len + 2 * i + 1], '\0'}, *end;
        id.b[i] = (uint8_t)strtoul(pair, &end, 16);
        if (end != pair + 2) {
            return NULL;
        }
    }
    return find(things, &id);
}

static bool is_inside(const struct ss_things *things, const struct ss_known *entity, const char *prefix) {
    for (size_t i = 0; i < entity->count; i++) {
        const struct ss_group *group = named(things, &entity->fields[i], prefix);
        if (group && group->inside) {
            return true;
        }
    }
    return false;
}

// Collections can be in several, and in each other.
static void mark(const struct ss_things *things, struct ss_group *outermost) {
    for (struct ss_group *group = things->groups; group; group = group->hh.next) {
        group->inside = group == outermost;
    }
    for (bool more = true; more;) {
        more = false;
        for (struct ss_group *group = things->groups; group; group = group->hh.next) {
            if (!group->inside && group->collection && is_inside(things, group->collection, "parents/")) {
                group->inside = more = true;
            }
        }
    }
}

// An object of which nothing is said is in the scene's own collection.
static bool says_nothing(const struct ss_known *object) {
    for (size_t i = 0; i < object->count; i++) {
        if (object->fields[i].name.size > 12 && memcmp(object->fields[i].name.data, "collections/", 12) == 0) {
            return false;
        }
    }
    return true;
}

static void collect(struct ss_things *things, struct ss_group *group) {
    mark(things, group);
    group->known = true;
    group->members = ss_memory(malloc((HASH_COUNT(things->table) + 1) * sizeof(struct ss_thing *)));
    for (struct ss_thing *thing = things->table; thing; thing = thing->hh.next) {
        bool in = is_inside(things, thing->object, "collections/") || (!group->collection && says_nothing(thing->object));
        if (in && !ss_flag(thing->object, "hide_viewport", false)) {
            group->members[group->count++] = thing;
        }
    }
}

struct ss_thing *const *ss_members(struct ss_things *things, const struct scenesync_uuid *collection, size_t *count) {
    struct ss_group *group = find(things, collection);
    if (group && !group->known) {
        collect(things, group);
    }
    *count = group ? group->count : 0;
    return group ? group->members : NULL;
}
