// SPDX-License-Identifier: Apache-2.0
// What the agent knows of a scene, collected from its changes.
#ifndef SS_CLI_REPLICA_H
#define SS_CLI_REPLICA_H

#include "cli/command.h"

struct ss_known_field {
    struct scenesync_bytes name;
    struct scenesync_bytes value;
};

struct ss_known {
    char kind[33];
    struct scenesync_uuid id;
    size_t count;
    size_t capacity;
    struct ss_known_field *fields; // sorted by name
};

struct ss_replica {
    void *tree; // of struct ss_known
};

void ss_replica_finish(struct ss_replica *replica);

// ss_replica_apply takes in the rows of a change.
void ss_replica_apply(struct ss_replica *replica, const struct scenesync_change *change);

// ss_replica_find returns the entity, also one that is deleted, or NULL.
const struct ss_known *ss_replica_find(const struct ss_replica *replica, const char *kind, const struct scenesync_uuid *id);

// ss_replica_each visits what is there, sorted by kind and UUID: no deleted entities and no transforms of deleted objects.
void ss_replica_each(const struct ss_replica *replica, void (*visit)(void *context, const struct ss_known *entity), void *context);

// ss_replica_each_known visits everything, deleted entities too.
void ss_replica_each_known(const struct ss_replica *replica, void (*visit)(void *context, const struct ss_known *entity), void *context);

// ss_known_field returns the value of a field, `data` NULL when it has none.
struct scenesync_bytes ss_known_value(const struct ss_known *entity, const char *name);

// ss_replica_is_there tells whether an entity is to be shown.
bool ss_replica_is_there(const struct ss_replica *replica, const struct ss_known *entity);

// ss_replica_is_orphan: a transform whose object is not there, which means nothing.
bool ss_replica_is_orphan(const struct ss_replica *replica, const struct ss_known *entity);

// ss_replica_name is the text of the entity's name: of a transform, its object's. Not NUL-terminated; `data` NULL when it has none.
struct scenesync_bytes ss_replica_name(const struct ss_replica *replica, const struct ss_known *entity);

// ss_replica_load joins a scene and collects all that the agent knows of one kind (and of objects, when it is transform); NULL: of every kind.
// Fields whose blobs are still on their way are waited for only when `whole`. What fails is reported.
bool ss_replica_load(struct ss_cli *cli, const char *scene, const char *kind, bool whole, struct ss_replica *replica);

// ss_replica_resolve finds what KIND/ID-OR-NAME means. NULL, and reported, when nothing or more than one thing has that name.
const struct ss_known *ss_replica_resolve(const struct ss_replica *replica, const char *kind, const char *text);

// ss_split_target cuts KIND/ID-OR-NAME in two, in place. Returns false when there is no kind.
bool ss_split_target(char *target, const char **kind, const char **text);

#endif
