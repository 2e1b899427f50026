// SPDX-License-Identifier: Apache-2.0
#include "recording/write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

#include "wire/pack.h"

struct ss_written_blob {
    struct ss_sha256 sha256;
    uint64_t offset;
    UT_hash_handle hh;
};

static const size_t STATE_FRAME = 1024 * 1024;

static void store_le(uint8_t *to, size_t bytes, uint64_t value) {
    for (size_t i = 0; i < bytes; i++, value >>= 8) {
        to[i] = (uint8_t)value;
    }
}

static void put(struct ss_writing *writing, const void *data, size_t size) {
    fwrite(data, 1, size, writing->file);
    writing->size += size;
}

static void begin(struct ss_buffer *frame, enum ss_frame_type type, size_t items) {
    ss_buffer_clear(frame);
    ss_pack_array(frame, items);
    ss_pack_uint(frame, (uint64_t)type);
}

static void end(struct ss_writing *writing, const struct ss_buffer *frame) {
    uint8_t size[4];
    if (frame->failed) {
        exit(ss_fail("a change is too large to be recorded"));
    }
    store_le(size, sizeof size, frame->len);
    put(writing, size, sizeof size);
    put(writing, frame->data, frame->len);
}

bool ss_writing_begin(struct ss_writing *writing, const char *path, uint64_t started, char *const *scenes, size_t count) {
    writing->file = fopen(path, "wbx");
    if (!writing->file) {
        return false;
    }
    ss_buffer_init(&writing->frame, SS_RECORDING_FRAME_MAX);
    ss_buffer_init(&writing->change, SS_RECORDING_FRAME_MAX);
    put(writing, SS_RECORDING_MAGIC, SS_RECORDING_MARK);
    begin(&writing->frame, SS_FRAME_HEADER, 4);
    ss_pack_uint(&writing->frame, 1);
    ss_pack_uint(&writing->frame, started);
    ss_pack_array(&writing->frame, count);
    for (size_t i = 0; i < count; i++) {
        ss_pack_text(&writing->frame, scenes[i]);
    }
    end(writing, &writing->frame);
    return true;
}

void ss_writing_keyframe(struct ss_writing *writing, uint64_t at) {
    writing->keyframes = ss_memory(realloc(writing->keyframes, (writing->keyframe_count + 1) * sizeof *writing->keyframes));
    writing->keyframes[writing->keyframe_count++] = (struct ss_keyframe){at, (size_t)writing->size};
    begin(&writing->frame, SS_FRAME_KEYFRAME, 2);
    ss_pack_uint(&writing->frame, at);
    end(writing, &writing->frame);
}

// ---- Changes and states -----------------------------------------------------------------------------------------------------------------

static void begin_change(struct ss_buffer *frame, enum ss_frame_type type, uint64_t at, size_t scene, bool live, size_t batches) {
    begin(frame, type, 5);
    ss_pack_uint(frame, at);
    ss_pack_uint(frame, scene);
    ss_pack_bool(frame, live);
    ss_pack_array(frame, batches);
}

static void pack_head(struct ss_buffer *out, struct ss_slice kind, const struct scenesync_uuid *ids, size_t rows) {
    ss_pack_array(out, 4);
    ss_pack_str(out, kind);
    ss_pack_bin(out, ids, rows * sizeof *ids);
}

static void pack_text(struct ss_buffer *out, struct scenesync_bytes text) { ss_pack_str(out, (struct ss_slice){text.data, text.size}); }

static void pack_batch(struct ss_buffer *out, const struct scenesync_batch *batch) {
    pack_head(out, (struct ss_slice){batch->kind.data, batch->kind.size}, batch->ids, batch->rows);
    ss_pack_array(out, batch->columns);
    for (size_t i = 0; i < batch->columns; i++) {
        pack_text(out, batch->names[i]);
    }
    ss_pack_array(out, batch->columns * batch->rows);
    for (size_t i = 0; i < batch->columns * batch->rows; i++) {
        ss_buffer_append(out, batch->values[i].data, batch->values[i].size);
    }
}

void ss_writing_change(struct ss_writing *writing, uint64_t at, size_t scene, const struct scenesync_change *change) {
    begin_change(&writing->change, SS_FRAME_CHANGE, at, scene, change->live, change->batch_count);
    for (size_t i = 0; i < change->batch_count; i++) {
        pack_batch(&writing->change, &change->batches[i]);
    }
}

void ss_writing_put(struct ss_writing *writing) {
    end(writing, &writing->change);
    writing->changes++;
}

struct state {
    struct ss_writing *writing;
    uint64_t at;
    size_t scene;
    struct ss_buffer batches;
    size_t count;
};

static void flush_state(struct state *state) {
    begin_change(&state->writing->frame, SS_FRAME_STATE, state->at, state->scene, false, state->count);
    ss_buffer_append(&state->writing->frame, state->batches.data, state->batches.len);
    end(state->writing, &state->writing->frame);
    ss_buffer_clear(&state->batches);
    state->count = 0;
}

