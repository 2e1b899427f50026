// SPDX-License-Identifier: Apache-2.0
// One program on the local link (docs/local-link.md).
#ifndef SS_EDGES_CLIENT_H
#define SS_EDGES_CLIENT_H

#include "edges/room.h"

#include <uthash.h>

enum { SS_MAX_CLIENT_TEXT = 128 };

// ss_held is an answer that must wait for files which its client handed over before.
struct ss_held {
    struct ss_held *prev, *next;
    bool sync; // an answer to `sync`, else to an edit
    bool ready;
    uint64_t id;
    uint64_t needs; // every adoption up to this number
};

// ss_adoption is one `blob` frame that is being taken into the cache.
struct ss_adoption {
    UT_hash_handle hh; // by number
    uint64_t number;
};

struct ss_client {
    struct ss_client *next;
    struct ss_agent *agent;
    uint32_t id;
    struct ss_origin origin; // what it is called by the other programs here
    union ss_stream stream;
    struct ss_buffer in;
    struct ss_room *room; // NULL: none joined
    bool greeted;
    bool wants_changes;
    bool changes_wait; // the core has something for it
    bool closing;
    bool waits;       // with a frame that cannot be taken yet
    uint64_t refused; // frames outside of a scene
    enum ss_role role;
    char name[SS_MAX_CLIENT_TEXT], app[SS_MAX_CLIENT_TEXT], app_version[SS_MAX_CLIENT_TEXT];
    bool has_colour;
    float colour[3];
    uint64_t last_edit; // the highest id that the core was given
    uint64_t last_adoption;
    struct ss_adoption *adoptions; // under way: a table that begins with the oldest
    struct ss_held *held;          // list that begins with the oldest, as answers come
};

// ss_clients_listen makes the socket and serves. Returns false after saying why. ss_clients_close ends it and every client.
bool ss_clients_listen(struct ss_agent *agent);
void ss_clients_close(struct ss_agent *agent);

// ss_clients_resume gives the frames another chance that could not be taken.
void ss_clients_resume(struct ss_agent *agent);

struct ss_client *ss_client_of(struct ss_agent *agent, uint32_t id);
void ss_client_close(struct ss_client *client);

// ss_client_send takes one or more whole frames; they belong to the client afterwards and `frames` is empty.
void ss_client_send(struct ss_client *client, struct ss_buffer *frames);

// ss_client_room is how many bytes of changes a client may be given now; 0: it is slow, ask when it has read.
size_t ss_client_room(const struct ss_client *client);

// ss_client_tell sends one notice, ss_clients_tell sends it to all in a scene; ss_clients_tell_presence to those that want changes,
// but not to `whose` it is (NULL: somebody's elsewhere), and drops it for those who are slow.
void ss_client_tell(struct ss_client *client, const struct ss_notice *notice);
void ss_clients_tell(struct ss_room *room, const struct ss_notice *notice);
void ss_clients_tell_presence(struct ss_room *room, const struct ss_client *whose, const struct ss_notice *notice);

// ss_client_refuse answers with `refused`; `id` NULL: it belongs to no edit.
void ss_client_refuse(struct ss_client *client, const uint64_t *id, const char *error, const char *text);

// ss_from_client handles one frame. Returns false when it cannot be taken yet; ss_clients_resume is then called later.
bool ss_from_client(struct ss_client *client, struct ss_slice body);
void ss_client_leave(struct ss_client *client);

// ss_to_client carries out the effects that are for clients. ss_client_may_send gives the core the chance to send what waits.
void ss_to_client(struct ss_room *room, const struct ss_effect *effect);
void ss_client_may_send(struct ss_client *client);

// ss_client_status tells a client how things are: in its scene, or outside of any.
void ss_client_status(struct ss_client *client);

// ss_client_adopted tells how a `blob` frame ended: `problem` is NULL or for people.
void ss_client_adopted(struct ss_agent *agent, uint32_t client, uint64_t number, const char *problem);

// ss_client_have answers `want`; `path` NULL: it cannot be had, for the reason `problem`.
void ss_client_have(struct ss_agent *agent, uint32_t client, const struct ss_sha256 *sha256, const char *path, const char *problem);

// ss_client_describe fills name, colour and program of a peer message with those of the first client of a scene that is no tool.
void ss_client_describe(const struct ss_room *room, struct ss_peer_message *message);

#endif
