// SPDX-License-Identifier: Apache-2.0
// A mesh as Blender and the scene have it: faces are runs of corners (schemas/kinds/mesh.yaml).
#ifndef SS_GLTF_SHAPE_H
#define SS_GLTF_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SS_UV_MAPS = 8 };

// ss_shape borrows its arrays. What may be absent is NULL.
struct ss_shape {
    size_t vertices, edges, corners, faces;
    const float *positions;        // 3 a vertex
    const int32_t *edge_verts;     // 2 an edge; may be absent
    const int32_t *corner_verts;   // a corner
    const int32_t *corner_edges;   // a corner; may be absent
    const int32_t *face_offsets;   // a face, and one
    const int32_t *material_index; // a face; may be absent
    const uint8_t *smooth;         // a face; may be absent
    const uint8_t *sharp_edges;    // an edge; may be absent
    const float *custom_normals;   // 3 a corner; may be absent
    const float *colors;           // 4 a corner, linear; may be absent
    const float *uv[SS_UV_MAPS];   // 2 a corner
    size_t uv_count;
    double sharp_cosine; // edges whose faces' normals have a lesser product are sharp; -2: none are
};

// ss_shape_problem says why arrays are no mesh, or NULL: an index that points nowhere must not be followed.
const char *ss_shape_problem(const struct ss_shape *shape);

// ss_face_normals gives 3 numbers a face, of length one or zero; to be freed.
float *ss_face_normals(const struct ss_shape *shape);

// ss_corner_normals gives 3 numbers a corner as Blender shows them: flat, smooth, split at sharp edges, or as somebody set them; to be freed.
// `custom` false leaves out the last.
float *ss_corner_normals(const struct ss_shape *shape, const float *face_normals, bool custom);

// ss_triangulate gives 3 corners a triangle, face after face; to be freed. `face_triangles`, of one number a face and one more, says where those of a face
// begin.
uint32_t *ss_triangulate(const struct ss_shape *shape, const float *face_normals, size_t *face_triangles);

#endif
