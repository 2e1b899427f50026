// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/command.h"
#include "recording/recording.h"
#include "wire/reader.h"
#include "wire/topics.h"

struct ss_recorded_blob {
    struct ss_sha256 sha256;
    size_t offset;
    UT_hash_handle hh;
};

static uint64_t load_le(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;) {
        value = value << 8 | from[i];
    }
    return value;
}

static bool read_uint(struct ss_reader *reader, uint64_t *value) {
    struct ss_item item;
    bool ok = ss_read(reader, &item) && item.type == SS_ITEM_UINT;
    *value = ok ? item.uint : 0;
    return ok;
}

static bool read_bool(struct ss_reader *reader, bool *value) {
    struct ss_item item;
    bool ok = ss_read(reader, &item) && item.type == SS_ITEM_BOOL;
    *value = ok && item.boolean;
    return ok;
}

static bool read_sha256(struct ss_reader *reader, struct ss_sha256 *sha256) {
    struct ss_item item;
    bool ok = ss_read(reader, &item) && item.type == SS_ITEM_BIN && item.bytes.len == sizeof sha256->b;
    if (ok) {
        memcpy(sha256->b, item.bytes.data, sizeof sha256->b);
    }
    return ok;
}

static bool read_list(struct ss_reader *reader, size_t least, size_t *count) {
    struct ss_item item;
    bool ok = ss_read(reader, &item) && item.type == SS_ITEM_ARRAY && item.count >= least;
    *count = ok ? item.count : 0;
    return ok;
}

// ---- Frames -----------------------------------------------------------------------------------------------------------------------------

static bool read_blob_head(struct ss_reader *reader, struct ss_frame *frame) {
    struct ss_item item;
    bool ok = read_sha256(reader, &frame->sha256) && read_uint(reader, &frame->size) && read_uint(reader, &frame->offset) &&
              ss_read(reader, &item) && item.type == SS_ITEM_BIN;
    frame->piece = ok ? item.bytes : (struct ss_slice){0};
    return ok && frame->piece.len > 0;
}

static bool read_head(struct ss_frame *frame) {
    struct ss_reader reader = ss_reader_of(frame->body);
    size_t count;
    uint64_t type, scene;
    if (!read_list(&reader, 1, &count) || !read_uint(&reader, &type)) {
        return false;
    }
    frame->type = type <= SS_FRAME_STATE ? (enum ss_frame_type)type : SS_FRAME_HEADER;
    switch (frame->type) {
    case SS_FRAME_KEYFRAME:
    case SS_FRAME_INDEX: return read_uint(&reader, &frame->at);
    case SS_FRAME_CHANGE:
    case SS_FRAME_STATE:
        if (!read_uint(&reader, &frame->at) || !read_uint(&reader, &scene) || !read_bool(&reader, &frame->live)) {
            return false;
        }
        frame->scene = (size_t)scene;
        return scene < SS_RECORDING_SCENES;
    case SS_FRAME_BLOB: return read_blob_head(&reader, frame);
    default: return true;
    }
}

bool ss_recording_frame(const struct ss_recording *recording, size_t *offset, struct ss_frame *frame) {
    const struct ss_slice bytes = recording->bytes;
    *frame = (struct ss_frame){.type = SS_FRAME_HEADER};
    if (*offset > bytes.len || bytes.len - *offset < 4) {
        return false;
    }
    size_t size = (size_t)load_le(bytes.data + *offset, 4);
    if (size == 0 || size > SS_RECORDING_FRAME_MAX || size > bytes.len - *offset - 4) {
        return false;
    }
    frame->body = (struct ss_slice){bytes.data + *offset + 4, size};
    if (!read_head(frame)) {
        return false;
    }
    *offset += 4 + size;
    return true;
}

// ---- Opening ----------------------------------------------------------------------------------------------------------------------------

static bool read_header(struct ss_recording *recording, size_t *offset) {
    struct ss_frame frame;
    struct ss_item item;
    uint64_t type, version;
    size_t count;
    if (!ss_recording_frame(recording, offset, &frame)) {
        return false;
    }
    struct ss_reader reader = ss_reader_of(frame.body);
    bool ok = read_list(&reader, 4, &count) && read_uint(&reader, &type) && type == SS_FRAME_HEADER && read_uint(&reader, &version) &&
              version == 1 && read_uint(&reader, &recording->started) && read_list(&reader, 1, &count) && count <= SS_RECORDING_SCENES;
    for (size_t i = 0; ok && i < count; i++) {
        ok = ss_read(&reader, &item) && item.type == SS_ITEM_STR && ss_is_scene(item.bytes); // at most 64 bytes
        if (ok) {
            memcpy(recording->scenes[i], item.bytes.data, item.bytes.len);
        }
    }
    recording->scene_count = ok ? count : 0;
    return ok;
}

