// SPDX-License-Identifier: Apache-2.0
// A scene becomes a document, entity by entity.
#ifndef SS_GLTF_EXPORT_H
#define SS_GLTF_EXPORT_H

#include "cli/fields.h"
#include "gltf/blobs.h"
#include "gltf/document.h"
#include "gltf/left_out.h"
#include "gltf/matrix.h"

struct ss_made;
struct ss_template;

struct ss_export {
    struct ss_cli *cli;
    const struct ss_replica *replica;
    const char *scene;
    const struct ss_known *settings; // the entity of kind scene, or NULL
    double metres;                   // in one unit of Blender's
    struct ss_document document;
    struct ss_made *made;          // what is in the document already
    struct ss_template *templates; // what meshes look like
    struct ss_left_out *left_out;
};

// ss_made_find gives the index that something has in the document, -1 for what cannot be there; false when it was not made yet.
bool ss_made_find(const struct ss_export *export, const char *key, int *index);
int ss_made_add(struct ss_export *export, const char *key, int index);

// ss_made_key is the key of an entity: its UUID.
enum { SS_MADE_KEY = 37 };
void ss_made_key(const struct ss_known *entity, char key[SS_MADE_KEY]);

// ss_leave_out notes what glTF cannot say, for the end; `what` is a constant text such as "area lights became spots".
void ss_leave_out(struct ss_export *export, const char *what, const struct ss_known *entity);

// Each gives an index in the document, -1 when there is nothing to show.
int ss_export_mesh(struct ss_export *export, const struct ss_known *object);
void ss_export_meshes_finish(struct ss_export *export);
int ss_export_material(struct ss_export *export, const struct ss_known *material);
int ss_export_texture(struct ss_export *export, const struct ss_known *image);
int ss_export_camera(struct ss_export *export, const struct ss_known *camera);
int ss_export_light(struct ss_export *export, const struct ss_known *light);

void ss_export_nodes(struct ss_export *export);

#endif