static void add_known(void *context, const struct ss_known *entity) {
    struct state *state = context;
    struct ss_buffer *out = &state->batches;
    pack_head(out, (struct ss_slice){(const uint8_t *)entity->kind, strlen(entity->kind)}, &entity->id, 1);
    ss_pack_array(out, entity->count);
    for (size_t i = 0; i < entity->count; i++) {
        pack_text(out, entity->fields[i].name);
    }
    ss_pack_array(out, entity->count);
    for (size_t i = 0; i < entity->count; i++) {
        ss_buffer_append(out, entity->fields[i].value.data, entity->fields[i].value.size);
    }
    if (++state->count && out->len > STATE_FRAME) {
        flush_state(state);
    }
}

void ss_writing_state(struct ss_writing *writing, uint64_t at, size_t scene, const struct ss_replica *replica) {
    struct state state = {.writing = writing, .at = at, .scene = scene};
    ss_buffer_init(&state.batches, SS_RECORDING_FRAME_MAX);
    ss_replica_each_known(replica, add_known, &state);
    if (state.batches.failed) {
        exit(ss_fail("an entity is too large to be recorded"));
    }
    if (state.count > 0) {
        flush_state(&state);
    }
    ss_buffer_finish(&state.batches);
}

// ---- Blobs ------------------------------------------------------------------------------------------------------------------------------

bool ss_writing_has(const struct ss_writing *writing, const struct ss_sha256 *sha256) {
    const struct ss_written_blob *blob;
    HASH_FIND(hh, writing->blobs, sha256->b, sizeof sha256->b, blob);
    return blob != NULL;
}

static void note_blob(struct ss_writing *writing, const struct ss_sha256 *sha256, uint64_t offset) {
    struct ss_written_blob *blob = ss_memory(calloc(1, sizeof *blob));
    blob->sha256 = *sha256;
    blob->offset = offset;
    HASH_ADD(hh, writing->blobs, sha256, sizeof blob->sha256, blob);
    writing->blob_count++;
}

bool ss_writing_blob(struct ss_writing *writing, const struct ss_sha256 *sha256, FILE *from) {
    static uint8_t piece[SS_RECORDING_PIECE];
    uint64_t offset = writing->size;
    struct stat file;
    if (fstat(fileno(from), &file) != 0 || file.st_size <= 0) {
        return false;
    }
    uint64_t size = (uint64_t)file.st_size;
    for (uint64_t done = 0; done < size;) {
        size_t wanted = size - done < sizeof piece ? (size_t)(size - done) : sizeof piece;
        if (fread(piece, 1, wanted, from) != wanted) {
            return false; // what was written is a blob without its end, which is not noted, so that it is tried again
        }
        begin(&writing->frame, SS_FRAME_BLOB, 5);
        ss_pack_bin(&writing->frame, sha256->b, sizeof sha256->b);
        ss_pack_uint(&writing->frame, size);
        ss_pack_uint(&writing->frame, done);
        ss_pack_bin(&writing->frame, piece, wanted);
        end(writing, &writing->frame);
        done += wanted;
    }
    note_blob(writing, sha256, offset);
    return true;
}

// ---- The end ----------------------------------------------------------------------------------------------------------------------------

static void pack_index(struct ss_writing *writing, uint64_t at) {
    struct ss_buffer *out = &writing->frame;
    begin(&writing->frame, SS_FRAME_INDEX, 4);
    ss_pack_uint(out, at);
    ss_pack_array(out, writing->keyframe_count);
    for (size_t i = 0; i < writing->keyframe_count; i++) {
        ss_pack_array(out, 2);
        ss_pack_uint(out, writing->keyframes[i].at);
        ss_pack_uint(out, writing->keyframes[i].offset);
    }
    ss_pack_array(out, HASH_COUNT(writing->blobs));
    for (const struct ss_written_blob *blob = writing->blobs; blob; blob = blob->hh.next) {
        ss_pack_array(out, 2);
        ss_pack_bin(out, blob->sha256.b, sizeof blob->sha256.b);
        ss_pack_uint(out, blob->offset);
    }
    end(writing, &writing->frame);
}

static void finish(struct ss_writing *writing) {
    struct ss_written_blob *blob, *next;
    HASH_ITER(hh, writing->blobs, blob, next) {
        HASH_DEL(writing->blobs, blob);
        free(blob);
    }
    free(writing->keyframes);
    ss_buffer_finish(&writing->frame);
    ss_buffer_finish(&writing->change);
}

bool ss_writing_end(struct ss_writing *writing, uint64_t at) {
    uint8_t offset[8];
    store_le(offset, sizeof offset, writing->size);
    pack_index(writing, at);
    put(writing, offset, sizeof offset);
    put(writing, SS_RECORDING_END, SS_RECORDING_MARK);
    finish(writing);
    bool ok = !ferror(writing->file);
    return fclose(writing->file) == 0 && ok;
}
