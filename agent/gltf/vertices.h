// SPDX-License-Identifier: Apache-2.0
// Corners as glTF's vertices: one for all corners that agree in position, normal, UV maps, colour and what shape keys do.
#ifndef SS_GLTF_VERTICES_H
#define SS_GLTF_VERTICES_H

#include "gltf/document.h"
#include "gltf/shape.h"
#include "gltf/shape_keys.h"

struct ss_vertices {
    uint32_t *of_corner; // which vertex a corner became
    float *numbers;      // `width` a vertex: position, normal, UV maps, colour, moves; in glTF's axes
    size_t width;
    size_t count;
};

// ss_vertex_position turns a position into glTF's axes and metres.
void ss_vertex_position(const float from[3], double metres, float to[3]);

void ss_vertices_make(const struct ss_shape *shape, const float *normals, const struct ss_shape_keys *keys, double metres,
                      struct ss_vertices *vertices);
void ss_vertices_finish(struct ss_vertices *vertices);

// ss_vertices_attributes puts them into the document and returns the `attributes` of a primitive, which the caller deletes.
cJSON *ss_vertices_attributes(const struct ss_vertices *vertices, const struct ss_shape *shape, struct ss_document *document);

// ss_vertices_targets does so with what shape keys do, for `targets`; NULL without shape keys.
cJSON *ss_vertices_targets(const struct ss_vertices *vertices, const struct ss_shape_keys *keys, struct ss_document *document);

#endif
