// SPDX-License-Identifier: Apache-2.0
// Reads msgpack one item at a time, without allocating and without believing a length that the bytes do not bear out.
#ifndef SS_WIRE_READER_H
#define SS_WIRE_READER_H

#include "util/bytes.h"

enum ss_item_type {
    SS_ITEM_NIL,
    SS_ITEM_BOOL,
    SS_ITEM_UINT, // every integer ≥ 0, however it was encoded
    SS_ITEM_INT,  // integers < 0
    SS_ITEM_F32,
    SS_ITEM_F64,
    SS_ITEM_STR,
    SS_ITEM_BIN,
    SS_ITEM_EXT,
    SS_ITEM_ARRAY, // `count` items follow
    SS_ITEM_MAP,   // `count` pairs follow
};

struct ss_item {
    enum ss_item_type type;
    int8_t ext;
    uint32_t count;
    union {
        bool boolean;
        uint64_t uint;
        int64_t sint;
        float f32;
        double f64;
        struct ss_slice bytes; // STR, BIN, EXT: points into what is read
    };
};

struct ss_reader {
    const uint8_t *at;
    const uint8_t *end;
};

struct ss_reader ss_reader_of(struct ss_slice bytes);

// ss_read reads the next item (of a container its head only). Returns false when the bytes end too early, are not msgpack, or claim
// more than is there.
bool ss_read(struct ss_reader *reader, struct ss_item *item);

// ss_skip reads one whole value and gives its bytes in `value` (may be NULL). Returns false as ss_read does.
bool ss_skip(struct ss_reader *reader, struct ss_slice *value);

bool ss_item_is_text(const struct ss_item *item, const char *text);

#endif
