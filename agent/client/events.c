// SPDX-License-Identifier: Apache-2.0
// What arrives, in the words of the public header.
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"

static struct scenesync_bytes bytes_of(struct ss_slice slice) { return (struct scenesync_bytes){slice.data, slice.len}; }

static size_t count_cells(const struct ss_notice_change *change) {
    size_t cells = 0;
    for (size_t i = 0; i < change->batch_count; i++) {
        cells += change->batches[i].columns * (change->batches[i].rows + 1);
    }
    return cells;
}

static struct scenesync_bytes *put_cells(struct scenesync_bytes *to, const struct ss_slice *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[i] = bytes_of(from[i]);
    }
    return to + count;
}

static int take_change(struct scenesync *client, const struct ss_notice_change *change, struct scenesync_event *event) {
    free(client->batches);
    free(client->cells);
    client->batches = calloc(change->batch_count + 1, sizeof *client->batches);
    client->cells = calloc(count_cells(change) + 1, sizeof *client->cells);
    if (!client->batches || !client->cells) {
        return ss_connection_fail(client, SCENESYNC_MEMORY, "memory for a change was denied");
    }
    struct scenesync_bytes *cells = client->cells;
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct ss_batch *from = &change->batches[i];
        struct scenesync_batch *to = &client->batches[i];
        *to = (struct scenesync_batch){.kind = bytes_of(from->kind), .rows = from->rows, .columns = from->columns};
        to->ids = (const struct scenesync_uuid *)(const void *)from->ids;
        to->names = cells;
        cells = put_cells(cells, from->names, from->columns);
        to->values = cells;
        cells = put_cells(cells, from->values, from->rows * from->columns);
    }
    event->type = SCENESYNC_CHANGE;
    event->change = (struct scenesync_change){change->live, change->after, change->batch_count, client->batches};
    return SCENESYNC_OK;
}

static struct scenesync_status status_of(const struct ss_notice_status *from) {
    struct scenesync_status status = {.broker = bytes_of(from->broker),
                                      .store = bytes_of(from->store),
                                      .error = bytes_of(from->error),
                                      .peers = from->peers,
                                      .pending = from->pending,
                                      .uploads = from->uploads,
                                      .upload_bytes = from->upload_bytes,
                                      .downloads = from->downloads,
                                      .download_bytes = from->download_bytes,
                                      .download_done = from->download_done,
                                      .latency_ms = from->latency_ms};
    for (size_t i = 0; i < from->refused_count; i++) {
        status.refused += from->refused[i].count;
    }
    return status;
}

static struct scenesync_peer peer_of(const struct ss_notice_peer *from) {
    struct scenesync_peer peer = {
        .user = bytes_of(from->user), .name = bytes_of(from->name), .app = bytes_of(from->app), .online = from->online};
    memcpy(peer.origin, from->origin.b, sizeof peer.origin);
    return peer;
}

// Returns TIMEOUT for a notice that is no event: an answer that nobody waits for any more, or one from the future.
static int take_notice(struct scenesync *client, const struct ss_notice *notice, struct scenesync_event *event) {
    switch (notice->type) {
    case SS_NOTICE_CHANGE: return take_change(client, &notice->change, event);
    case SS_NOTICE_JOINED:
        event->type = SCENESYNC_JOINED;
        event->joined.empty = notice->joined.empty;
        event->joined.entities = notice->joined.entities;
        return SCENESYNC_OK;
    case SS_NOTICE_ACK:
        event->type = SCENESYNC_ACK;
        event->id = notice->id;
        return SCENESYNC_OK;
    case SS_NOTICE_REFUSED:
        event->type = SCENESYNC_REFUSAL;
        event->refusal = (struct scenesync_refusal){notice->refused.has_id, notice->refused.id, bytes_of(notice->refused.error),
                                                    bytes_of(notice->refused.text)};
        return SCENESYNC_OK;
    case SS_NOTICE_STATUS:
        event->type = SCENESYNC_STATUS;
        event->status = status_of(&notice->status);
        return SCENESYNC_OK;
    case SS_NOTICE_PEER:
        event->type = SCENESYNC_PEER;
        event->peer = peer_of(&notice->peer);
        return SCENESYNC_OK;
    case SS_NOTICE_PRESENCE:
        event->type = SCENESYNC_PRESENCE;
        memcpy(event->presence.origin, notice->presence.origin.b, sizeof event->presence.origin);
        event->presence.fields = bytes_of(notice->presence.fields);
        return SCENESYNC_OK;
    default: return SCENESYNC_TIMEOUT;
    }
}

static int next_body(struct scenesync *client, struct ss_slice *body, int64_t deadline) {
    if (client->first) {
        ss_connection_take(client, &client->first);
        *body = (struct ss_slice){client->current->body, client->current->len};
        return SCENESYNC_OK;
    }
    return ss_connection_frame(client, body, deadline);
}

int scenesync_next(struct scenesync *client, struct scenesync_event *event, int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    for (;;) {
        struct ss_slice body;
        struct ss_notice notice;
        int error = next_body(client, &body, deadline);
        if (error) {
            return error;
        }
        if (ss_notice_decode(client->reading, body, &notice) != SS_WIRE_OK) {
            return ss_connection_fail(client, SCENESYNC_PROTOCOL, "from the agent: %s", ss_codec_problem(client->reading));
        }
        error = take_notice(client, &notice, event);
        if (error != SCENESYNC_TIMEOUT) {
            return error;
        }
    }
}
