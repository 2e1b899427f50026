// SPDX-License-Identifier: Apache-2.0
#include "wire/codec_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "core/core.h"
#include "wire/canonical.h"

struct ss_codec *ss_codec_create(void) {
    struct ss_codec *codec = calloc(1, sizeof *codec);
    if (codec) {
        codec->arena.max = SS_CODEC_ARENA;
        ss_buffer_init(&codec->plain, SS_WIRE_PLAIN_MAX);
        ss_buffer_init(&codec->sealed, SS_MAX_MESSAGE);
    }
    return codec;
}

void ss_codec_destroy(struct ss_codec *codec) {
    if (codec) {
        ss_arena_finish(&codec->arena);
        ss_buffer_finish(&codec->plain);
        ss_buffer_finish(&codec->sealed);
        ZSTD_freeCCtx(codec->compressor);
        ZSTD_freeDCtx(codec->decompressor);
        free(codec);
    }
}

const char *ss_codec_problem(const struct ss_codec *codec) { return codec->problem; }

const char *ss_wire_cause(int error) {
    switch (error) {
#define X(code, value, word, text) \
    case code: return word;
        SS_WIRE_ERRORS(X)
#undef X
    default: return "unknown";
    }
}

void ss_codec_begin(struct ss_codec *codec) {
    ss_arena_reset(&codec->arena);
    ss_buffer_clear(&codec->plain);
    codec->problem[0] = '\0';
}

int ss_codec_fail(struct ss_codec *codec, int error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(codec->problem, sizeof codec->problem, format, arguments);
    va_end(arguments);
    return error;
}

int ss_codec_within(struct ss_codec *codec, int error, struct ss_slice where) {
    char inner[SS_CODEC_PROBLEM];
    memcpy(inner, codec->problem, sizeof inner);
    int shown = (int)(where.len < 64 ? where.len : 64);
    int head = snprintf(codec->problem, sizeof codec->problem, "%.*s: ", shown, (const char *)where.data);
    snprintf(codec->problem + head, sizeof codec->problem - (size_t)head, "%s", inner);
    return error;
}

void *ss_codec_take(struct ss_codec *codec, size_t count, size_t size) {
    void *memory = ss_arena_take(&codec->arena, count, size);
    if (!memory) {
        ss_codec_fail(codec, SS_WIRE_MEMORY, "the message needs more memory than one message is given; send less at once");
        return NULL;
    }
    return memset(memory, 0, count * size);
}

// Canonical form is at most twice as long as any other: the worst is a 32-bit float that becomes a 64-bit integer.
int ss_codec_value(struct ss_codec *codec, struct ss_reader *reader, struct ss_slice *value) {
    size_t left = (size_t)(reader->end - reader->at);
    size_t most = left < SS_MAX_VALUE / 2 ? 2 * left : SS_MAX_VALUE;
    uint8_t *room = ss_arena_room(&codec->arena, most);
    if (!room) {
        return ss_codec_fail(codec, SS_WIRE_MEMORY, "the message needs more memory than one message is given; send less at once");
    }
    struct ss_buffer out = {.data = room, .capacity = most, .max = most};
    size_t used = 0;
    int error = ss_canonical((struct ss_slice){reader->at, left}, &out, &used);
    if (error == SS_WIRE_MALFORMED) {
        return ss_codec_fail(codec, error, "not a value: msgpack of v1 has UTF-8 strings, maps keyed by strings and whole typed arrays");
    }
    if (error) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a value has at most %d bytes and %d levels; send a blob instead", SS_MAX_VALUE,
                             SS_MAX_DEPTH);
    }
    reader->at += used;
    *value = (struct ss_slice){room, out.len};
    ss_arena_keep(&codec->arena, out.len);
    return SS_WIRE_OK;
}

int ss_codec_name(struct ss_codec *codec, struct ss_reader *reader, struct ss_slice *name) {
    struct ss_item item;
    if (!ss_read(reader, &item) || item.type != SS_ITEM_STR) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected field names as keys");
    }
    if (item.bytes.len > SS_MAX_NAME) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a field name has at most %d bytes, not %zu; shorten it", SS_MAX_NAME, item.bytes.len);
    }
    *name = item.bytes;
    return ss_is_field_name(*name) ? SS_WIRE_OK
                                   : ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected field names of UTF-8 without control characters");
}

static bool is_compressed(struct ss_slice payload) {
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    return payload.len >= sizeof magic && memcmp(payload.data, magic, sizeof magic) == 0;
}

