// SPDX-License-Identifier: Apache-2.0
#include "gltf/shape.h"

static bool within(const int32_t *indices, size_t count, size_t end) {
    for (size_t i = 0; i < count; i++) {
        if (indices[i] < 0 || (size_t)indices[i] >= end) {
            return false;
        }
    }
    return true;
}

const char *ss_shape_problem(const struct ss_shape *shape) {
    const int32_t *offsets = shape->face_offsets;
    if (offsets[0] != 0 || (size_t)offsets[shape->faces] != shape->corners) {
        return "its faces do not cover its corners";
    }
    for (size_t face = 0; face < shape->faces; face++) {
        if (offsets[face + 1] < 3 || offsets[face] > offsets[face + 1] - 3) {
            return "a face has fewer than three corners";
        }
    }
    bool ok = within(shape->corner_verts, shape->corners, shape->vertices) &&
              (!shape->edge_verts || within(shape->edge_verts, 2 * shape->edges, shape->vertices)) &&
              (!shape->corner_edges || within(shape->corner_edges, shape->corners, shape->edges));
    return ok ? NULL : "an index points outside the mesh";
}
