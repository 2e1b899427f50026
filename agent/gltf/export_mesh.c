// SPDX-License-Identifier: Apache-2.0
// Meshes: corners that agree in everything become vertices, faces become triangles, a primitive per material slot.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "gltf/export.h"
#include "gltf/mesh_fields.h"
#include "gltf/vertices.h"

// A primitive of each slot, without its material. A slot is a number from 0 to 32767.
enum { SLOTS = 32768 };

struct primitives {
    cJSON *list;
    uint16_t *slots; // of each in the list
    size_t count;
};

struct ss_template {
    const struct ss_known *mesh;
    cJSON *bare; // the mesh in the document, without primitives
    struct primitives primitives;
    UT_hash_handle hh;
};

// ---- Triangles of a slot ----------------------------------------------------------------------------------------------------------------

static uint16_t slot_of(const struct ss_shape *shape, size_t face) {
    int32_t slot = shape->material_index ? shape->material_index[face] : 0;
    return slot >= 0 && slot < SLOTS ? (uint16_t)slot : 0;
}

static size_t collect(const struct ss_shape *shape, const uint32_t *triangles, const size_t *begins, const struct ss_vertices *vertices,
                      uint16_t slot, uint32_t *indices) {
    size_t count = 0;
    for (size_t face = 0; face < shape->faces; face++) {
        for (size_t i = 3 * begins[face]; slot_of(shape, face) == slot && i < 3 * begins[face + 1]; i++) {
            indices[count++] = vertices->of_corner[triangles[i]];
        }
    }
    return count;
}

static void add_primitive(struct primitives *primitives, cJSON *primitive, uint16_t slot) {
    primitives->slots = ss_memory(realloc(primitives->slots, (primitives->count + 1) * sizeof *primitives->slots));
    primitives->slots[primitives->count++] = slot;
    cJSON_AddItemToArray(primitives->list, ss_memory(primitive));
}

static void add_targets(cJSON *primitive, const cJSON *targets) {
    if (targets) {
        cJSON_AddItemToObject(primitive, "targets", cJSON_Duplicate(targets, true));
    }
}

static void add_slots(struct ss_export *export, const struct ss_shape *shape, const float *normals, const struct ss_vertices *vertices,
                      const cJSON *attributes, const cJSON *targets, struct primitives *primitives) {
    size_t *begins = ss_memory(malloc((shape->faces + 1) * sizeof *begins));
    uint32_t *triangles = ss_triangulate(shape, normals, begins);
    uint32_t *indices = ss_memory(malloc((3 * begins[shape->faces] + 1) * sizeof *indices));
    bool *used = ss_memory(calloc(SLOTS, sizeof *used));
    for (size_t face = 0; face < shape->faces; face++) {
        used[slot_of(shape, face)] = true;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        size_t count = used[slot] ? collect(shape, triangles, begins, vertices, (uint16_t)slot, indices) : 0;
        if (count > 0) {
            cJSON *primitive = cJSON_CreateObject();
            cJSON_AddItemToObject(primitive, "attributes", cJSON_Duplicate(attributes, true));
            cJSON_AddNumberToObject(primitive, "indices", ss_document_indices(&export->document, indices, count, vertices->count));
            add_targets(primitive, targets);
            add_primitive(primitives, primitive, (uint16_t)slot);
        }
    }
    free(used);
    free(indices);
    free(triangles);
    free(begins);
}

static void add_faces(struct ss_export *export, const struct ss_shape *shape, const struct ss_shape_keys *keys,
                      struct primitives *primitives) {
    if (shape->faces == 0) {
        return;
    }
    float *face_normals = ss_face_normals(shape), *normals = ss_corner_normals(shape, face_normals, true);
    struct ss_vertices vertices;
    ss_vertices_make(shape, normals, keys, export->metres, &vertices);
    cJSON *attributes = ss_vertices_attributes(&vertices, shape, &export->document);
    cJSON *targets = ss_vertices_targets(&vertices, keys, &export->document);
    add_slots(export, shape, face_normals, &vertices, attributes, targets, primitives);
    cJSON_Delete(targets);
    cJSON_Delete(attributes);
    ss_vertices_finish(&vertices);
    free(normals);
    free(face_normals);
}

