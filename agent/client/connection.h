// SPDX-License-Identifier: Apache-2.0
// The inside of a connection: bytes in and out with deadlines, frames that wait to be asked for.
#ifndef SS_CLIENT_CONNECTION_H
#define SS_CLIENT_CONNECTION_H

#include "scenesync/scenesync.h"
#include "util/bytes.h"
#include "wire/link.h"

enum { SS_PATH_SIZE = 4097, SS_TOKEN_SIZE = 65 };

// ss_kept is a frame that arrived while something else was waited for.
struct ss_kept {
    struct ss_kept *next;
    size_t len;
    uint8_t body[];
};

struct scenesync {
    int fd;
    char token[SS_TOKEN_SIZE]; // to say hello with; empty at a Unix socket
    struct ss_codec *reading;  // holds what the last notice points to
    struct ss_codec *writing;
    struct ss_buffer in; // bytes read, from `taken` on not yet taken as frames
    size_t taken;
    struct ss_buffer out; // the frame being sent
    struct ss_kept *first, **last;
    size_t kept_bytes;
    struct ss_kept *current; // the body that the last event of scenesync_next points into
    struct scenesync_batch *batches;
    struct scenesync_bytes *cells;
    uint64_t last_id;
    char incoming[SS_PATH_SIZE]; // the agent's folder for finished files
    char problem[1024];
};

// ss_connection_fail notes a problem and returns `error`.
__attribute__((format(printf, 3, 4))) int ss_connection_fail(struct scenesync *client, int error, const char *format, ...);

// ss_deadline is when a call that may take `timeout_ms` must return, in milliseconds of the monotonic clock.
int64_t ss_deadline(int timeout_ms);

// ss_connection_dial connects to the agent that serves `path`: its socket, or the file where it says its address. Errors: UNREACHABLE.
int ss_connection_dial(struct scenesync *client, const char *path);

// ss_connection_send sends one request. Errors: INVALID, CLOSED, TIMEOUT.
int ss_connection_send(struct scenesync *client, const struct ss_request *request, int64_t deadline);

// ss_connection_frame gives the next frame that arrives, in the connection's buffer until the next call. Errors: TIMEOUT, CLOSED, PROTOCOL.
int ss_connection_frame(struct scenesync *client, struct ss_slice *body, int64_t deadline);

// ss_connection_take takes a kept frame out of the list; it becomes `current` and lives until the next one is taken.
void ss_connection_take(struct scenesync *client, struct ss_kept **link);

// ss_connection_wait reads notices until the expected one and keeps the others for scenesync_next. A refusal of `id` (0: of anything that
// names no id) ends it too. Errors: REFUSED, TIMEOUT, CLOSED, PROTOCOL, MEMORY.
struct ss_expected {
    enum ss_notice_type type;
    uint64_t id; // of ACK, SYNC, SCENES, DIGEST; else 0
};
int ss_connection_wait(struct scenesync *client, struct ss_expected expected, struct ss_notice *notice, int64_t deadline);

#endif
