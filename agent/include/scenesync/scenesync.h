// SPDX-License-Identifier: Apache-2.0
// The C client library: take part in a scene through the agent of this machine (docs/local-link.md).
//
// One connection is one scene. Calls that wait take `timeout_ms` (0: do not wait) and never block longer; while they wait, what arrives is kept
// for scenesync_next. A connection is used by one thread at a time. To wait for several things at once, poll scenesync_fd for reading
// and then call scenesync_next with a timeout of 0 until it says SCENESYNC_TIMEOUT.
// Units: metres, radians, seconds; right-handed, Z up; linear colours (docs/protocol.md has every field).
#ifndef SCENESYNC_SCENESYNC_H
#define SCENESYNC_SCENESYNC_H

#include "scenesync/value.h"

// code, value, text
#define SCENESYNC_ERRORS(X)                                                                   \
    X(SCENESYNC_OK, 0, "no error")                                                            \
    X(SCENESYNC_MEMORY, -1, "memory was denied")                                              \
    X(SCENESYNC_INVALID, -2, "an argument cannot be sent")                                    \
    X(SCENESYNC_UNREACHABLE, -3, "no agent answers at that socket")                           \
    X(SCENESYNC_CLOSED, -4, "the agent closed the connection")                                \
    X(SCENESYNC_TIMEOUT, -5, "the agent did not answer in time, or there is nothing to give") \
    X(SCENESYNC_REFUSED, -6, "the agent refused; scenesync_problem says why")                 \
    X(SCENESYNC_PROTOCOL, -7, "the agent sent what this library does not understand")         \
    X(SCENESYNC_FILE, -8, "a file could not be read or written")

enum scenesync_error {
#define X(code, value, text) code = value,
    SCENESYNC_ERRORS(X)
#undef X
};

struct scenesync;

struct scenesync_uuid {
    uint8_t b[16];
};

struct scenesync_sha256 {
    uint8_t b[32];
};

enum scenesync_role { SCENESYNC_EDITOR, SCENESYNC_VIEWER, SCENESYNC_TOOL };

struct scenesync_options {
    const char *socket;       // what the agent's --socket is; NULL: $SCENESYNC_SOCKET, else $XDG_RUNTIME_DIR/scenesync/agent.sock
    const char *app;          // the program, lower case; NULL: "client"
    const char *app_version;  // NULL: not told
    const char *name;         // of the user, shown to others; NULL: not told
    enum scenesync_role role; // a tool is not shown to others as somebody who is here
};

// scenesync_open connects and says hello. `*client` is set even on failure, so that scenesync_problem can be asked, and is to be closed in any
// case; it is NULL only for SCENESYNC_MEMORY. Errors: UNREACHABLE, TIMEOUT, REFUSED, PROTOCOL, MEMORY.
int scenesync_open(struct scenesync **client, const struct scenesync_options *options, int timeout_ms);

// scenesync_close ends the connection and frees it; accepts NULL.
void scenesync_close(struct scenesync *client);

// scenesync_problem says what went wrong in the last call that failed, for people. It lives until the next call.
const char *scenesync_problem(const struct scenesync *client);

// scenesync_fd is readable when something arrived. It belongs to the client.
int scenesync_fd(const struct scenesync *client);

// scenesync_join takes part in a scene and waits until the agent's first knowledge of it has been sent, as SCENESYNC_CHANGE events that end with
// SCENESYNC_JOINED. `kinds` names the kinds to be told of, none: all. Without `changes` nothing is sent and nothing waited for.
// Errors: INVALID for a name that no scene has, REFUSED, TIMEOUT, CLOSED.
int scenesync_join(struct scenesync *client, const char *scene, const char *const *kinds, size_t kind_count, bool changes, int timeout_ms);

// scenesync_leave leaves the scene, so that another can be joined. Errors: as scenesync_sync.
int scenesync_leave(struct scenesync *client, int timeout_ms);

// scenesync_batch is entities of one kind that have values for the same fields.
struct scenesync_batch {
    struct scenesync_bytes kind;
    size_t rows;
    size_t columns;
    const struct scenesync_uuid *ids;     // rows
    const struct scenesync_bytes *names;  // columns; UTF-8
    const struct scenesync_bytes *values; // rows × columns, row by row; nil removes the field
};

// scenesync_edit sends edits without waiting for their fate and gives the id that SCENESYNC_ACK or SCENESYNC_REFUSAL will carry. Live edits are shown to
// others at once and settled by the agent when they have rested. The batches remain the caller's.
// Errors: INVALID (malformed, or above 16 MiB), CLOSED, TIMEOUT when the agent does not read.
int scenesync_edit(struct scenesync *client, const struct scenesync_batch *batches, size_t count, bool live, uint64_t *id, int timeout_ms);

// scenesync_wait_ack waits until an edit is durable. Errors: REFUSED, TIMEOUT, CLOSED.
int scenesync_wait_ack(struct scenesync *client, uint64_t id, int timeout_ms);

// scenesync_sync waits until every earlier edit of this client is durable and all that the agent knows, blobs included, has been sent.
// Errors: TIMEOUT, CLOSED, REFUSED.
int scenesync_sync(struct scenesync *client, int timeout_ms);

// scenesync_presence tells others about viewpoint, selection, …: one map, newest wins. Errors: INVALID, CLOSED, TIMEOUT.
int scenesync_presence(struct scenesync *client, struct scenesync_bytes fields, int timeout_ms);

