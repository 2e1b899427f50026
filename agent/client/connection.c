// SPDX-License-Identifier: Apache-2.0
#include "client/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { READ_SIZE = 256 * 1024, KEPT_MAX = 1024 * 1024 * 1024 };

int ss_connection_fail(struct scenesync *client, int error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(client->problem, sizeof client->problem, format, arguments);
    va_end(arguments);
    return error;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ss_deadline(int timeout_ms) { return now_ms() + (timeout_ms > 0 ? timeout_ms : 0); }

// Waits until the socket is ready. Errors: TIMEOUT.
static int wait_ready(struct scenesync *client, short events, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd ready = {.fd = client->fd, .events = events};
        int count = poll(&ready, 1, left > 0 ? (int)(left < 1000000 ? left : 1000000) : 0);
        if (count > 0) {
            return SCENESYNC_OK;
        }
        if (count < 0 && errno != EINTR) {
            return ss_connection_fail(client, SCENESYNC_CLOSED, "poll: %s", strerror(errno));
        }
        if (now_ms() >= deadline) {
            return ss_connection_fail(client, SCENESYNC_TIMEOUT, "the agent did not answer in time; is it busy? wait longer");
        }
        if (count < 0) {
            return ss_connection_fail(client, SCENESYNC_TIMEOUT, "interrupted");
        }
    }
}

static int closed(struct scenesync *client) {
    return ss_connection_fail(client, SCENESYNC_CLOSED, "the agent closed the connection; its log says why");
}

int ss_connection_send(struct scenesync *client, const struct ss_request *request, int64_t deadline) {
    ss_buffer_clear(&client->out);
    if (ss_request_encode(client->writing, request, &client->out) != SS_WIRE_OK) {
        return ss_connection_fail(client, SCENESYNC_INVALID, "%s", ss_codec_problem(client->writing));
    }
    for (size_t sent = 0; sent < client->out.len;) {
        ssize_t len = send(client->fd, client->out.data + sent, client->out.len - sent, MSG_NOSIGNAL);
        if (len > 0) {
            sent += (size_t)len;
        } else if (errno != EAGAIN && errno != EINTR) {
            return closed(client);
        } else {
            int error = wait_ready(client, POLLOUT, deadline);
            if (error) {
                return error;
            }
        }
    }
    return SCENESYNC_OK;
}

// Moves what is left of the buffer to its front and adds what the socket has.
static int read_more(struct scenesync *client) {
    if (client->taken > 0) {
        client->in.len -= client->taken;
        memmove(client->in.data, client->in.data + client->taken, client->in.len);
        client->taken = 0;
    }
    uint8_t *room = ss_buffer_reserve(&client->in, READ_SIZE);
    if (!room) {
        return ss_connection_fail(client, SCENESYNC_MEMORY, "memory for a frame was denied");
    }
    ssize_t len = recv(client->fd, room, READ_SIZE, 0);
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) {
        return closed(client);
    }
    client->in.len += len > 0 ? (size_t)len : 0;
    return SCENESYNC_OK;
}

int ss_connection_frame(struct scenesync *client, struct ss_slice *body, int64_t deadline) {
    for (;;) {
        size_t used = 0;
        size_t left = client->in.len - client->taken;
        if (left > 0 && ss_frame_next(ss_slice_of(client->in.data + client->taken, left), body, &used) != SS_WIRE_OK) {
            return ss_connection_fail(client, SCENESYNC_PROTOCOL, "the agent sent a frame above the limit");
        }
        if (used > 0) {
            client->taken += used;
            return SCENESYNC_OK;
        }
        int error = wait_ready(client, POLLIN, deadline);
        error = error ? error : read_more(client);
        if (error) {
            return error;
        }
    }
}

static int keep(struct scenesync *client, struct ss_slice body) {
    struct ss_kept *kept = client->kept_bytes + body.len > KEPT_MAX ? NULL : malloc(sizeof *kept + body.len);
    if (!kept) {
        return ss_connection_fail(client, SCENESYNC_MEMORY, "memory for changes that nobody has asked for yet was denied");
    }
    kept->next = NULL;
    kept->len = body.len;
    memcpy(kept->body, body.data, body.len);
    *client->last = kept;
    client->last = &kept->next;
    client->kept_bytes += body.len;
    return SCENESYNC_OK;
}

static uint64_t id_of(const struct ss_notice *notice) {
    switch (notice->type) {
    case SS_NOTICE_ACK:
    case SS_NOTICE_SYNC: return notice->id;
    case SS_NOTICE_SCENES: return notice->scenes.id;
    case SS_NOTICE_DIGEST: return notice->digest.id;
    default: return 0;
    }
}

static int refused(struct scenesync *client, const struct ss_notice_refused *refused) {
    return ss_connection_fail(client, SCENESYNC_REFUSED, "%.*s", (int)refused->text.len, (const char *)refused->text.data);
}

enum { ANSWER_MAX = 64 * 1024 }; // bytes of a kept frame that may be an answer; larger ones are changes

static bool is_answer(const struct ss_notice *notice, struct ss_expected expected) {
    return notice->type == expected.type && id_of(notice) == expected.id;
}

static bool is_refusal(const struct ss_notice *notice, struct ss_expected expected) {
    if (notice->type != SS_NOTICE_REFUSED) {
        return false;
    }
    return notice->refused.has_id ? notice->refused.id == expected.id : expected.type != SS_NOTICE_ACK;
}

// An answer may have come while another was waited for. Returns TIMEOUT when it has not.
static int find_kept(struct scenesync *client, struct ss_expected expected, struct ss_notice *notice) {
    for (struct ss_kept **link = &client->first; expected.id && *link; link = &(*link)->next) {
        struct ss_kept *kept = *link;
        struct ss_slice body = {kept->body, kept->len};
        bool read = kept->len <= ANSWER_MAX && ss_notice_decode(client->reading, body, notice) == SS_WIRE_OK;
        if (read && (is_answer(notice, expected) || (is_refusal(notice, expected) && notice->refused.has_id))) {
            ss_connection_take(client, link);
            return is_answer(notice, expected) ? SCENESYNC_OK : refused(client, &notice->refused);
        }
    }
    return SCENESYNC_TIMEOUT;
}

void ss_connection_take(struct scenesync *client, struct ss_kept **link) {
    free(client->current);
    client->current = *link;
    *link = client->current->next;
    client->last = *link ? client->last : link;
    client->kept_bytes -= client->current->len;
}

int ss_connection_wait(struct scenesync *client, struct ss_expected expected, struct ss_notice *notice, int64_t deadline) {
    int found = find_kept(client, expected, notice);
    if (found != SCENESYNC_TIMEOUT) {
        return found;
    }
    for (;;) {
        struct ss_slice body;
        int error = ss_connection_frame(client, &body, deadline);
        if (error) {
            return error;
        }
        if (ss_notice_decode(client->reading, body, notice) != SS_WIRE_OK) {
            return ss_connection_fail(client, SCENESYNC_PROTOCOL, "from the agent: %s", ss_codec_problem(client->reading));
        }
        if (is_answer(notice, expected)) {
            // `joined` marks a place among the changes, so whoever reads those gets it too.
            return expected.type == SS_NOTICE_JOINED ? keep(client, body) : SCENESYNC_OK;
        }
        if (is_refusal(notice, expected)) {
            return refused(client, &notice->refused);
        }
        error = keep(client, body);
        if (error) {
            return error;
        }
    }
}
