// SPDX-License-Identifier: Apache-2.0
// The arrays of a mesh entity, fetched and checked.
#ifndef SS_GLTF_MESH_FIELDS_H
#define SS_GLTF_MESH_FIELDS_H

#include "cli/replica.h"
#include "gltf/shape.h"

enum { SS_MESH_ARRAYS = 16 + SS_UV_MAPS };

struct ss_mesh_fields {
    struct ss_shape shape;
    void *arrays[SS_MESH_ARRAYS]; // those of the shape
    size_t count;
};

// ss_mesh_fields_load returns false when there is no whole mesh. Finish it in any case.
bool ss_mesh_fields_load(struct ss_cli *cli, const struct ss_known *mesh, struct ss_mesh_fields *fields);
void ss_mesh_fields_finish(struct ss_mesh_fields *fields);

#endif