// The ends of edges that no face has.
static size_t loose_ends(const struct ss_shape *shape, int32_t *ends) {
    uint8_t *used = ss_memory(calloc(shape->edges + 1, 1));
    size_t count = 0;
    for (size_t corner = 0; shape->corner_edges && corner < shape->corners; corner++) {
        used[shape->corner_edges[corner]] = 1;
    }
    for (size_t end = 0; shape->edge_verts && (shape->corner_edges || shape->faces == 0) && end < 2 * shape->edges; end++) {
        if (!used[end / 2]) {
            ends[count++] = shape->edge_verts[end];
        }
    }
    free(used);
    return count;
}

static void add_points(struct ss_export *export, const float *positions, const int32_t *ends, size_t count, cJSON *owner) {
    float *points = ss_memory(malloc(3 * count * sizeof *points));
    for (size_t i = 0; i < count; i++) {
        ss_vertex_position(positions + 3 * (size_t)ends[i], export->metres, points + 3 * i);
    }
    cJSON_AddNumberToObject(owner, "POSITION", ss_document_floats(&export->document, points, count, 3, true));
    free(points);
}

static void add_lines(struct ss_export *export, const struct ss_shape *shape, const struct ss_shape_keys *keys,
                      struct primitives *primitives) {
    int32_t *ends = ss_memory(malloc((2 * shape->edges + 1) * sizeof *ends));
    const size_t count = loose_ends(shape, ends);
    if (count > 0) {
        cJSON *primitive = ss_memory(cJSON_CreateObject());
        add_points(export, shape->positions, ends, count, cJSON_AddObjectToObject(primitive, "attributes"));
        cJSON *targets = keys->count > 0 ? cJSON_AddArrayToObject(primitive, "targets") : NULL;
        for (size_t i = 0; i < keys->count; i++) {
            cJSON *target = ss_memory(cJSON_CreateObject());
            add_points(export, keys->items[i].moves, ends, count, target);
            cJSON_AddItemToArray(targets, target);
        }
        cJSON_AddNumberToObject(primitive, "mode", 1);
        add_primitive(primitives, primitive, 0);
    }
    free(ends);
}

// ---- Materials --------------------------------------------------------------------------------------------------------------------------

// The material of a slot: the object's, where the slot is linked to it, else the mesh's.
static const struct ss_known *material_of(const struct ss_export *export, const struct ss_known *object, const struct ss_known *mesh,
                                          uint16_t slot) {
    char name[32];
    snprintf(name, sizeof name, "slots/%u", (unsigned)slot);
    if (ss_known_value(object, name).data) {
        return ss_referred(export->replica, object, name, "material");
    }
    snprintf(name, sizeof name, "materials/%u", (unsigned)slot);
    return ss_referred(export->replica, mesh, name, "material");
}

static bool has_texture(const cJSON *material) {
    const cJSON *pbr = cJSON_GetObjectItemCaseSensitive(material, "pbrMetallicRoughness");
    return cJSON_HasObjectItem(pbr, "baseColorTexture") || cJSON_HasObjectItem(pbr, "metallicRoughnessTexture") ||
           cJSON_HasObjectItem(material, "normalTexture") || cJSON_HasObjectItem(material, "emissiveTexture");
}

// A texture needs coordinates; without a UV map there are zeros, as an accessor without bytes has.
static void add_coordinates(struct ss_export *export, cJSON *primitive) {
    cJSON *attributes = cJSON_GetObjectItemCaseSensitive(primitive, "attributes");
    const cJSON *position = cJSON_GetObjectItemCaseSensitive(attributes, "POSITION");
    if (!cJSON_HasObjectItem(attributes, "TEXCOORD_0")) {
        cJSON_AddNumberToObject(attributes, "TEXCOORD_0", ss_document_zeros(&export->document, position->valueint));
    }
}

static cJSON *dress(struct ss_export *export, const struct ss_known *object, const struct ss_known *mesh,
                    const struct primitives *primitives) {
    cJSON *list = ss_memory(cJSON_Duplicate(primitives->list, true)), *each;
    size_t at = 0;
    cJSON_ArrayForEach(each, list) {
        const struct ss_known *material = material_of(export, object, mesh, primitives->slots[at++]);
        if (material) {
            int index = ss_export_material(export, material);
            cJSON_AddNumberToObject(each, "material", index);
            if (has_texture(ss_document_item(&export->document, "materials", index))) {
                add_coordinates(export, each);
            }
        }
    }
    return list;
}

