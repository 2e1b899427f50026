// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"
#include "wire/canonical.h"

static struct ss_slice slice_of(struct scenesync_bytes bytes) { return (struct ss_slice){bytes.data, bytes.size}; }

static void free_batches(struct ss_batch *batches, size_t count) {
    for (size_t i = 0; batches && i < count; i++) {
        free((void *)(uintptr_t)batches[i].ids);
        free((void *)(uintptr_t)batches[i].names);
        free((void *)(uintptr_t)batches[i].values);
    }
    free(batches);
}

static struct ss_slice *copy_slices(const struct scenesync_bytes *from, size_t count) {
    struct ss_slice *to = calloc(count + 1, sizeof *to);
    for (size_t i = 0; to && i < count; i++) {
        to[i] = slice_of(from[i]);
    }
    return to;
}

static bool copy_batch(const struct scenesync_batch *from, struct ss_batch *to) {
    struct ss_uuid *ids = calloc(from->rows + 1, sizeof *ids);
    for (size_t i = 0; ids && i < from->rows; i++) {
        memcpy(ids[i].b, from->ids[i].b, sizeof ids[i].b);
    }
    *to = (struct ss_batch){.kind = slice_of(from->kind), .rows = from->rows, .columns = from->columns, .ids = ids};
    to->names = copy_slices(from->names, from->columns);
    to->values = copy_slices(from->values, from->rows * from->columns);
    return ids && to->names && to->values;
}

// The encoder trusts values; a caller's may be anything.
static int check_batch(struct scenesync *client, const struct scenesync_batch *batch) {
    if (batch->rows == 0 || !ss_is_kind(slice_of(batch->kind))) {
        return ss_connection_fail(client, SCENESYNC_INVALID, "a batch has a kind and at least one row");
    }
    for (size_t i = 0; i < batch->rows * batch->columns; i++) {
        struct ss_slice value = slice_of(batch->values[i]);
        ss_buffer_clear(&client->out);
        if (ss_canonical(value, &client->out, NULL) != SS_WIRE_OK) {
            struct scenesync_bytes name = batch->names[i % batch->columns];
            return ss_connection_fail(client, SCENESYNC_INVALID, "%.*s: not one msgpack value, or above the limits of v1", (int)name.size,
                                      (const char *)name.data);
        }
    }
    return SCENESYNC_OK;
}

static int send_edit(struct scenesync *client, const struct ss_batch *batches, size_t count, bool live, uint64_t *id, int timeout_ms) {
    struct ss_request request = {.type = SS_REQUEST_EDIT};
    request.edit = (struct ss_request_edit){++client->last_id, live, count, batches};
    *id = request.edit.id;
    return ss_connection_send(client, &request, ss_deadline(timeout_ms));
}

int scenesync_edit(struct scenesync *client, const struct scenesync_batch *batches, size_t count, bool live, uint64_t *id, int timeout_ms) {
    struct ss_batch *copies = calloc(count + 1, sizeof *copies);
    int error = copies ? SCENESYNC_OK : ss_connection_fail(client, SCENESYNC_MEMORY, "memory was denied");
    for (size_t i = 0; !error && i < count; i++) {
        error = check_batch(client, &batches[i]);
        if (!error && !copy_batch(&batches[i], &copies[i])) {
            error = ss_connection_fail(client, SCENESYNC_MEMORY, "memory was denied");
        }
    }
    error = error ? error : send_edit(client, copies, count, live, id, timeout_ms);
    free_batches(copies, count);
    return error;
}

int scenesync_wait_ack(struct scenesync *client, uint64_t id, int timeout_ms) {
    struct ss_notice notice;
    return ss_connection_wait(client, (struct ss_expected){SS_NOTICE_ACK, id}, &notice, ss_deadline(timeout_ms));
}
