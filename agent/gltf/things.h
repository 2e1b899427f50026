// SPDX-License-Identifier: Apache-2.0
// The objects of a scene: what hangs on what, where it is, and whether it is shown.
#ifndef SS_GLTF_THINGS_H
#define SS_GLTF_THINGS_H

#include <uthash.h>

#include "cli/replica.h"
#include "gltf/matrix.h"

struct ss_thing {
    const struct ss_known *object;
    struct ss_thing *parent; // or NULL
    struct ss_matrix local;  // in the parent's space; Z up
    struct ss_matrix world;
    bool placed; // `local` and `world` are set
    bool shown;  // in the scene and not hidden
    bool kept;   // shown, or something shown hangs on it
    int copy;    // its node in the copy that is being made; -1: none
    UT_hash_handle hh;
};

struct ss_group;

struct ss_things {
    const struct ss_replica *replica;
    struct scenesync_uuid scene; // of the scene's own collection
    struct ss_thing *table;      // by UUID, in the order of UUIDs
    struct ss_group *groups;
};

void ss_things_collect(const struct ss_replica *replica, const char *scene, struct ss_things *things);
void ss_things_finish(struct ss_things *things);

// ss_members gives what is in a collection or in one inside it, and hidden neither by itself nor by one between. It is the things'.
struct ss_thing *const *ss_members(struct ss_things *things, const struct scenesync_uuid *collection, size_t *count);

// For ss_things_collect and ss_things_finish.
void ss_groups_collect(struct ss_things *things);
void ss_groups_finish(struct ss_things *things);

#endif
