// SPDX-License-Identifier: Apache-2.0
// From glTF's triangles and lines to a mesh as Blender has it: vertices at the same place become one, and edges are found.
#ifndef SS_GLTF_WELD_H
#define SS_GLTF_WELD_H

#include "gltf/shape.h"

// ss_weld collects corners, each with `width` numbers: its normal (zeros: not known), UV maps and, if any has one, colour.
struct ss_weld {
    float *positions; // 3 a vertex
    size_t vertices;
    uint32_t *vertex_table; // by position
    size_t table_mask;
    int32_t *corner_verts;
    int32_t *slots; // a triangle
    float *numbers;
    size_t width, corners;
    int32_t *lines; // 2 a line
    size_t line_count;
};

// ss_weld_init makes room for so many places, corners and lines.
void ss_weld_init(struct ss_weld *weld, size_t places, size_t corners, size_t lines, size_t width);
void ss_weld_finish(struct ss_weld *weld);

// ss_weld_vertex is the number of the vertex at a position.
int32_t ss_weld_vertex(struct ss_weld *weld, const float position[3]);

// ss_weld_triangle takes one that has three different vertices, and passes over others. `numbers` are those of its corners.
void ss_weld_triangle(struct ss_weld *weld, const int32_t vertices[3], const float *const numbers[3], int32_t slot);
void ss_weld_line(struct ss_weld *weld, int32_t a, int32_t b);

// ss_welded is the mesh; it borrows from the weld.
struct ss_welded {
    struct ss_shape shape;
    int32_t *edges, *corner_edges, *face_offsets;
    uint8_t *smooth;   // NULL: all faces are flat
    float *normals;    // given ones, 3 a corner
    bool needs_custom; // what is computed looks different
};

void ss_welded_make(const struct ss_weld *weld, struct ss_welded *welded);
void ss_welded_finish(struct ss_welded *welded);

#endif