static void add_keyframe(struct ss_recording *recording, uint64_t at, size_t offset) {
    size_t count = recording->keyframe_count;
    if ((count & (count - 1)) == 0) {
        recording->keyframes = ss_memory(realloc(recording->keyframes, 2 * (count + 1) * sizeof *recording->keyframes));
    }
    recording->keyframes[recording->keyframe_count++] = (struct ss_keyframe){at, offset};
}

// A blob begins again only when what was begun before has no end, so the last beginning counts.
static void add_blob(struct ss_recording *recording, const struct ss_sha256 *sha256, size_t offset) {
    struct ss_recorded_blob *blob;
    HASH_FIND(hh, recording->blobs, sha256->b, sizeof sha256->b, blob);
    if (!blob) {
        blob = ss_memory(calloc(1, sizeof *blob));
        blob->sha256 = *sha256;
        HASH_ADD(hh, recording->blobs, sha256, sizeof blob->sha256, blob);
    }
    blob->offset = offset;
}

static bool read_place(struct ss_recording *recording, struct ss_reader *reader, bool keyframe) {
    struct ss_sha256 sha256 = {{0}};
    uint64_t at = 0, offset;
    size_t count;
    if (!read_list(reader, 2, &count) || !(keyframe ? read_uint(reader, &at) : read_sha256(reader, &sha256)) ||
        !read_uint(reader, &offset) || offset >= recording->bytes.len) {
        return false;
    }
    if (keyframe) {
        add_keyframe(recording, at, (size_t)offset);
    } else {
        add_blob(recording, &sha256, (size_t)offset);
    }
    return true;
}

static bool read_index(struct ss_recording *recording) {
    const struct ss_slice bytes = recording->bytes;
    const uint8_t *mark = bytes.data + bytes.len - SS_RECORDING_MARK;
    if (bytes.len < 3 * SS_RECORDING_MARK || memcmp(mark, SS_RECORDING_END, SS_RECORDING_MARK) != 0) {
        return false;
    }
    size_t offset = (size_t)load_le(mark - 8, 8), count;
    struct ss_frame frame;
    uint64_t type;
    if (!ss_recording_frame(recording, &offset, &frame) || frame.type != SS_FRAME_INDEX) {
        return false;
    }
    struct ss_reader reader = ss_reader_of(frame.body);
    bool ok = read_list(&reader, 4, &count) && read_uint(&reader, &type) && read_uint(&reader, &recording->end);
    for (int list = 0; ok && list < 2; list++) {
        ok = read_list(&reader, 0, &count);
        for (; ok && count > 0; count--) {
            ok = read_place(recording, &reader, list == 0);
        }
    }
    return ok;
}

static void forget_places(struct ss_recording *recording) {
    struct ss_recorded_blob *blob, *next;
    HASH_ITER(hh, recording->blobs, blob, next) {
        HASH_DEL(recording->blobs, blob);
        free(blob);
    }
    free(recording->keyframes);
    recording->keyframes = NULL;
    recording->keyframe_count = 0;
}

// Without an index every frame is looked at.
static void scan(struct ss_recording *recording, size_t offset) {
    struct ss_frame frame;
    for (size_t at = offset; ss_recording_frame(recording, &offset, &frame); at = offset) {
        if (frame.type == SS_FRAME_KEYFRAME) {
            add_keyframe(recording, frame.at, at);
        } else if (frame.type == SS_FRAME_BLOB && frame.offset == 0) {
            add_blob(recording, &frame.sha256, at);
        }
        recording->end = frame.at > recording->end ? frame.at : recording->end;
    }
}

