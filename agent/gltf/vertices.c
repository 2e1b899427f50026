// SPDX-License-Identifier: Apache-2.0
#include "gltf/vertices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "util/bytes.h"

void ss_vertex_position(const float from[3], double metres, float to[3]) {
    to[0] = (float)((double)from[0] * metres);
    to[1] = (float)((double)from[2] * metres);
    to[2] = (float)-((double)from[1] * metres);
}

// Zeros are no direction; up is as good as any.
static void put_normal(const float from[3], float to[3]) {
    bool none = from[0] == 0 && from[1] == 0 && from[2] == 0;
    to[0] = from[0];
    to[1] = none ? 1 : from[2];
    to[2] = -from[1];
}

static void put_corner(const struct ss_shape *shape, const float *normals, const struct ss_shape_keys *keys, double metres, size_t corner,
                       float *to) {
    ss_vertex_position(shape->positions + 3 * (size_t)shape->corner_verts[corner], metres, to);
    put_normal(normals + 3 * corner, to + 3);
    to += 6;
    for (size_t i = 0; i < shape->uv_count; i++, to += 2) {
        to[0] = shape->uv[i][2 * corner];
        to[1] = 1 - shape->uv[i][2 * corner + 1];
    }
    if (shape->colors) {
        memcpy(to, shape->colors + 4 * corner, 4 * sizeof *to);
        to += 4;
    }
    for (size_t i = 0; i < keys->count; i++, to += 3) {
        ss_vertex_position(keys->items[i].moves + 3 * (size_t)shape->corner_verts[corner], metres, to);
    }
}

// A table of open addresses with vertex numbers from 1.
struct table {
    uint32_t *slots;
    size_t mask;
};

static uint32_t find_or_add(struct table *table, struct ss_vertices *vertices) {
    const float *fresh = vertices->numbers + vertices->width * vertices->count;
    size_t size = vertices->width * sizeof *fresh;
    for (size_t at = ss_hash(0, fresh, size);; at++) {
        uint32_t *slot = &table->slots[at & table->mask];
        if (*slot == 0) {
            *slot = (uint32_t)++vertices->count;
        }
        if (memcmp(vertices->numbers + vertices->width * (*slot - 1), fresh, size) == 0) {
            return *slot - 1;
        }
    }
}

void ss_vertices_make(const struct ss_shape *shape, const float *normals, const struct ss_shape_keys *keys, double metres,
                      struct ss_vertices *vertices) {
    size_t slots = 16;
    while (slots < 2 * shape->corners) {
        slots *= 2;
    }
    struct table table = {ss_memory(calloc(slots, sizeof *table.slots)), slots - 1};
    *vertices = (struct ss_vertices){.width = 6 + 2 * shape->uv_count + (shape->colors ? 4 : 0) + 3 * keys->count};
    vertices->numbers = ss_memory(malloc((shape->corners + 1) * vertices->width * sizeof *vertices->numbers));
    vertices->of_corner = ss_memory(malloc((shape->corners + 1) * sizeof *vertices->of_corner));
    for (size_t corner = 0; corner < shape->corners; corner++) {
        float *fresh = vertices->numbers + vertices->width * vertices->count;
        put_corner(shape, normals, keys, metres, corner, fresh);
        for (size_t i = 0; i < vertices->width; i++) {
            fresh[i] += 0.0F; // no negative zeros, which differ as bytes
        }
        vertices->of_corner[corner] = find_or_add(&table, vertices);
    }
    free(table.slots);
}

void ss_vertices_finish(struct ss_vertices *vertices) {
    free(vertices->of_corner);
    free(vertices->numbers);
}

static void add_attribute(const struct ss_vertices *vertices, struct ss_document *document, cJSON *attributes, const char *name,
                          size_t from, int components) {
    float *column = ss_memory(malloc((vertices->count * (size_t)components + 1) * sizeof *column));
    for (size_t i = 0; i < vertices->count; i++) {
        memcpy(column + i * (size_t)components, vertices->numbers + i * vertices->width + from, (size_t)components * sizeof *column);
    }
    int accessor = ss_document_floats(document, column, vertices->count, components, strcmp(name, "POSITION") == 0);
    cJSON_AddNumberToObject(attributes, name, accessor);
    free(column);
}

cJSON *ss_vertices_attributes(const struct ss_vertices *vertices, const struct ss_shape *shape, struct ss_document *document) {
    cJSON *attributes = ss_memory(cJSON_CreateObject());
    add_attribute(vertices, document, attributes, "POSITION", 0, 3);
    add_attribute(vertices, document, attributes, "NORMAL", 3, 3);
    size_t from = 6;
    for (size_t i = 0; i < shape->uv_count; i++, from += 2) {
        char name[32];
        snprintf(name, sizeof name, "TEXCOORD_%zu", i);
        add_attribute(vertices, document, attributes, name, from, 2);
    }
    if (shape->colors) {
        add_attribute(vertices, document, attributes, "COLOR_0", from, 4);
    }
    return attributes;
}

cJSON *ss_vertices_targets(const struct ss_vertices *vertices, const struct ss_shape_keys *keys, struct ss_document *document) {
    cJSON *targets = keys->count > 0 ? ss_memory(cJSON_CreateArray()) : NULL;
    for (size_t i = 0; i < keys->count; i++) {
        cJSON *target = ss_memory(cJSON_CreateObject());
        add_attribute(vertices, document, target, "POSITION", vertices->width - 3 * (keys->count - i), 3);
        cJSON_AddItemToArray(targets, target);
    }
    return targets;
}
