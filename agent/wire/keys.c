// SPDX-License-Identifier: Apache-2.0
// The sorts of key that a message's table can have.
#include <string.h>

#include "wire/canonical.h"
#include "wire/map.h"
#include "wire/pack.h"

static int expected(struct ss_codec *codec, const char *what) { return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected %s", what); }

static bool read_type(struct ss_reader *reader, enum ss_item_type type, struct ss_item *item) {
    return ss_read(reader, item) && item->type == type;
}

static void write_version(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)field;
    (void)key;
    ss_pack_uint(out, 1);
}

static int read_version(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)field;
    (void)key;
    struct ss_item item;
    if (!read_type(reader, SS_ITEM_UINT, &item)) {
        return expected(codec, "1");
    }
    return item.uint == 1 ? SS_WIRE_OK
                          : ss_codec_fail(codec, SS_WIRE_VERSION, "this agent speaks version 1, not %llu", (unsigned long long)item.uint);
}

const struct ss_key_type SS_VERSION = {write_version, read_version, NULL};

static void write_tag(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)field;
    ss_pack_text(out, key->text);
}

static int read_tag(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)field;
    struct ss_item item;
    return ss_read(reader, &item) && ss_item_is_text(&item, key->text) ? SS_WIRE_OK : expected(codec, key->text);
}

const struct ss_key_type SS_TAG = {write_tag, read_tag, NULL};

static void write_uint(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    ss_pack_uint(out, *(const uint64_t *)field);
}

static int read_uint(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    if (!read_type(reader, SS_ITEM_UINT, &item)) {
        return expected(codec, "an integer of at least 0");
    }
    *(uint64_t *)field = item.uint;
    return SS_WIRE_OK;
}

const struct ss_key_type SS_UINT = {write_uint, read_uint, NULL};

static void write_bool(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    ss_pack_bool(out, *(const bool *)field);
}

static int read_bool(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    if (!read_type(reader, SS_ITEM_BOOL, &item)) {
        return expected(codec, "true or false");
    }
    *(bool *)field = item.boolean;
    return SS_WIRE_OK;
}

static bool is_false(const void *field) { return !*(const bool *)field; }

const struct ss_key_type SS_BOOL = {write_bool, read_bool, is_false};

static bool is_true(const void *field) { return *(const bool *)field; }

const struct ss_key_type SS_BOOL_ON = {write_bool, read_bool, is_true};

static void write_number(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    ss_pack_f64(out, *(const double *)field);
}

static bool number_of(const struct ss_item *item, double *number) {
    switch (item->type) {
    case SS_ITEM_UINT: *number = (double)item->uint; return true;
    case SS_ITEM_INT: *number = (double)item->sint; return true;
    case SS_ITEM_F32: *number = (double)item->f32; return true;
    case SS_ITEM_F64: *number = item->f64; return true;
    default: return false;
    }
}

static int read_number(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    return ss_read(reader, &item) && number_of(&item, field) ? SS_WIRE_OK : expected(codec, "a number");
}

static bool is_negative(const void *field) { return *(const double *)field < 0; }

const struct ss_key_type SS_NUMBER = {write_number, read_number, is_negative};

static void write_text(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    ss_pack_str(out, *(const struct ss_slice *)field);
}

static int read_text(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    struct ss_item item;
    if (!read_type(reader, SS_ITEM_STR, &item) || !ss_is_utf8(item.bytes)) {
        return expected(codec, "UTF-8 text");
    }
    if (item.bytes.len > key->size) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "at most %zu bytes, not %zu", key->size, item.bytes.len);
    }
    *(struct ss_slice *)field = item.bytes;
    return SS_WIRE_OK;
}

static bool is_empty(const void *field) { return ((const struct ss_slice *)field)->len == 0; }

const struct ss_key_type SS_TEXT = {write_text, read_text, is_empty};

static void write_word(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    ss_pack_text(out, ((const char *const *)key->details)[*(const unsigned *)field]);
}

static int read_word(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    struct ss_item item;
    const char *const *words = key->details;
    if (!ss_read(reader, &item)) {
        return expected(codec, "a word");
    }
    for (unsigned i = 0; words[i]; i++) {
        if (ss_item_is_text(&item, words[i])) {
            *(unsigned *)field = i;
            return SS_WIRE_OK;
        }
    }
    return expected(codec, "a word that v1 has");
}

const struct ss_key_type SS_WORD = {write_word, read_word, NULL};

static void write_bytes(struct ss_buffer *out, const void *field, const struct ss_key *key) { ss_pack_bin(out, field, key->size); }

static int read_bytes(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    struct ss_item item;
    if (!read_type(reader, SS_ITEM_BIN, &item) || item.bytes.len != key->size) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected bin of %zu bytes", key->size);
    }
    memcpy(field, item.bytes.data, key->size);
    return SS_WIRE_OK;
}

const struct ss_key_type SS_BYTES = {write_bytes, read_bytes, NULL};

static void write_raw(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_slice *value = field;
    ss_buffer_append(out, value->data, value->len);
}

static int read_raw(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    return ss_skip(reader, field) ? SS_WIRE_OK : ss_codec_fail(codec, SS_WIRE_MALFORMED, "cut short or not msgpack");
}

const struct ss_key_type SS_RAW = {write_raw, read_raw, is_empty};

static int read_value(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_reader ahead = *reader;
    struct ss_item head;
    return read_type(&ahead, SS_ITEM_MAP, &head) ? ss_codec_value(codec, reader, field) : expected(codec, "a map");
}

const struct ss_key_type SS_VALUE = {write_raw, read_value, NULL};

static void write_colour(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const float *colour = field;
    ss_pack_array(out, 3);
    for (size_t i = 0; i < 3; i++) {
        ss_pack_f32(out, colour[i]);
    }
}

static int read_colour(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    bool ok = read_type(reader, SS_ITEM_ARRAY, &item) && item.count == 3;
    for (size_t i = 0; ok && i < 3; i++) {
        double number = 0;
        ok = ss_read(reader, &item) && number_of(&item, &number) && number >= -1e6 && number <= 1e6;
        ((float *)field)[i] = ok ? (float)number : 0;
    }
    return ok ? SS_WIRE_OK : expected(codec, "3 numbers");
}

const struct ss_key_type SS_COLOUR = {write_colour, read_colour, NULL};
