// SPDX-License-Identifier: Apache-2.0
// Values of fields: msgpack, read and written one item at a time. Any exact encoding may be sent; what arrives is canonical
// (schemas/README.md, "Canonical form").
#ifndef SCENESYNC_VALUE_H
#define SCENESYNC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// scenesync_bytes is bytes that somebody else owns.
struct scenesync_bytes {
    const uint8_t *data;
    size_t size;
};

enum scenesync_type {
    SCENESYNC_NIL,
    SCENESYNC_BOOL,
    SCENESYNC_INTEGER,  // any integer; `negative` tells which of `sint` and `uint` holds it
    SCENESYNC_FLOAT,    // every other number
    SCENESYNC_STRING,   // UTF-8, not NUL-terminated
    SCENESYNC_BINARY,   // a reference is 16 of them: a UUID
    SCENESYNC_EXTENDED, // a typed array, little endian: ext 1 f32, 2 f64, 3 i32, 4 u8, 5 u16, 6 i64, 7 f16
    SCENESYNC_LIST,     // `count` items follow
    SCENESYNC_MAP,      // `count` pairs follow, a string and a value each
};

struct scenesync_item {
    enum scenesync_type type;
    bool boolean;
    bool negative;
    int64_t sint;  // of an INTEGER below 0
    uint64_t uint; // of an INTEGER from 0
    double number; // of INTEGER (nearest) and FLOAT
    int ext;
    size_t count;
    struct scenesync_bytes bytes; // points into what is read
};

// scenesync_reader walks over a value; it allocates nothing and owns nothing.
struct scenesync_reader {
    const uint8_t *at;
    const uint8_t *end;
};

struct scenesync_reader scenesync_reader_of(struct scenesync_bytes value);

// scenesync_read reads the next item, of a LIST or MAP its head only. Returns false at the end and for bytes that are not msgpack.
bool scenesync_read(struct scenesync_reader *reader, struct scenesync_item *item);

// scenesync_writer collects one value. Calls that cannot be carried out for want of memory show when the value is taken.
struct scenesync_writer;

// scenesync_writer_create returns NULL when memory is denied. Freed by scenesync_writer_destroy, which accepts NULL.
struct scenesync_writer *scenesync_writer_create(void);
void scenesync_writer_destroy(struct scenesync_writer *writer);

void scenesync_write_nil(struct scenesync_writer *writer);
void scenesync_write_bool(struct scenesync_writer *writer, bool value);
void scenesync_write_number(struct scenesync_writer *writer, double value); // integral values become integers
void scenesync_write_string(struct scenesync_writer *writer, const char *text, size_t size);
void scenesync_write_binary(struct scenesync_writer *writer, const void *data, size_t size);
void scenesync_write_extended(struct scenesync_writer *writer, int ext, const void *data, size_t size);
void scenesync_write_list(struct scenesync_writer *writer, size_t count); // then `count` items
void scenesync_write_map(struct scenesync_writer *writer, size_t count);  // then `count` times a string and an item

// scenesync_writer_take gives what was written since the last call; it is the writer's and lives until the writer is destroyed.
// Errors: false when memory was denied.
bool scenesync_writer_take(struct scenesync_writer *writer, struct scenesync_bytes *value);

#endif
