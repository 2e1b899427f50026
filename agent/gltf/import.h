// SPDX-License-Identifier: Apache-2.0
// A file becomes entities, thing by thing.
#ifndef SS_GLTF_IMPORT_H
#define SS_GLTF_IMPORT_H

#include "gltf/draft.h"
#include "gltf/left_out.h"
#include "gltf/matrix.h"
#include "gltf/source.h"

// ss_imported is what items of one of the file's lists became; those that nobody uses become nothing.
struct ss_imported {
    struct scenesync_uuid *ids;
    bool *made;
};

struct ss_import {
    struct ss_cli *cli;
    struct ss_source source;
    double units; // of Blender's in a metre
    struct ss_imported meshes, materials, images, lights, cameras;
    struct ss_left_out *left_out;
    size_t entities;
    size_t refused;
    bool failed; // nothing more can be sent
};

// ss_import_begin starts an entity with a new UUID and the item's name; ss_import_send sends it and takes what the agent answered, or drops it when
// the import failed: a part of it may be missing.
void ss_import_begin(struct ss_import *import, struct ss_draft *draft, const char *kind, const cJSON *item);
void ss_import_send(struct ss_import *import, struct ss_draft *draft);

// ss_import_name_size is how much of a name is kept: one that is too long ends at a whole character, one that is no UTF-8 is none (0).
size_t ss_import_name_size(const char *name, size_t most);

// ss_import_once tells whether an item of a list of `count` is there, and whether it is still to be made.
bool ss_import_once(struct ss_imported *imported, size_t count, int index, bool *fresh);

void ss_import_leave_out(struct ss_import *import, const char *what, const cJSON *item);

// Each makes an item of the file, the first time, and gives its UUID. Errors: false when there is none.
bool ss_import_mesh(struct ss_import *import, int index, struct scenesync_uuid *id);
bool ss_import_material(struct ss_import *import, int index, struct scenesync_uuid *id);
bool ss_import_image(struct ss_import *import, int texture, bool is_color, struct scenesync_uuid *id);
bool ss_import_camera(struct ss_import *import, int index, struct scenesync_uuid *id);
bool ss_import_light(struct ss_import *import, int index, struct scenesync_uuid *id);

// ss_import_nodes returns false, and says why, when the file's nodes cannot be read.
bool ss_import_nodes(struct ss_import *import);

#endif
