// SPDX-License-Identifier: Apache-2.0
// Objects become nodes, in their hierarchy. What an object instances is copied below it: a node of glTF has one parent.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gltf/export.h"
#include "gltf/things.h"

// Instances in instances in instances: a few objects can stand for billions.
enum { INSTANCE_DEPTH = 16, NODES = 1000000 };

struct nodes {
    struct ss_export *export;
    struct ss_things things;
    cJSON **list; // of all nodes
    int count;
};

static int create(struct nodes *nodes) {
    if (nodes->count == NODES) {
        exit(ss_fail("the scene's instances have more than %d nodes", NODES));
    }
    if ((nodes->count & (nodes->count - 1)) == 0) {
        nodes->list = ss_memory(realloc(nodes->list, 2 * ((size_t)nodes->count + 1) * sizeof *nodes->list));
    }
    nodes->list[nodes->count] = ss_memory(cJSON_CreateObject());
    ss_document_add(&nodes->export->document, "nodes", nodes->list[nodes->count]);
    return nodes->count++;
}

static void attach(cJSON *owner, const char *list, int node) {
    cJSON *items = cJSON_GetObjectItemCaseSensitive(owner, list);
    items = ss_memory(items ? items : cJSON_AddArrayToObject(owner, list));
    cJSON_AddItemToArray(items, ss_memory(cJSON_CreateNumber(node)));
}

// ---- Where a node is --------------------------------------------------------------------------------------------------------------------

static bool is_lens(const struct ss_thing *thing) {
    return thing && (ss_text_is(thing->object, "type", "CAMERA") || ss_text_is(thing->object, "type", "LIGHT"));
}

static void add_vector(cJSON *node, const char *name, const double *numbers, int count, double fallback) {
    bool plain = true;
    for (int i = 0; i < count; i++) {
        plain = plain && numbers[i] == fallback;
    }
    if (!plain) {
        ss_add_numbers(node, name, numbers, count);
    }
}

static void put_placement(struct nodes *nodes, cJSON *node, const struct ss_thing *thing, const struct ss_matrix *matrix) {
    struct ss_placement placement;
    if (!ss_decompose(matrix, &placement)) {
        ss_leave_out(nodes->export, "sheared objects lost their shear", thing->object);
    }
    const double *q = placement.rotation, turned[4] = {q[1], q[2], q[3], q[0]};
    add_vector(node, "translation", placement.location, 3, 0);
    if (turned[0] != 0 || turned[1] != 0 || turned[2] != 0) {
        ss_add_numbers(node, "rotation", turned, 4);
    }
    add_vector(node, "scale", placement.scale, 3, 1);
}

// `local` is the thing's matrix in the space of its parent, of which `below_lens` says whether it was turned as cameras and lights are.
static void put_place(struct nodes *nodes, cJSON *node, const struct ss_thing *thing, struct ss_matrix local, bool below_lens) {
    for (int i = 0; i < 3; i++) {
        local.m[i][3] *= nodes->export->metres;
    }
    struct ss_matrix matrix = ss_to_y_up(&local);
    if (is_lens(thing)) {
        matrix = ss_multiply(&matrix, &ss_lens);
    }
    if (below_lens) {
        matrix = ss_multiply(&ss_unlens, &matrix);
    }
    put_placement(nodes, node, thing, &matrix);
}

// ---- What a node shows ------------------------------------------------------------------------------------------------------------------

static void put_data(struct nodes *nodes, cJSON *node, const struct ss_thing *thing) {
    struct ss_export *export = nodes->export;
    const struct ss_known *camera = ss_referred(export->replica, thing->object, "data", "camera");
    const struct ss_known *light = ss_referred(export->replica, thing->object, "data", "light");
    int mesh = ss_text_is(thing->object, "type", "MESH") ? ss_export_mesh(export, thing->object) : -1;
    if (mesh >= 0) {
        cJSON_AddNumberToObject(node, "mesh", mesh);
    } else if (camera && ss_text_is(thing->object, "type", "CAMERA")) {
        cJSON_AddNumberToObject(node, "camera", ss_export_camera(export, camera));
    } else if (light && ss_text_is(thing->object, "type", "LIGHT")) {
        int index = ss_export_light(export, light);
        cJSON_AddNumberToObject(ss_document_extension(&export->document, node, "KHR_lights_punctual"), "light", index);
    } else if (!ss_text_is(thing->object, "type", "MESH") && !ss_text_is(thing->object, "type", "EMPTY")) {
        ss_leave_out(export, "objects are of a type that glTF has not, and became empty", thing->object);
    }
}

