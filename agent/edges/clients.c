// SPDX-License-Identifier: Apache-2.0
// The local link: connections, reading frames, writing frames, and how much of it may wait.
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    READ_SIZE = 256 * 1024,
    HELLO_SIZE = 4096,        // of a frame from somebody who has not said who he is
    CHANGES_BELOW = 1 << 20,  // no more changes for a client with so many bytes unread
    GIVE_UP_ABOVE = 64 << 20, // acknowledgements and notices of a client that does not read at all
};

struct ss_write {
    uv_write_t request;
    struct ss_buffer bytes;
};

struct ss_client *ss_client_of(struct ss_agent *agent, uint32_t id) {
    for (struct ss_client *client = agent->clients; client != NULL; client = client->next) {
        if (client->id == id && !client->closing) {
            return client;
        }
    }
    return NULL;
}

// ---- The end of a client ----------------------------------------------------------------------------------------------------------------

static void on_closed(uv_handle_t *handle) {
    struct ss_client *client = handle->data;
    struct ss_client **link = &client->agent->clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    struct ss_held *held, *next_held;
    DL_FOREACH_SAFE(client->held, held, next_held) { free(held); }
    struct ss_adoption *adoption, *next_adoption;
    HASH_ITER(hh, client->adoptions, adoption, next_adoption) {
        HASH_DEL(client->adoptions, adoption);
        free(adoption);
    }
    ss_buffer_finish(&client->in);
    free(client);
}

static void on_leave_later(uv_handle_t *handle) {
    struct ss_client *client = handle->data;
    if (client->refused > 1) {
        ss_log("client %u: gone, after %llu frames that were refused", client->id, (unsigned long long)client->refused);
    }
    ss_client_leave(client);
    on_closed(handle);
}

void ss_client_close(struct ss_client *client) {
    if (!client->closing) {
        client->closing = true; // the core hears of it once libuv has closed the handle, never in the middle of its effects
        uv_close(&client->stream.handle, on_leave_later);
    }
}

// ---- Writing ----------------------------------------------------------------------------------------------------------------------------

static void on_written(uv_write_t *request, int status) {
    struct ss_write *done = (struct ss_write *)request;
    struct ss_client *client = request->data;
    ss_buffer_finish(&done->bytes);
    free(done);
    if (status < 0) {
        ss_client_close(client);
    }
}

size_t ss_client_room(const struct ss_client *client) {
    size_t waiting = uv_stream_get_write_queue_size(&client->stream.stream);
    return client->closing || waiting >= CHANGES_BELOW ? 0 : CHANGES_BELOW;
}

void ss_client_send(struct ss_client *client, struct ss_buffer *frames) {
    if (client->closing || frames->len == 0) {
        ss_buffer_finish(frames);
        return;
    }
    if (uv_stream_get_write_queue_size(&client->stream.stream) > GIVE_UP_ABOVE) {
        ss_log("client %u (%s) does not read; its connection is closed", client->id, client->app);
        ss_buffer_finish(frames);
        ss_client_close(client);
        return;
    }
    struct ss_write *next = ss_new(sizeof(*next));
    next->bytes = *frames;
    ss_buffer_init(frames, frames->max);
    next->request.data = client;
    uv_buf_t buffer = uv_buf_init((char *)next->bytes.data, (unsigned)next->bytes.len);
    if (uv_write(&next->request, &client->stream.stream, &buffer, 1, on_written) != 0) {
        ss_buffer_finish(&next->bytes);
        free(next);
        ss_client_close(client);
    }
}

// ---- Reading ----------------------------------------------------------------------------------------------------------------------------

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct ss_client *client = handle->data;
    (void)suggested;
    uint8_t *room = ss_buffer_reserve(&client->in, READ_SIZE);
    *buffer = uv_buf_init((char *)room, room != NULL ? READ_SIZE : 0);
}

// Handles the whole frames that are there. Returns false when the connection is to be closed.
static bool take_frames(struct ss_client *client) {
    struct ss_slice rest = ss_buffer_slice(&client->in), body;
    size_t used = 0;
    int error;
    while ((error = ss_frame_next(rest, &body, &used)) == SS_WIRE_OK && used > 0 && !client->closing) {
        client->waits = !ss_from_client(client, body);
        if (client->waits) {
            break;
        }
        rest.data += used;
        rest.len -= used;
    }
    if (error != SS_WIRE_OK) {
        ss_client_refuse(client, NULL, ss_wire_cause(error), "a frame is larger than 16 MiB; the connection is closed");
        return false;
    }
    if (!client->greeted && rest.len > HELLO_SIZE) {
        ss_client_refuse(client, NULL, "hello", "the first frame must be hello; the connection is closed");
        return false;
    }
    memmove(client->in.data, rest.data, rest.len);
    client->in.len = rest.len;
    if (rest.len == 0 && client->in.capacity > 4 * READ_SIZE) {
        ss_buffer_finish(&client->in);
        ss_buffer_init(&client->in, SS_MAX_FRAME + 2 * READ_SIZE);
    }
    return true;
}

// Who waits is not read from: what is sent meanwhile stays with the sender.
static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer) {
    struct ss_client *client = stream->data;
    (void)buffer;
    if (got > 0) {
        client->in.len += (size_t)got;
    }
    if (got < 0 || !take_frames(client)) {
        ss_client_close(client);
    } else if (client->waits) {
        uv_read_stop(stream);
    }
}

void ss_clients_resume(struct ss_agent *agent) {
    for (struct ss_client *client = agent->clients; client != NULL; client = client->next) {
        if (!client->waits || client->closing) {
            continue;
        }
        if (!take_frames(client)) {
            ss_client_close(client);
        } else if (!client->waits) {
            uv_read_start(&client->stream.stream, on_alloc, on_read);
        }
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    struct ss_agent *agent = listener->data;
    if (status < 0) {
        ss_log("a client could not connect: %s", uv_strerror(status));
        return;
    }
    struct ss_client *client = ss_new(sizeof(*client));
    *client = (struct ss_client){.agent = agent, .id = ++agent->last_client, .next = agent->clients};
    agent->clients = client;
    uv_random(NULL, NULL, &client->origin, sizeof(client->origin), 0, NULL);
    ss_buffer_init(&client->in, SS_MAX_FRAME + 2 * READ_SIZE);
    int error = ss_listener_accept(&agent->listener, &client->stream);
    client->stream.handle.data = client;
    if (error != 0 || uv_read_start(&client->stream.stream, on_alloc, on_read) != 0) {
        ss_client_close(client);
    }
}

// ---- Serving ----------------------------------------------------------------------------------------------------------------------------

// Before the loop waits: what everything that came at once has changed goes to a client together.
static void on_turn(uv_prepare_t *turn) {
    struct ss_agent *agent = turn->data;
    for (struct ss_client *client = agent->clients; client != NULL; client = client->next) {
        ss_client_may_send(client);
    }
}

bool ss_clients_listen(struct ss_agent *agent) {
    if (!ss_listener_open(&agent->listener, agent->loop, agent->config.socket, agent->config.tcp_port, on_connection, agent)) {
        return false;
    }
    uv_prepare_init(agent->loop, &agent->turn);
    agent->turn.data = agent;
    uv_prepare_start(&agent->turn, on_turn);
    return true;
}

void ss_clients_close(struct ss_agent *agent) {
    ss_listener_close(&agent->listener);
    uv_close((uv_handle_t *)&agent->turn, NULL);
    for (struct ss_client *client = agent->clients; client != NULL; client = client->next) {
        ss_client_close(client);
    }
}
