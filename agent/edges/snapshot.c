// SPDX-License-Identifier: Apache-2.0
#include "edges/snapshot.h"

#include "edges/blobs.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "util/bytes.h"
#include "util/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4 };

struct ss_snapshots {
    struct ss_room *room;
    uv_idle_t turn; // active while one is read
    FILE *writing;  // NULL: none, or it failed
    char path[PATH_MAX];
    struct ss_sha256_state *hash;
    uint64_t size;
    int reading; // -1: none
    struct ss_sha256 sha256;
    struct ss_origin from;
    uint64_t call;
    struct ss_buffer payload;
    uv_close_cb closed;
};

// ---- Writing ----------------------------------------------------------------------------------------------------------------------------

static void stop_writing(struct ss_snapshots *snapshots) {
    if (snapshots->writing != NULL) {
        fclose(snapshots->writing);
        unlink(snapshots->path);
    }
    snapshots->writing = NULL;
}

// Two names in turn, since the last one may still be on its way into the cache: what a crash leaves behind is written over.
static void start_writing(struct ss_snapshots *snapshots, uint64_t number) {
    struct ss_room *room = snapshots->room;
    stop_writing(snapshots);
    snprintf(snapshots->path, sizeof(snapshots->path), "%.*s/.snapshot-%s-%u", PATH_MAX - 100, ss_blobs_incoming(room->agent->blobs),
             room->name, (unsigned)(number & 1));
    snapshots->size = 0;
    ss_sha256_begin(snapshots->hash);
    unlink(snapshots->path);
    snapshots->writing = fopen(snapshots->path, "wxe");
    if (snapshots->writing == NULL) {
        ss_log("scene %s: cannot write %s: %s", room->name, snapshots->path, strerror(errno));
    }
}

static void append(struct ss_snapshots *snapshots, const void *bytes, size_t len) {
    if (snapshots->writing != NULL && fwrite(bytes, 1, len, snapshots->writing) != len) {
        ss_log("scene %s: cannot write %s: %s", snapshots->room->name, snapshots->path, strerror(errno));
        stop_writing(snapshots);
    }
    ss_sha256_add(snapshots->hash, bytes, len);
    snapshots->size += len;
}

static void finish_writing(struct ss_snapshots *snapshots, uint64_t number) {
    struct ss_room *room = snapshots->room;
    struct ss_event event = {.type = SS_EV_SNAPSHOT, .snapshot = {.number = number}};
    bool ok = snapshots->writing != NULL && fclose(snapshots->writing) == 0;
    snapshots->writing = NULL;
    if (ok) {
        ss_sha256_end(snapshots->hash, &event.snapshot.blob.sha256);
        event.snapshot.blob.size = snapshots->size;
    }
    ss_room_later(room, &event);
    if (ok) {
        ss_blobs_adopt(room->agent->blobs, ss_slice_text(snapshots->path), &event.snapshot.blob.sha256, snapshots->size, 0, 0);
    }
}

void ss_snapshot_part(struct ss_room *room, const struct ss_ev_sync_reply *part) {
    struct ss_snapshots *snapshots = room->snapshots;
    struct ss_buffer *out = &room->agent->scratch;
    struct ss_reply reply = {.sync = *part};
    if (part->part == 0) {
        reply.scene = ss_slice_text(room->name);
        start_writing(snapshots, part->call);
    }
    ss_buffer_clear(out);
    if (ss_reply_encode(room->agent->codec, &reply, out) != SS_WIRE_OK) {
        ss_room_refused(room, "encode", ss_codec_problem(room->agent->codec));
        stop_writing(snapshots);
    }
    uint8_t head[HEAD];
    ss_store_be(head, sizeof(head), out->len);
    append(snapshots, head, sizeof(head));
    append(snapshots, out->data, out->len);
    if (part->last) {
        finish_writing(snapshots, part->call);
    }
}