static int add_mesh(struct ss_export *export, const struct ss_template *template, cJSON *list) {
    cJSON *made = ss_memory(cJSON_Duplicate(template->bare, true));
    cJSON_AddItemToObject(made, "primitives", list);
    return ss_document_add(&export->document, "meshes", made);
}

// ---- One mesh, once per set of materials ------------------------------------------------------------------------------------------------

// Names of morph targets have their place in `extras` by custom: importers look for them there.
static void add_weights(cJSON *bare, const struct ss_shape_keys *keys) {
    cJSON *weights = cJSON_AddArrayToObject(bare, "weights");
    cJSON *names = cJSON_AddArrayToObject(cJSON_AddObjectToObject(bare, "extras"), "targetNames");
    for (size_t i = 0; i < keys->count; i++) {
        cJSON_AddItemToArray(weights, cJSON_CreateNumber(keys->items[i].value));
        char *name = ss_memory(strndup((const char *)keys->items[i].name.data, keys->items[i].name.size));
        cJSON_AddItemToArray(names, cJSON_CreateString(name));
        free(name);
    }
}

static void make_primitives(struct ss_export *export, const struct ss_mesh_fields *fields, struct ss_template *template) {
    struct ss_shape_keys keys;
    ss_shape_keys_load(export, template->mesh, fields->shape.vertices, &keys);
    if (keys.count > 0) {
        add_weights(template->bare, &keys);
    }
    add_faces(export, &fields->shape, &keys, &template->primitives);
    add_lines(export, &fields->shape, &keys, &template->primitives);
    ss_shape_keys_finish(&keys);
}

static struct ss_template *make_template(struct ss_export *export, const struct ss_known *mesh) {
    struct ss_template *template = ss_memory(calloc(1, sizeof *template));
    struct ss_mesh_fields fields;
    template->mesh = mesh;
    template->bare = ss_memory(cJSON_CreateObject());
    template->primitives.list = ss_memory(cJSON_CreateArray());
    ss_add_text(template->bare, "name", ss_text(mesh, "name"));
    if (ss_mesh_fields_load(export->cli, mesh, &fields)) {
        make_primitives(export, &fields, template);
    } else {
        ss_leave_out(export, "meshes that cannot be read", mesh);
    }
    ss_mesh_fields_finish(&fields);
    return template;
}

static const struct ss_template *template_of(struct ss_export *export, const struct ss_known *mesh) {
    struct ss_template *template;
    HASH_FIND_PTR(export->templates, &mesh, template);
    if (!template) {
        template = make_template(export, mesh);
        HASH_ADD_PTR(export->templates, mesh, template);
    }
    return template;
}

void ss_export_meshes_finish(struct ss_export *export) {
    struct ss_template *template, *next;
    HASH_ITER(hh, export->templates, template, next) {
        HASH_DEL(export->templates, template);
        cJSON_Delete(template->bare);
        cJSON_Delete(template->primitives.list);
        free(template->primitives.slots);
        free(template);
    }
}

int ss_export_mesh(struct ss_export *export, const struct ss_known *object) {
    const struct ss_known *mesh = ss_referred(export->replica, object, "data", "mesh");
    const struct ss_template *template = mesh ? template_of(export, mesh) : NULL;
    const struct primitives *primitives = template ? &template->primitives : NULL;
    if (!primitives || primitives->count == 0) {
        return -1;
    }
    char *key = ss_memory(calloc(primitives->count + 1, SS_MADE_KEY));
    ss_made_key(mesh, key);
    for (size_t i = 0; i < primitives->count; i++) {
        const struct ss_known *material = material_of(export, object, mesh, primitives->slots[i]);
        if (material) {
            ss_made_key(material, key + strlen(key));
        } else {
            key[strlen(key)] = '-';
        }
    }
    int index;
    if (!ss_made_find(export, key, &index)) {
        index = ss_made_add(export, key, add_mesh(export, template, dress(export, object, mesh, primitives)));
    }
    free(key);
    return index;
}