bool ss_recording_open(struct ss_slice bytes, struct ss_recording *recording, const char **why) {
    size_t offset = SS_RECORDING_MARK;
    *recording = (struct ss_recording){.bytes = bytes};
    *why = "it is no recording of scenesync";
    if (bytes.len < SS_RECORDING_MARK || memcmp(bytes.data, SS_RECORDING_MAGIC, SS_RECORDING_MARK) != 0) {
        return false;
    }
    *why = "its beginning is damaged, or it was made by a newer version";
    if (!read_header(recording, &offset)) {
        return false;
    }
    recording->cut = !read_index(recording);
    if (recording->cut) {
        forget_places(recording);
        recording->end = 0;
        scan(recording, offset);
    }
    *why = "it was cut off before the scene's state was written";
    return recording->keyframe_count > 0;
}

void ss_recording_finish(struct ss_recording *recording) { forget_places(recording); }

size_t ss_recording_keyframe(const struct ss_recording *recording, uint64_t at) {
    size_t found = 0;
    for (size_t i = 1; i < recording->keyframe_count; i++) {
        found = recording->keyframes[i].at <= at ? i : found;
    }
    return recording->keyframes[found].offset;
}

bool ss_recording_blob(const struct ss_recording *recording, const struct ss_sha256 *sha256, size_t *offset) {
    const struct ss_recorded_blob *blob;
    HASH_FIND(hh, recording->blobs, sha256->b, sizeof sha256->b, blob);
    *offset = blob ? blob->offset : 0;
    return blob != NULL;
}

// ---- What a change says -----------------------------------------------------------------------------------------------------------------

static bool read_cells(struct ss_reader *reader, size_t wanted, bool names, struct scenesync_bytes *cells) {
    size_t count;
    if (!read_list(reader, 0, &count) || count != wanted) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct ss_slice value;
        struct ss_item item = {.type = SS_ITEM_NIL};
        bool ok = names ? ss_read(reader, &item) && item.type == SS_ITEM_STR : ss_skip(reader, &value);
        if (!ok) {
            return false;
        }
        cells[i] = names ? (struct scenesync_bytes){item.bytes.data, item.bytes.len} : (struct scenesync_bytes){value.data, value.len};
    }
    return true;
}

static bool read_batch(struct ss_reader *reader, struct ss_batches *batches, size_t *used, size_t room) {
    struct scenesync_batch *batch = &batches->items[batches->count];
    struct ss_item kind, ids;
    struct ss_reader ahead;
    size_t count;
    if (!read_list(reader, 4, &count) || count != 4 || !ss_read(reader, &kind) || kind.type != SS_ITEM_STR || !ss_read(reader, &ids) ||
        ids.type != SS_ITEM_BIN || ids.bytes.len == 0 || ids.bytes.len % sizeof *batch->ids != 0) {
        return false;
    }
    ahead = *reader;
    *batch = (struct scenesync_batch){.kind = {kind.bytes.data, kind.bytes.len}, .rows = ids.bytes.len / sizeof *batch->ids};
    batch->ids = (const struct scenesync_uuid *)(const void *)ids.bytes.data;
    // Every name and every value is at least a byte, so there are never more of them than bytes.
    if (!read_list(&ahead, 0, &batch->columns) || batch->columns > room - *used || batch->columns * (batch->rows + 1) > room - *used) {
        return false;
    }
    struct scenesync_bytes *names = batches->cells + *used, *values = names + batch->columns;
    batch->names = names;
    batch->values = values;
    *used += batch->columns * (batch->rows + 1);
    batches->count++;
    return read_cells(reader, batch->columns, true, names) && read_cells(reader, batch->columns * batch->rows, false, values);
}

bool ss_batches_read(struct ss_slice body, struct ss_batches *batches) {
    struct ss_reader reader = ss_reader_of(body);
    struct ss_item item;
    size_t count, used = 0;
    *batches = (struct ss_batches){.count = 0};
    bool ok = read_list(&reader, 5, &count);
    for (int i = 0; ok && i < 4; i++) {
        ok = ss_read(&reader, &item); // the head, which ss_recording_frame has read
    }
    ok = ok && read_list(&reader, 0, &count) && count <= body.len;
    if (!ok) {
        return false;
    }
    batches->items = ss_memory(calloc(count + 1, sizeof *batches->items));
    batches->cells = ss_memory(calloc(body.len + 1, sizeof *batches->cells));
    for (; ok && count > 0; count--) {
        ok = read_batch(&reader, batches, &used, body.len);
    }
    return ok;
}

void ss_batches_finish(struct ss_batches *batches) {
    free(batches->items);
    free(batches->cells);
}