// scenesync_digest is the agent's digest of the joined scene, equal for equal copies. Errors: as scenesync_sync.
int scenesync_digest(struct scenesync *client, struct scenesync_sha256 *digest, int timeout_ms);

struct scenesync_scene {
    char name[65];
    uint64_t entities;
    uint64_t peers;
    bool open; // the agent takes part in it; else it is only kept on the disk
};

// scenesync_scenes lists the scenes that the agent holds; `*scenes` is to be freed with free(). Errors: as scenesync_sync, MEMORY.
int scenesync_scenes(struct scenesync *client, struct scenesync_scene **scenes, size_t *count, int timeout_ms);

// scenesync_ask_status has SCENESYNC_STATUS come, also outside of a scene; it comes by itself, too, in one. Errors: CLOSED, TIMEOUT when the
// agent does not read.
int scenesync_ask_status(struct scenesync *client, int timeout_ms);

// ---- What arrives -----------------------------------------------------------------------------------------------------------------------

enum scenesync_event_type {
    SCENESYNC_CHANGE,   // `change`
    SCENESYNC_JOINED,   // `joined`
    SCENESYNC_ACK,      // `id`
    SCENESYNC_REFUSAL,  // `refusal`
    SCENESYNC_STATUS,   // `status`
    SCENESYNC_PEER,     // `peer`
    SCENESYNC_PRESENCE, // `presence`
};

struct scenesync_change {
    bool live;      // not settled yet
    uint64_t after; // highest id of this client's edits that these values take into account
    size_t batch_count;
    const struct scenesync_batch *batches; // `deleted: true` deletes an entity
};

struct scenesync_refusal {
    bool has_id;
    uint64_t id;                  // of an edit
    struct scenesync_bytes error; // a word
    struct scenesync_bytes text;  // what, where and what to do
};

struct scenesync_status {
    struct scenesync_bytes broker; // connected, connecting, refused, offline
    struct scenesync_bytes store;  // ok, error, connecting (it has not answered yet), none (is configured)
    struct scenesync_bytes error;  // what is wrong; empty: nothing
    uint64_t peers;
    uint64_t pending; // edits that others may not have
    uint64_t uploads, upload_bytes;
    uint64_t downloads, download_bytes, download_done;
    uint64_t refused;  // messages and edits, all causes together
    double latency_ms; // round trip to the broker; below 0: not known
};

struct scenesync_peer {
    uint8_t origin[8];
    struct scenesync_bytes user;
    struct scenesync_bytes name;
    struct scenesync_bytes app;
    bool online;
};

struct scenesync_event {
    enum scenesync_event_type type;
    union {
        struct scenesync_change change;
        struct {
            bool empty; // only when that is certain
            uint64_t entities;
        } joined;
        uint64_t id;
        struct scenesync_refusal refusal;
        struct scenesync_status status;
        struct scenesync_peer peer;
        struct {
            uint8_t origin[8];
            struct scenesync_bytes fields; // one map
        } presence;
    };
};

// scenesync_next gives the next thing that arrived. What it points to lives until the next call. Errors: TIMEOUT when there is nothing (yet),
// CLOSED, PROTOCOL, MEMORY.
int scenesync_next(struct scenesync *client, struct scenesync_event *event, int timeout_ms);

// ---- Blobs and names --------------------------------------------------------------------------------------------------------------------

// scenesync_blob_put gives a copy of a file to the agent, which verifies it, makes it durable and keeps it for the asset store. A value that
// names it is {sha256: bin of 32 bytes, size: integer, type: string}. `type` is its media type or NULL.
// Errors: FILE, REFUSED, TIMEOUT, CLOSED.
int scenesync_blob_put(struct scenesync *client, const char *path, const char *type, struct scenesync_sha256 *sha256, uint64_t *size,
                       int timeout_ms);

// scenesync_blob_give is scenesync_blob_put without the wait, for many files: the acknowledgement of an edit that names the blob comes once it is
// durable, and a file that cannot be taken is a SCENESYNC_REFUSAL. Errors: FILE, TIMEOUT, CLOSED.
int scenesync_blob_give(struct scenesync *client, const char *path, const char *type, struct scenesync_sha256 *sha256, uint64_t *size,
                        int timeout_ms);

// scenesync_blob_get waits until the agent has a blob in its cache and writes its path there (NUL-terminated). The file is the agent's: read it, or map
// it, and do not change it. Errors: REFUSED when nobody has it, TIMEOUT, CLOSED, INVALID when `path` is too small.
int scenesync_blob_get(struct scenesync *client, const struct scenesync_sha256 *sha256, char *path, size_t path_size, int timeout_ms);

void scenesync_sha256(const void *data, size_t size, struct scenesync_sha256 *sha256);

// scenesync_uuid_random makes a new name for an entity. Errors: false when the system has no randomness.
bool scenesync_uuid_random(struct scenesync_uuid *uuid);

// scenesync_uuid_singleton is the UUID of a kind of which a scene has one (schemas/README.md).
void scenesync_uuid_singleton(const char *scene, const char *kind, struct scenesync_uuid *uuid);

// scenesync_uuid_format writes 36 characters and a NUL; scenesync_uuid_parse reads 36 characters with dashes, in either case.
void scenesync_uuid_format(const struct scenesync_uuid *uuid, char text[37]);
bool scenesync_uuid_parse(const char *text, size_t size, struct scenesync_uuid *uuid);

// scenesync_error_text says what an error code means in general.
const char *scenesync_error_text(int error);

#endif