static void add_instance(struct nodes *nodes, const struct ss_thing *instancer, int node, int depth);

static void put_content(struct nodes *nodes, const struct ss_thing *thing, int node, int depth) {
    put_data(nodes, nodes->list[node], thing);
    if (ss_text_is(thing->object, "instance_type", "COLLECTION")) {
        add_instance(nodes, thing, node, depth);
    }
}

// ---- Instances --------------------------------------------------------------------------------------------------------------------------

struct members {
    struct ss_thing *const *things;
    int *nodes; // of each
    size_t count;
};

static void create_members(struct nodes *nodes, struct members *members) {
    members->nodes = ss_memory(calloc(members->count + 1, sizeof *members->nodes));
    for (size_t i = 0; i < members->count; i++) {
        members->things[i]->copy = members->nodes[i] = create(nodes);
        ss_add_text(nodes->list[members->nodes[i]], "name", ss_text(members->things[i]->object, "name"));
    }
}

// Hangs members on each other or on the instancer.
static void hang_members(struct nodes *nodes, const struct members *members, const struct ss_known *collection, int instancer) {
    double offset[3] = {0};
    ss_numbers(collection, "instance_offset", offset, 3);
    struct ss_matrix back = ss_translation(-offset[0], -offset[1], -offset[2]);
    for (size_t i = 0; i < members->count; i++) {
        const struct ss_thing *thing = members->things[i];
        bool hangs = thing->parent && thing->parent->copy >= 0;
        put_place(nodes, nodes->list[thing->copy], thing, hangs ? thing->local : ss_multiply(&back, &thing->world),
                  hangs && is_lens(thing->parent));
        attach(nodes->list[hangs ? thing->parent->copy : instancer], "children", thing->copy);
    }
}

static void forget_copies(const struct members *members) {
    for (size_t i = 0; i < members->count; i++) {
        members->things[i]->copy = -1;
    }
}

static void add_instance(struct nodes *nodes, const struct ss_thing *instancer, int node, int depth) {
    const struct ss_known *collection = ss_referred(nodes->export->replica, instancer->object, "instance_collection", "collection");
    if (!collection || depth == INSTANCE_DEPTH) {
        return;
    }
    struct members members = {.count = 0};
    members.things = ss_members(&nodes->things, &collection->id, &members.count);
    create_members(nodes, &members);
    hang_members(nodes, &members, collection, node);
    forget_copies(&members);
    for (size_t i = 0; i < members.count; i++) {
        put_content(nodes, members.things[i], members.nodes[i], depth + 1);
    }
    free(members.nodes);
}

// ---- The scene --------------------------------------------------------------------------------------------------------------------------

static struct ss_thing **collect_kept(const struct ss_things *things, size_t *count) {
    struct ss_thing **kept = ss_memory(malloc((HASH_COUNT(things->table) + 1) * sizeof(struct ss_thing *)));
    *count = 0;
    for (struct ss_thing *thing = things->table; thing; thing = thing->hh.next) {
        if (thing->kept) {
            kept[(*count)++] = thing;
        }
    }
    return kept;
}

static void hang_kept(struct nodes *nodes, const struct members *members) {
    cJSON *scene = cJSON_CreateObject();
    cJSON_AddStringToObject(scene, "name", nodes->export->scene);
    for (size_t i = 0; i < members->count; i++) {
        const struct ss_thing *thing = members->things[i];
        put_place(nodes, nodes->list[thing->copy], thing, thing->local, is_lens(thing->parent));
        attach(thing->parent ? nodes->list[thing->parent->copy] : scene, thing->parent ? "children" : "nodes", thing->copy);
    }
    ss_document_add(&nodes->export->document, "scenes", scene);
    cJSON_AddNumberToObject(nodes->export->document.root, "scene", 0);
}

void ss_export_nodes(struct ss_export *export) {
    struct nodes nodes = {.export = export};
    struct members members = {.count = 0};
    ss_things_collect(export->replica, export->scene, &nodes.things);
    struct ss_thing **kept = collect_kept(&nodes.things, &members.count);
    members.things = kept;
    create_members(&nodes, &members);
    hang_kept(&nodes, &members);
    forget_copies(&members);
    for (size_t i = 0; i < members.count; i++) {
        if (kept[i]->shown) {
            put_content(&nodes, kept[i], members.nodes[i], 0);
        }
    }
    free(members.nodes);
    free(kept);
    free(nodes.list);
    ss_things_finish(&nodes.things);
}
