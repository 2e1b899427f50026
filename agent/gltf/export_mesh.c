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

static void add_slots(struct ss_export *export, const struct ss_shape *shape, const float *normals, const struct ss_vertices *vertices,
                      const cJSON *attributes, struct primitives *primitives) {
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
            add_primitive(primitives, primitive, (uint16_t)slot);
        }
    }
    free(used);
    free(indices);
    free(triangles);
    free(begins);
}

static void add_faces(struct ss_export *export, const struct ss_shape *shape, struct primitives *primitives) {
    if (shape->faces == 0) {
        return;
    }
    float *face_normals = ss_face_normals(shape), *normals = ss_corner_normals(shape, face_normals, true);
    struct ss_vertices vertices;
    ss_vertices_make(shape, normals, export->metres, &vertices);
    cJSON *attributes = ss_vertices_attributes(&vertices, shape, &export->document);
    add_slots(export, shape, face_normals, &vertices, attributes, primitives);
    cJSON_Delete(attributes);
    ss_vertices_finish(&vertices);
    free(normals);
    free(face_normals);
}

// Edges that no face has become lines.
static void add_lines(struct ss_export *export, const struct ss_shape *shape, struct primitives *primitives) {
    uint8_t *used = ss_memory(calloc(shape->edges + 1, 1));
    float *points = ss_memory(malloc((6 * shape->edges + 1) * sizeof *points));
    size_t count = 0;
    for (size_t corner = 0; shape->corner_edges && corner < shape->corners; corner++) {
        used[shape->corner_edges[corner]] = 1;
    }
    for (size_t end = 0; shape->edge_verts && (shape->corner_edges || shape->faces == 0) && end < 2 * shape->edges; end++) {
        if (!used[end / 2]) {
            ss_vertex_position(shape->positions + 3 * (size_t)shape->edge_verts[end], export->metres, points + 3 * count++);
        }
    }
    if (count > 0) {
        cJSON *primitive = cJSON_CreateObject(), *attributes = cJSON_AddObjectToObject(primitive, "attributes");
        cJSON_AddNumberToObject(attributes, "POSITION", ss_document_floats(&export->document, points, count, 3, true));
        cJSON_AddNumberToObject(primitive, "mode", 1);
        add_primitive(primitives, primitive, 0);
    }
    free(points);
    free(used);
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

static int add_mesh(struct ss_export *export, const struct ss_known *mesh, cJSON *list) {
    cJSON *made = cJSON_CreateObject();
    ss_add_text(made, "name", ss_text(mesh, "name"));
    cJSON_AddItemToObject(made, "primitives", list);
    return ss_document_add(&export->document, "meshes", made);
}

// ---- One mesh, once per set of materials ------------------------------------------------------------------------------------------------

static void make_primitives(struct ss_export *export, const struct ss_known *mesh, struct primitives *primitives) {
    struct ss_mesh_fields fields;
    primitives->list = ss_memory(cJSON_CreateArray());
    if (ss_mesh_fields_load(export->cli, mesh, &fields)) {
        add_faces(export, &fields.shape, primitives);
        add_lines(export, &fields.shape, primitives);
    } else {
        ss_leave_out(export, "meshes that cannot be read", mesh);
    }
    ss_mesh_fields_finish(&fields);
}

static const struct primitives *primitives_of(struct ss_export *export, const struct ss_known *mesh) {
    struct ss_template *template;
    HASH_FIND_PTR(export->templates, &mesh, template);
    if (!template) {
        template = ss_memory(calloc(1, sizeof *template));
        template->mesh = mesh;
        make_primitives(export, mesh, &template->primitives);
        HASH_ADD_PTR(export->templates, mesh, template);
    }
    return &template->primitives;
}

void ss_export_meshes_finish(struct ss_export *export) {
    struct ss_template *template, *next;
    HASH_ITER(hh, export->templates, template, next) {
        HASH_DEL(export->templates, template);
        cJSON_Delete(template->primitives.list);
        free(template->primitives.slots);
        free(template);
    }
}

int ss_export_mesh(struct ss_export *export, const struct ss_known *object) {
    const struct ss_known *mesh = ss_referred(export->replica, object, "data", "mesh");
    const struct primitives *primitives = mesh ? primitives_of(export, mesh) : NULL;
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
        index = ss_made_add(export, key, add_mesh(export, mesh, dress(export, object, mesh, primitives)));
    }
    free(key);
    return index;
}
