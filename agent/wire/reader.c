// SPDX-License-Identifier: Apache-2.0
#include "wire/reader.h"

#include <string.h>

struct ss_reader ss_reader_of(struct ss_slice bytes) {
    return (struct ss_reader){bytes.data, bytes.data ? bytes.data + bytes.len : NULL};
}

static size_t left(const struct ss_reader *reader) { return (size_t)(reader->end - reader->at); }

static bool big_endian(struct ss_reader *reader, unsigned size, uint64_t *number) {
    if (left(reader) < size) {
        return false;
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < size; i++) {
        sum = sum << 8 | reader->at[i];
    }
    reader->at += size;
    *number = sum;
    return true;
}

static bool read_bytes(struct ss_reader *reader, enum ss_item_type type, uint64_t len, struct ss_item *item) {
    if (len > left(reader)) {
        return false;
    }
    item->type = type;
    item->bytes = (struct ss_slice){reader->at, (size_t)len};
    reader->at += len;
    return true;
}

static bool read_sized(struct ss_reader *reader, enum ss_item_type type, unsigned size, struct ss_item *item) {
    uint64_t len;
    return big_endian(reader, size, &len) && read_bytes(reader, type, len, item);
}

static bool read_ext(struct ss_reader *reader, uint64_t len, struct ss_item *item) {
    if (left(reader) < 1) {
        return false;
    }
    item->ext = (int8_t)*reader->at++;
    return read_bytes(reader, SS_ITEM_EXT, len, item);
}

static bool read_sized_ext(struct ss_reader *reader, unsigned size, struct ss_item *item) {
    uint64_t len;
    return big_endian(reader, size, &len) && read_ext(reader, len, item);
}

// An item takes a byte at least, so a count beyond what is left is a lie.
static bool read_container(const struct ss_reader *reader, enum ss_item_type type, uint64_t count, struct ss_item *item) {
    if (count > left(reader) / (type == SS_ITEM_MAP ? 2 : 1)) {
        return false;
    }
    item->type = type;
    item->count = (uint32_t)count;
    return true;
}

static bool read_counted(struct ss_reader *reader, enum ss_item_type type, unsigned size, struct ss_item *item) {
    uint64_t count;
    return big_endian(reader, size, &count) && read_container(reader, type, count, item);
}

static void set_int(struct ss_item *item, int64_t number) {
    item->type = number < 0 ? SS_ITEM_INT : SS_ITEM_UINT;
    item->sint = number;
}

static bool read_uint(struct ss_reader *reader, unsigned size, struct ss_item *item) {
    item->type = SS_ITEM_UINT;
    return big_endian(reader, size, &item->uint);
}

static bool read_int(struct ss_reader *reader, unsigned size, struct ss_item *item) {
    uint64_t raw;
    if (!big_endian(reader, size, &raw)) {
        return false;
    }
    unsigned shift = 64 - 8 * size;
    set_int(item, (int64_t)(raw << shift) >> shift);
    return true;
}

static bool read_f32(struct ss_reader *reader, struct ss_item *item) {
    uint64_t raw;
    if (!big_endian(reader, 4, &raw)) {
        return false;
    }
    uint32_t bits = (uint32_t)raw;
    item->type = SS_ITEM_F32;
    memcpy(&item->f32, &bits, sizeof bits);
    return true;
}

static bool read_f64(struct ss_reader *reader, struct ss_item *item) {
    uint64_t bits;
    if (!big_endian(reader, 8, &bits)) {
        return false;
    }
    item->type = SS_ITEM_F64;
    memcpy(&item->f64, &bits, sizeof bits);
    return true;
}

static bool read_tagged(struct ss_reader *reader, uint8_t tag, struct ss_item *item) {
    switch (tag) {
    case 0xc0: item->type = SS_ITEM_NIL; return true;
    case 0xc2:
    case 0xc3:
        item->type = SS_ITEM_BOOL;
        item->boolean = tag == 0xc3;
        return true;
    case 0xc4: return read_sized(reader, SS_ITEM_BIN, 1, item);
    case 0xc5: return read_sized(reader, SS_ITEM_BIN, 2, item);
    case 0xc6: return read_sized(reader, SS_ITEM_BIN, 4, item);
    case 0xc7: return read_sized_ext(reader, 1, item);
    case 0xc8: return read_sized_ext(reader, 2, item);
    case 0xc9: return read_sized_ext(reader, 4, item);
    case 0xca: return read_f32(reader, item);
    case 0xcb: return read_f64(reader, item);
    case 0xcc: return read_uint(reader, 1, item);
    case 0xcd: return read_uint(reader, 2, item);
    case 0xce: return read_uint(reader, 4, item);
    case 0xcf: return read_uint(reader, 8, item);
    case 0xd0: return read_int(reader, 1, item);
    case 0xd1: return read_int(reader, 2, item);
    case 0xd2: return read_int(reader, 4, item);
    case 0xd3: return read_int(reader, 8, item);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return read_ext(reader, 1ULL << (tag - 0xd4), item);
    case 0xd9: return read_sized(reader, SS_ITEM_STR, 1, item);
    case 0xda: return read_sized(reader, SS_ITEM_STR, 2, item);
    case 0xdb: return read_sized(reader, SS_ITEM_STR, 4, item);
    case 0xdc: return read_counted(reader, SS_ITEM_ARRAY, 2, item);
    case 0xdd: return read_counted(reader, SS_ITEM_ARRAY, 4, item);
    case 0xde: return read_counted(reader, SS_ITEM_MAP, 2, item);
    case 0xdf: return read_counted(reader, SS_ITEM_MAP, 4, item);
    default: return false; // c1 is never used
    }
}

bool ss_read(struct ss_reader *reader, struct ss_item *item) {
    if (left(reader) < 1) {
        return false;
    }
    uint8_t tag = *reader->at++;
    if (tag < 0x80 || tag >= 0xe0) {
        set_int(item, (int8_t)tag);
        return true;
    }
    if (tag < 0x90) {
        return read_container(reader, SS_ITEM_MAP, tag & 0x0f, item);
    }
    if (tag < 0xa0) {
        return read_container(reader, SS_ITEM_ARRAY, tag & 0x0f, item);
    }
    if (tag < 0xc0) {
        return read_bytes(reader, SS_ITEM_STR, tag & 0x1f, item);
    }
    return read_tagged(reader, tag, item);
}

// A count of what is still to come instead of recursion: nesting costs nothing, so it needs no limit here.
bool ss_skip(struct ss_reader *reader, struct ss_slice *value) {
    const uint8_t *start = reader->at;
    for (uint64_t items = 1; items > 0; items--) {
        struct ss_item item;
        if (!ss_read(reader, &item)) {
            return false;
        }
        if (item.type == SS_ITEM_ARRAY || item.type == SS_ITEM_MAP) {
            items += item.type == SS_ITEM_MAP ? 2ULL * item.count : item.count;
        }
    }
    if (value) {
        *value = (struct ss_slice){start, (size_t)(reader->at - start)};
    }
    return true;
}

bool ss_item_is_text(const struct ss_item *item, const char *text) {
    return item->type == SS_ITEM_STR && item->bytes.len == strlen(text) && memcmp(item->bytes.data, text, item->bytes.len) == 0;
}
