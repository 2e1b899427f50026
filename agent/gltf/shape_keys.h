// SPDX-License-Identifier: Apache-2.0
// The shape keys of a mesh entity as glTF knows them: differences that are added.
#ifndef SS_GLTF_SHAPE_KEYS_H
#define SS_GLTF_SHAPE_KEYS_H

#include "gltf/export.h"

struct ss_shape_key {
    struct scenesync_bytes name;
    double value; // how much of it is added
    float *moves; // 3 a vertex: what it adds as a whole
};

struct ss_shape_keys {
    struct ss_shape_key *items; // in their order, without the reference
    size_t count;
};

// ss_shape_keys_load notes those that glTF cannot say, or not all of, as left out.
void ss_shape_keys_load(struct ss_export *export, const struct ss_known *mesh, size_t vertices, struct ss_shape_keys *keys);
void ss_shape_keys_finish(struct ss_shape_keys *keys);

#endif
