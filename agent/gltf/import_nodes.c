// SPDX-License-Identifier: Apache-2.0
// Nodes become objects, with what they show.
#include <stdlib.h>

#include "gltf/import.h"

struct node {
    const cJSON *item;
    struct scenesync_uuid id;
    int parent;   // -1: none
    bool reached; // from the scene
    bool lens;    // a camera or a light
};

struct nodes {
    struct ss_import *import;
    struct node *list;
    int count;
    int *pending; // reached, but not looked into
    int pending_count;
};

// ---- Who hangs on whom ------------------------------------------------------------------------------------------------------------------

static int light_of(const cJSON *node) {
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(node, "extensions");
    return ss_source_index(cJSON_GetObjectItemCaseSensitive(extensions, "KHR_lights_punctual"), "light");
}

// A node that two claim belongs to the first; so nothing goes in circles.
static void reach(struct nodes *nodes, const cJSON *indices, int parent) {
    const cJSON *each;
    cJSON_ArrayForEach(each, indices) {
        int index = cJSON_IsNumber(each) && each->valuedouble >= 0 && each->valuedouble < nodes->count ? each->valueint : -1;
        index = index == each->valuedouble ? index : -1; // not a half
        if (index >= 0 && !nodes->list[index].reached) {
            nodes->list[index].reached = true;
            nodes->list[index].parent = parent;
            nodes->pending[nodes->pending_count++] = index;
        }
    }
}

static void collect(struct nodes *nodes) {
    const struct ss_source *source = &nodes->import->source;
    const cJSON *item, *list = ss_source_list(source, "nodes");
    nodes->list = ss_memory(calloc((size_t)ss_source_count(source, "nodes") + 1, sizeof *nodes->list));
    nodes->pending = ss_memory(calloc((size_t)ss_source_count(source, "nodes") + 1, sizeof *nodes->pending));
    cJSON_ArrayForEach(item, list) {
        bool mesh = ss_source_index(item, "mesh") >= 0;
        nodes->list[nodes->count++] =
            (struct node){item, {{0}}, -1, false, !mesh && (ss_source_index(item, "camera") >= 0 || light_of(item) >= 0)};
    }
    int scene = ss_source_index(source->root, "scene");
    reach(nodes, cJSON_GetObjectItemCaseSensitive(ss_source_item(source, "scenes", scene < 0 ? 0 : scene), "nodes"), -1);
}

// ---- Where it is ------------------------------------------------------------------------------------------------------------------------

static struct ss_matrix matrix_of(const cJSON *node) {
    struct ss_matrix matrix = ss_identity;
    struct ss_placement placement = {.scale = {1, 1, 1}};
    double columns[16], turned[4] = {0, 0, 0, 1};
    if (ss_source_numbers(node, "matrix", columns, 16)) {
        for (int i = 0; i < 12; i++) {
            matrix.m[i / 4][i % 4] = columns[i % 4 * 4 + i / 4];
        }
        return matrix;
    }
    ss_source_numbers(node, "translation", placement.location, 3);
    ss_source_numbers(node, "scale", placement.scale, 3);
    ss_source_numbers(node, "rotation", turned, 4);
    const double rotation[4] = {turned[3], turned[0], turned[1], turned[2]};
    for (int i = 0; i < 4; i++) {
        placement.rotation[i] = rotation[i];
    }
    ss_quaternion_normalize(placement.rotation);
    return ss_compose(&placement);
}

static void send_transform(struct nodes *nodes, const struct node *node) {
    struct ss_import *import = nodes->import;
    struct ss_matrix matrix = matrix_of(node->item);
    struct ss_placement placement;
    struct ss_draft draft;
    if (node->lens) {
        matrix = ss_multiply(&matrix, &ss_unlens);
    }
    if (node->parent >= 0 && nodes->list[node->parent].lens) {
        matrix = ss_multiply(&ss_lens, &matrix);
    }
    matrix = ss_to_z_up(&matrix);
    if (!ss_decompose(&matrix, &placement)) {
        ss_import_leave_out(import, "sheared nodes lost their shear", node->item);
    }
    for (int i = 0; i < 3; i++) {
        placement.location[i] *= import->units;
    }
    ss_draft_begin(&draft, import->cli, "transform", &node->id);
    ss_draft_numbers(&draft, "location", placement.location, 3);
    ss_draft_numbers(&draft, "rotation_quaternion", placement.rotation, 4);
    ss_draft_numbers(&draft, "scale", placement.scale, 3);
    ss_import_send(import, &draft);
}

// ---- What it is -------------------------------------------------------------------------------------------------------------------------

static const char *show(struct ss_import *import, const struct node *node, struct scenesync_uuid *data) {
    if (ss_import_mesh(import, ss_source_index(node->item, "mesh"), data)) {
        return "MESH";
    }
    if (node->lens && ss_import_camera(import, ss_source_index(node->item, "camera"), data)) {
        return "CAMERA";
    }
    return node->lens && ss_import_light(import, light_of(node->item), data) ? "LIGHT" : NULL;
}

static void send_object(struct nodes *nodes, struct node *node) {
    struct ss_import *import = nodes->import;
    struct scenesync_uuid data;
    struct ss_draft draft;
    const char *type = show(import, node, &data);
    ss_import_begin(import, &draft, "object", node->item);
    node->id = draft.id;
    ss_draft_text(&draft, "type", type ? type : "EMPTY");
    ss_draft_text(&draft, "rotation_mode", "QUATERNION");
    if (type) {
        ss_draft_reference(&draft, "data", &data);
    }
    if (node->parent >= 0) {
        ss_draft_reference(&draft, "parent", &nodes->list[node->parent].id);
        ss_draft_text(&draft, "parent_type", "OBJECT");
    }
    ss_import_send(import, &draft);
}

bool ss_import_nodes(struct ss_import *import) {
    struct nodes nodes = {.import = import};
    collect(&nodes);
    bool any = nodes.pending_count > 0;
    while (nodes.pending_count > 0 && !import->failed) {
        int index = nodes.pending[--nodes.pending_count];
        struct node *node = &nodes.list[index];
        send_object(&nodes, node);
        send_transform(&nodes, node);
        reach(&nodes, cJSON_GetObjectItemCaseSensitive(node->item, "children"), index);
    }
    free(nodes.list);
    free(nodes.pending);
    if (!any) {
        ss_fail("the file has no scene with anything in it");
    }
    return any;
}