// A frame need not say its length; what it unpacks to is bounded by the room it gets.
static int decompress(struct ss_codec *codec, struct ss_slice payload) {
    if (!codec->decompressor && !(codec->decompressor = ZSTD_createDCtx())) {
        return ss_codec_fail(codec, SS_WIRE_MEMORY, "memory for decompression was denied");
    }
    unsigned long long size = ZSTD_getFrameContentSize(payload.data, payload.len);
    if (size == ZSTD_CONTENTSIZE_ERROR) {
        return ss_codec_fail(codec, SS_WIRE_COMPRESSION, "a damaged zstd frame");
    }
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size > SS_WIRE_PLAIN_MAX) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a payload may unpack to %d bytes, not %llu", SS_WIRE_PLAIN_MAX, size);
    }
    size_t room = size == ZSTD_CONTENTSIZE_UNKNOWN ? SS_WIRE_PLAIN_MAX : (size_t)size;
    if (!ss_buffer_reserve(&codec->plain, room + !room)) {
        return ss_codec_fail(codec, SS_WIRE_MEMORY, "memory for decompression was denied");
    }
    size_t len = ZSTD_decompressDCtx(codec->decompressor, codec->plain.data, room, payload.data, payload.len);
    if (ZSTD_isError(len)) {
        return ss_codec_fail(codec, SS_WIRE_COMPRESSION, "a zstd frame that cannot be unpacked: %s", ZSTD_getErrorName(len));
    }
    codec->plain.len = len;
    return SS_WIRE_OK;
}

int ss_codec_open(struct ss_codec *codec, struct ss_slice payload, struct ss_slice *plain) {
    *plain = payload;
    if (payload.len > SS_MAX_MESSAGE) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a payload has at most %d bytes, this one %zu", SS_MAX_MESSAGE, payload.len);
    }
    if (!is_compressed(payload)) {
        return SS_WIRE_OK;
    }
    int error = decompress(codec, payload);
    *plain = ss_buffer_slice(&codec->plain);
    return error;
}

// Compresses into `out`; 0 when it does not save a sixteenth, which is not worth the reader's time.
static size_t compress(struct ss_codec *codec, int level, struct ss_slice plain, struct ss_buffer *out) {
    size_t room = plain.len - plain.len / 16;
    if (!ss_buffer_reserve(out, room)) {
        out->failed = false; // the plain bytes are tried next
        return 0;
    }
    size_t len = ZSTD_compressCCtx(codec->compressor, out->data + out->len, room, plain.data, plain.len, level);
    return ZSTD_isError(len) ? 0 : len;
}

// Values come first and stamps last: what compresses neither here nor there is not tried as a whole.
static bool may_compress(struct ss_codec *codec, int level, struct ss_slice plain, struct ss_buffer *out) {
    const size_t size = SS_CODEC_SAMPLE;
    return plain.len < 4 * size || compress(codec, level, (struct ss_slice){plain.data + plain.len / 4, size}, out) > 0 ||
           compress(codec, level, (struct ss_slice){plain.data + plain.len - size, size}, out) > 0;
}

static size_t try_compress(struct ss_codec *codec, int level, struct ss_buffer *out) {
    struct ss_slice plain = ss_buffer_slice(&codec->plain);
    if (plain.len < SS_CODEC_COMPRESS_FROM || (!codec->compressor && !(codec->compressor = ZSTD_createCCtx()))) {
        return 0;
    }
    return may_compress(codec, level, plain, out) ? compress(codec, level, plain, out) : 0;
}

// Gives `out`, which is empty, the plain bytes, and the codec its memory: nothing is copied.
static void swap_plain(struct ss_codec *codec, struct ss_buffer *out) {
    struct ss_buffer plain = codec->plain;
    codec->plain = (struct ss_buffer){.data = out->data, .capacity = out->capacity, .max = plain.max};
    *out = (struct ss_buffer){.data = plain.data, .len = plain.len, .capacity = plain.capacity, .max = out->max};
}

int ss_codec_seal(struct ss_codec *codec, int level, struct ss_buffer *out) {
    struct ss_slice plain = ss_buffer_slice(&codec->plain);
    if (codec->plain.failed) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a payload has at most %d bytes before compression", SS_WIRE_PLAIN_MAX);
    }
    size_t compressed = try_compress(codec, level, out);
    size_t len = compressed ? compressed : plain.len;
    if (len > SS_MAX_MESSAGE) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "a payload has at most %d bytes, this one %zu", SS_MAX_MESSAGE, len);
    }
    if (compressed) {
        out->len += compressed;
        return SS_WIRE_OK;
    }
    if (out->len == 0 && !out->failed && plain.len <= out->max) {
        swap_plain(codec, out);
        return SS_WIRE_OK;
    }
    return ss_buffer_append(out, plain.data, plain.len) ? SS_WIRE_OK : ss_codec_fail(codec, SS_WIRE_MEMORY, "no room for the payload");
}
