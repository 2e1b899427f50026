// SPDX-License-Identifier: Apache-2.0
// One scene of the bridge: what the agent knows of it, what the broker retains of its JSON, and the updates that are under way.
#ifndef SS_BRIDGE_SCENE_H
#define SS_BRIDGE_SCENE_H

#include "bridge/bridge.h"
#include "cli/replica.h"
#include "edges/attempts.h"
#include "edges/session.h"

#include <uthash.h>

struct ss_entry_key {
    char kind[33];
    struct scenesync_uuid id;
};

// ss_entry is one entity's JSON message.
struct ss_entry {
    struct ss_entry_key key;
    bool retained;                  // by the broker, as far as we know
    bool dirty;                     // in the list of what may have to be published
    struct scenesync_sha256 sha256; // of what is retained
    struct ss_entry *next;
    UT_hash_handle hh;
};

// ss_renamed is an entity that may have another name since the last tick.
struct ss_renamed {
    struct scenesync_uuid id;
    UT_hash_handle hh;
};

// ss_update is an edit that the agent has not acknowledged yet.
struct ss_update {
    struct ss_update *next;
    uint64_t id;
    char topic[SS_MAX_TOPIC]; // of the answer
    char call[65];
};

struct ss_bridge_scene {
    struct ss_bridge_scene *next;
    struct ss_bridge *bridge;
    const char *name;

    // from_agent.c. What others do and what this bridge does come by two connections, so that its own edits come back like anybody's.
    struct scenesync *watching, *editing;
    uv_poll_t watch_poll, edit_poll;
    bool polling;
    uv_timer_t again; // connects to the agent again
    bool complained;
    bool reached; // the agent reaches the broker
    struct ss_replica replica;

    // updates.c
    struct ss_update *updates;
    size_t update_count;

    // mirror.c
    struct ss_entry *entries;
    struct ss_entry *first_dirty, **last_dirty;
    struct ss_renamed *renamed;
    struct ss_entry *telling; // taken from the dirty ones at the last tick
    uv_timer_t tick;
    uint64_t ticked_at;
    uv_timer_t certain; // what the agent does not know by then is gone
    bool is_certain;
    bool was_ready;
    unsigned in_flight;

    // from_broker.c
    struct ss_session *session;
    struct ss_attempts attempts;
    uv_timer_t retry;
    uv_timer_t claim;  // to be the bridge of this scene
    uv_timer_t settle; // until what the broker retains has come
    char root[256];
    bool connected;
    uint64_t connected_at;
    bool active;  // we are the bridge of this scene
    bool settled; // and know what the broker retains
    bool closing;
    int open_handles;
    char why[256];
};

// ---- from_agent.c: what the agent says ----------------------------------------------------------------------------------------------------
void ss_bridge_join(struct ss_bridge_scene *scene);
void ss_bridge_leave(struct ss_bridge_scene *scene);
void ss_bridge_join_again(struct ss_bridge_scene *scene); // soon: what was taken for granted is not so

// ss_bridge_take_change takes in what changed, whoever changed it.
void ss_bridge_take_change(struct ss_bridge_scene *scene, const struct scenesync_change *change);

// ---- mirror.c: what others read ---------------------------------------------------------------------------------------------------------

// ss_mirror_heard: the broker retains this message; `size` 0: nothing.
void ss_mirror_heard(struct ss_bridge_scene *scene, const struct ss_entry_key *key, const void *payload, size_t size);

// ss_mirror_forget: nothing is known of what the broker retains.
void ss_mirror_forget(struct ss_bridge_scene *scene);

// ss_mirror_mark: this entity's message may have to change; ss_mirror_mark_all: every one.
void ss_mirror_mark(struct ss_bridge_scene *scene, const char *kind, const struct scenesync_uuid *id);
void ss_mirror_mark_all(struct ss_bridge_scene *scene);

// ss_mirror_renamed: what refers to this entity tells its name.
void ss_mirror_renamed(struct ss_bridge_scene *scene, const struct scenesync_uuid *id);

// ss_mirror_unsure: what the agent does not know may still be there.
void ss_mirror_unsure(struct ss_bridge_scene *scene);

// ss_mirror_go publishes what is marked, as soon as it may be.
void ss_mirror_go(struct ss_bridge_scene *scene);
void ss_mirror_acknowledged(struct ss_bridge_scene *scene);
void ss_mirror_finish(struct ss_bridge_scene *scene);

// ---- updates.c: what others write ---------------------------------------------------------------------------------------------------------

// ss_update_take is a message of …/set.
void ss_update_take(struct ss_bridge_scene *scene, struct ss_slice topic, struct ss_slice payload, bool retained);
void ss_update_acknowledged(struct ss_bridge_scene *scene, uint64_t id);
void ss_update_refused(struct ss_bridge_scene *scene, const struct scenesync_refusal *refusal);

// ss_updates_drop answers all that is under way: the agent went away.
void ss_updates_drop(struct ss_bridge_scene *scene);

// ---- from_broker.c: the connection to the broker, and which bridge is a scene's -----------------------------------------------------------
bool ss_bridge_connect(struct ss_bridge_scene *scene);

// ss_bridge_publish: what is retained is acknowledged by ss_mirror_acknowledged. Returns false without a connection.
bool ss_bridge_publish(struct ss_bridge_scene *scene, const char *topic, const void *payload, size_t size, bool retained);
void ss_bridge_disconnect(struct ss_bridge_scene *scene);

#endif
