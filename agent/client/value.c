// SPDX-License-Identifier: Apache-2.0
#include "scenesync/value.h"

#include <stdlib.h>

#include "wire/pack.h"
#include "wire/reader.h"

struct scenesync_reader scenesync_reader_of(struct scenesync_bytes value) {
    return (struct scenesync_reader){value.data, value.data ? value.data + value.size : NULL};
}

static void take_number(const struct ss_item *from, struct scenesync_item *to) {
    switch (from->type) {
    case SS_ITEM_UINT: *to = (struct scenesync_item){.type = SCENESYNC_INTEGER, .uint = from->uint, .number = (double)from->uint}; break;
    case SS_ITEM_INT:
        *to = (struct scenesync_item){.type = SCENESYNC_INTEGER, .negative = true, .sint = from->sint, .number = (double)from->sint};
        break;
    case SS_ITEM_F32: *to = (struct scenesync_item){.type = SCENESYNC_FLOAT, .number = (double)from->f32}; break;
    default: *to = (struct scenesync_item){.type = SCENESYNC_FLOAT, .number = from->f64}; break;
    }
}

static struct scenesync_item bytes_item(enum scenesync_type type, const struct ss_item *from) {
    return (struct scenesync_item){.type = type, .ext = from->ext, .bytes = {from->bytes.data, from->bytes.len}};
}

static void take_item(const struct ss_item *from, struct scenesync_item *to) {
    switch (from->type) {
    case SS_ITEM_NIL: *to = (struct scenesync_item){.type = SCENESYNC_NIL}; break;
    case SS_ITEM_BOOL: *to = (struct scenesync_item){.type = SCENESYNC_BOOL, .boolean = from->boolean}; break;
    case SS_ITEM_STR: *to = bytes_item(SCENESYNC_STRING, from); break;
    case SS_ITEM_BIN: *to = bytes_item(SCENESYNC_BINARY, from); break;
    case SS_ITEM_EXT: *to = bytes_item(SCENESYNC_EXTENDED, from); break;
    case SS_ITEM_ARRAY: *to = (struct scenesync_item){.type = SCENESYNC_LIST, .count = from->count}; break;
    case SS_ITEM_MAP: *to = (struct scenesync_item){.type = SCENESYNC_MAP, .count = from->count}; break;
    default: take_number(from, to); break;
    }
}

bool scenesync_read(struct scenesync_reader *reader, struct scenesync_item *item) {
    struct ss_reader inner = {reader->at, reader->end};
    struct ss_item read = {0};
    if (!ss_read(&inner, &read)) {
        return false;
    }
    reader->at = inner.at;
    take_item(&read, item);
    return true;
}

// Values that were taken stay where they are, so each has a buffer of its own.
struct scenesync_writer {
    struct ss_buffer *values;
    size_t count;
    struct ss_buffer current;
};

enum { VALUE_MAX = 16 * 1024 * 1024 };

struct scenesync_writer *scenesync_writer_create(void) {
    struct scenesync_writer *writer = calloc(1, sizeof *writer);
    if (writer) {
        ss_buffer_init(&writer->current, VALUE_MAX);
    }
    return writer;
}

void scenesync_writer_destroy(struct scenesync_writer *writer) {
    if (!writer) {
        return;
    }
    for (size_t i = 0; i < writer->count; i++) {
        ss_buffer_finish(&writer->values[i]);
    }
    ss_buffer_finish(&writer->current);
    free(writer->values);
    free(writer);
}

void scenesync_write_nil(struct scenesync_writer *writer) { ss_pack_nil(&writer->current); }

void scenesync_write_bool(struct scenesync_writer *writer, bool value) { ss_pack_bool(&writer->current, value); }

void scenesync_write_number(struct scenesync_writer *writer, double value) { ss_pack_f64(&writer->current, value); }

void scenesync_write_string(struct scenesync_writer *writer, const char *text, size_t size) {
    ss_pack_str(&writer->current, (struct ss_slice){(const uint8_t *)text, size});
}

void scenesync_write_binary(struct scenesync_writer *writer, const void *data, size_t size) { ss_pack_bin(&writer->current, data, size); }

void scenesync_write_extended(struct scenesync_writer *writer, int ext, const void *data, size_t size) {
    ss_pack_ext_head(&writer->current, (int8_t)ext, size);
    ss_buffer_append(&writer->current, data, size);
}

void scenesync_write_list(struct scenesync_writer *writer, size_t count) { ss_pack_array(&writer->current, count); }

void scenesync_write_map(struct scenesync_writer *writer, size_t count) { ss_pack_map(&writer->current, count); }

bool scenesync_writer_take(struct scenesync_writer *writer, struct scenesync_bytes *value) {
    struct ss_buffer *values = realloc(writer->values, (writer->count + 1) * sizeof *values);
    if (!values || writer->current.failed) {
        writer->values = values ? values : writer->values;
        return false;
    }
    writer->values = values;
    values[writer->count] = writer->current;
    *value = (struct scenesync_bytes){writer->current.data, writer->current.len};
    writer->count++;
    ss_buffer_init(&writer->current, VALUE_MAX);
    return true;
}
