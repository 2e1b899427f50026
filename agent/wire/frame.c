// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <stddef.h>

#include "wire/link.h"

enum { LENGTH_SIZE = 4 };

int ss_frame_next(struct ss_slice bytes, struct ss_slice *body, size_t *used) {
    *used = 0;
    if (bytes.len < LENGTH_SIZE) {
        return SS_WIRE_OK;
    }
    const uint8_t *at = bytes.data;
    uint32_t len = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    if (len > SS_MAX_FRAME) {
        return SS_WIRE_LIMIT;
    }
    if (len <= bytes.len - LENGTH_SIZE) {
        *body = (struct ss_slice){at + LENGTH_SIZE, len};
        *used = LENGTH_SIZE + len;
    }
    return SS_WIRE_OK;
}

int ss_frame_write(struct ss_codec *codec, const struct ss_map *map, const void *source, struct ss_buffer *out) {
    static const uint8_t no_length[LENGTH_SIZE];
    size_t start = out->len;
    ss_buffer_append(out, no_length, sizeof no_length);
    ss_map_write(out, map, source);
    size_t len = out->len - start - LENGTH_SIZE;
    if (out->failed || len > SS_MAX_FRAME) {
        out->len = start;
        out->failed = false;
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a frame has at most %d bytes; send less at once", SS_MAX_FRAME);
    }
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        out->data[start + i] = (uint8_t)(len >> (8 * i));
    }
    return SS_WIRE_OK;
}

struct peek {
    struct ss_slice id;
    struct ss_slice word;
};

static const struct ss_key peek_keys[] = {
    {SS_MAY("id", SS_RAW, offsetof(struct peek, id))},
    {SS_MUST("t", SS_TEXT, offsetof(struct peek, word)), .size = 64},
};
static const struct ss_map peek_map = SS_MAP(peek_keys, struct peek);

int ss_frame_type(struct ss_codec *codec, struct ss_slice body, const struct ss_frame_form *forms, size_t count, unsigned *type,
                  uint64_t *id) {
    struct peek peek = {0};
    struct ss_reader reader = ss_reader_of(body);
    ss_codec_begin(codec);
    int error = ss_map_read(codec, &reader, &peek_map, &peek);
    if (error) {
        return error;
    }
    struct ss_item word = {.type = SS_ITEM_STR, .bytes = peek.word}, item;
    for (unsigned i = 1; i < count; i++) {
        *type = ss_item_is_text(&word, forms[i].word) ? i : *type;
    }
    struct ss_reader id_reader = ss_reader_of(peek.id);
    *id = peek.id.len > 0 && ss_read(&id_reader, &item) && item.type == SS_ITEM_UINT ? item.uint : 0;
    return SS_WIRE_OK;
}

int ss_frame_read(struct ss_codec *codec, struct ss_slice body, const struct ss_map *map, void *target) {
    struct ss_reader reader = ss_reader_of(body);
    int error = ss_map_read(codec, &reader, map, target);
    if (!error && reader.at != reader.end) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "bytes follow the frame's map");
    }
    return error;
}
