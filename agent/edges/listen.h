// SPDX-License-Identifier: Apache-2.0
// Where clients connect: a Unix socket or, for programs that have none, TCP on loopback with a file that says where and with which token.
#ifndef SS_EDGES_LISTEN_H
#define SS_EDGES_LISTEN_H

#include "util/types.h"

#include <stdbool.h>
#include <uv.h>

enum { SS_TOKEN = 64 }; // hex digits

union ss_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
};

struct ss_listener {
    union ss_stream stream;
    const char *path; // of the socket, or of the file with the address
    bool tcp;
    int file; // with the address, where it is TCP: locked as long as the agent serves
    char token[SS_TOKEN + 1];
};

// ss_listener_open serves `path`: a Unix socket when `port` is below 0, else TCP at that port (0: any free one). `called` is told of each
// connection; `data` is then the listener's. Returns false after saying why; nothing is then left.
bool ss_listener_open(struct ss_listener *listener, uv_loop_t *loop, const char *path, int port, uv_connection_cb called, void *data);
void ss_listener_close(struct ss_listener *listener);

// ss_listener_accept takes one connection. `stream` must in any case be closed.
int ss_listener_accept(struct ss_listener *listener, union ss_stream *stream);

// ss_listener_trusts says whether a client may use the agent: whoever may open a Unix socket, and at a TCP port who knows the token.
bool ss_listener_trusts(const struct ss_listener *listener, struct ss_slice token);

#endif