// ---- Reading ----------------------------------------------------------------------------------------------------------------------------

static void stop_reading(struct ss_snapshots *snapshots) {
    uv_idle_stop(&snapshots->turn);
    if (snapshots->reading >= 0) {
        close(snapshots->reading);
    }
    snapshots->reading = -1;
}

static bool read_all(int fd, void *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t got = read(fd, (uint8_t *)bytes + done, len - done);
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool next_part(struct ss_snapshots *snapshots, struct ss_reply *reply) {
    uint8_t head[HEAD];
    ss_buffer_clear(&snapshots->payload);
    if (!read_all(snapshots->reading, head, sizeof(head))) {
        return false;
    }
    size_t len = (size_t)ss_load_be(head, sizeof(head));
    uint8_t *bytes = len > 0 && len <= SS_MAX_MESSAGE ? ss_buffer_reserve(&snapshots->payload, len) : NULL;
    return bytes != NULL && read_all(snapshots->reading, bytes, len) &&
           ss_reply_decode(snapshots->room->agent->codec, (struct ss_slice){bytes, len}, reply) == SS_WIRE_OK && reply->error.len == 0 &&
           reply->sync.blob.size == 0;
}

static void on_turn(uv_idle_t *turn) {
    struct ss_snapshots *snapshots = turn->data;
    struct ss_room *room = snapshots->room;
    struct ss_reply reply;
    if (!next_part(snapshots, &reply)) {
        stop_reading(snapshots);
        ss_room_refused(room, "snapshot", "a snapshot of the scene is not whole or not one");
        ss_room_step(room, &(struct ss_event){.type = SS_EV_BLOB_GONE, .blob = {.sha256 = snapshots->sha256}});
        return;
    }
    reply.sync.from = snapshots->from;
    reply.sync.call = snapshots->call;
    if (reply.sync.last) {
        stop_reading(snapshots);
    }
    ss_room_step(room, &(struct ss_event){.type = SS_EV_SYNC_REPLIED, .sync_replied = reply.sync});
}

void ss_snapshot_read(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_snapshots *snapshots = room->snapshots;
    char path[PATH_MAX];
    stop_reading(snapshots);
    snapshots->sha256 = effect->read_snapshot.sha256;
    snapshots->from = effect->read_snapshot.from;
    snapshots->call = effect->read_snapshot.call;
    ss_blobs_path(room->agent->blobs, &snapshots->sha256, path);
    snapshots->reading = open(path, O_RDONLY | O_CLOEXEC);
    uv_idle_start(&snapshots->turn, on_turn); // a file that is not there fails there
}

// ---- Life -------------------------------------------------------------------------------------------------------------------------------

struct ss_snapshots *ss_snapshots_create(struct ss_room *room) {
    struct ss_snapshots *snapshots = ss_new(sizeof(*snapshots));
    snapshots->room = room;
    snapshots->reading = -1;
    snapshots->hash = ss_sha256_create();
    if (snapshots->hash == NULL) {
        ss_log("out of memory for the scene %s", room->name);
        abort();
    }
    ss_buffer_init(&snapshots->payload, SS_MAX_MESSAGE);
    uv_idle_init(room->agent->loop, &snapshots->turn);
    snapshots->turn.data = snapshots;
    return snapshots;
}

static void on_closed(uv_handle_t *handle) {
    struct ss_snapshots *snapshots = handle->data;
    uv_close_cb closed = snapshots->closed;
    handle->data = snapshots->room;
    closed(handle);
    ss_sha256_destroy(snapshots->hash);
    ss_buffer_finish(&snapshots->payload);
    free(snapshots);
}

void ss_snapshots_close(struct ss_snapshots *snapshots, uv_close_cb closed) {
    snapshots->closed = closed;
    stop_reading(snapshots);
    stop_writing(snapshots);
    uv_close((uv_handle_t *)&snapshots->turn, on_closed);
}
