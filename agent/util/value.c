// SPDX-License-Identifier: Apache-2.0
#include "util/value.h"

#include <string.h>

#include "util/bytes.h"

bool ss_value_is_nil(struct ss_slice value) { return value.len == 1 && value.data[0] == 0xc0; }
bool ss_value_is_true(struct ss_slice value) { return value.len == 1 && value.data[0] == 0xc3; }

// One element's head: what it is, how many bytes or items follow it.
struct ss_head {
    enum ss_shape { SS_SCALAR, SS_TEXT, SS_BIN, SS_EXT, SS_LIST, SS_MAP } shape;
    uint64_t count; // payload bytes; items of a list, pairs of a map
    uint64_t number;
    bool is_uint;
};

// ss_sized reads the big-endian length of `bytes` bytes after the first byte.
static size_t ss_sized(struct ss_slice value, size_t bytes, uint64_t *length) {
    if (value.len < 1 + bytes)
        return 0;
    *length = ss_load_be(value.data + 1, bytes);
    return 1 + bytes;
}

static size_t ss_head_sized(struct ss_slice value, size_t bytes, enum ss_shape shape, size_t extra, struct ss_head *head) {
    size_t used = ss_sized(value, bytes, &head->count);
    head->shape = shape;
    head->count += extra;
    return used;
}

// Scalars: `count` bytes of payload follow the first byte.
static size_t ss_head_scalar(struct ss_slice value, uint8_t first, struct ss_head *head) {
    static const uint8_t widths[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8}; // ca … d3
    head->shape = SS_SCALAR;
    if (first < 0xca || first > 0xd3)
        return first == 0xc1 ? 0 : 1;
    head->count = widths[first - 0xca];
    head->is_uint = first >= 0xcc && first <= 0xcf;
    if (head->is_uint && ss_sized(value, (size_t)head->count, &head->number) == 0)
        return 0;
    return 1;
}

static size_t ss_head_long(struct ss_slice value, uint8_t first, struct ss_head *head) {
    switch (first) {
    case 0xc4:
    case 0xc5:
    case 0xc6: return ss_head_sized(value, (size_t)1 << (first - 0xc4), SS_BIN, 0, head);
    case 0xc7:
    case 0xc8:
    case 0xc9: return ss_head_sized(value, (size_t)1 << (first - 0xc7), SS_EXT, 1, head);
    case 0xd9:
    case 0xda:
    case 0xdb: return ss_head_sized(value, (size_t)1 << (first - 0xd9), SS_TEXT, 0, head);
    case 0xdc:
    case 0xdd: return ss_head_sized(value, (size_t)2 << (first - 0xdc), SS_LIST, 0, head);
    case 0xde:
    case 0xdf: return ss_head_sized(value, (size_t)2 << (first - 0xde), SS_MAP, 0, head);
    default: return ss_head_scalar(value, first, head);
    }
}

// ss_head_read returns the bytes of the head, 0 when it is malformed.
static size_t ss_head_read(struct ss_slice value, struct ss_head *head) {
    *head = (struct ss_head){.shape = SS_SCALAR};
    if (value.len == 0)
        return 0;
    const uint8_t first = value.data[0];
    if (first < 0x80) {
        head->is_uint = true;
        head->number = first;
    } else if (first < 0x90) {
        head->shape = SS_MAP;
        head->count = first & 0x0f;
    } else if (first < 0xa0) {
        head->shape = SS_LIST;
        head->count = first & 0x0f;
    } else if (first < 0xc0) {
        head->shape = SS_TEXT;
        head->count = first & 0x1f;
    } else if (first >= 0xd4 && first <= 0xd8) {
        head->shape = SS_EXT;
        head->count = 1 + ((uint64_t)1 << (first - 0xd4));
    } else if (first < 0xe0) {
        return ss_head_long(value, first, head);
    }
    return 1;
}

// ss_value_length returns the bytes of the first value in `value`, 0 when it is malformed or nested deeper than `depth`.
static size_t ss_value_length(struct ss_slice value, unsigned depth) {
    struct ss_head head;
    size_t used = ss_head_read(value, &head);
    if (used == 0)
        return 0;
    if (head.shape != SS_LIST && head.shape != SS_MAP)
        return head.count <= value.len - used ? used + (size_t)head.count : 0;
    if (depth == 0)
        return 0;
    for (uint64_t left = head.shape == SS_MAP ? head.count * 2 : head.count; left > 0; left--) {
        size_t item = ss_value_length(ss_slice_of(value.data + used, value.len - used), depth - 1);
        if (item == 0)
            return 0;
        used += item;
    }
    return used;
}

bool ss_value_well_formed(struct ss_slice value, unsigned max_depth) {
    return value.len > 0 && ss_value_length(value, max_depth) == value.len;
}

bool ss_value_text(struct ss_slice value, struct ss_slice *text) {
    struct ss_head head;
    size_t used = ss_head_read(value, &head);
    if (used == 0 || head.shape != SS_TEXT || head.count != value.len - used)
        return false;
    *text = ss_slice_of(value.data + used, value.len - used);
    return true;
}

// What a map says of blobs, gathered key by key.
struct ss_blob_map {
    bool paged, hashed, sized, bad;
    struct ss_slice pages; // the list's encoding
    const struct ss_sha256 *sha256;
    uint64_t page, size;
};

static void ss_blob_key(struct ss_blob_map *map, struct ss_slice key, struct ss_slice value) {
    struct ss_head head;
    size_t used = ss_head_read(value, &head);
    if (ss_slice_equal(key, ss_slice_text("sha256"))) {
        map->hashed = true;
        map->bad |= head.shape != SS_BIN || head.count != 32;
        map->sha256 = (const struct ss_sha256 *)(const void *)(value.data + used);
    } else if (ss_slice_equal(key, ss_slice_text("size"))) {
        map->sized = true;
        map->bad |= !head.is_uint;
        map->size = head.number;
    } else if (ss_slice_equal(key, ss_slice_text("page"))) {
        map->bad |= !head.is_uint || head.number == 0;
        map->page = head.number;
    } else if (ss_slice_equal(key, ss_slice_text("pages"))) {
        map->paged = true;
        map->bad |= head.shape != SS_LIST;
        map->pages = value;
    }
}

// ss_blob_map_read returns 1 for a map that may name blobs, 0 for any other value, -1 for a malformed one.
static int ss_blob_map_read(struct ss_slice value, struct ss_blob_map *map) {
    struct ss_head head;
    size_t used = ss_head_read(value, &head);
    if (used == 0)
        return -1;
    if (head.shape != SS_MAP)
        return 0;
    for (uint64_t i = 0; i < head.count; i++) {
        struct ss_slice rest = ss_slice_of(value.data + used, value.len - used);
        size_t key_len = ss_value_length(rest, 0);
        size_t item_len = key_len > 0 ? ss_value_length(ss_slice_of(rest.data + key_len, rest.len - key_len), 16) : 0;
        if (item_len == 0)
            return -1;
        struct ss_slice key;
        if (ss_value_text(ss_slice_of(rest.data, key_len), &key))
            ss_blob_key(map, key, ss_slice_of(rest.data + key_len, item_len));
        used += key_len + item_len;
    }
    return map->sized && (map->hashed || map->paged) ? 1 : 0;
}

typedef void ss_each_blob(void *context, const struct ss_sha256 *sha256, uint64_t size);

static int ss_blob_pages(const struct ss_blob_map *map, ss_each_blob *each, void *context) {
    struct ss_head head;
    size_t used = ss_head_read(map->pages, &head);
    const uint64_t wanted = map->page == 0 ? UINT64_MAX : map->size / map->page + (map->size % map->page != 0);
    if (head.count != wanted || map->pages.len != used + head.count * 34)
        return -1;
    for (const uint8_t *page = map->pages.data + used; page < map->pages.data + map->pages.len; page += 34) {
        if (page[0] != 0xc4 || page[1] != 32)
            return -1;
    }
    for (uint64_t i = 0; i < head.count; i++) {
        const uint64_t left = map->size - i * map->page;
        struct ss_sha256 sha256;
        memcpy(sha256.b, map->pages.data + used + i * 34 + 2, sizeof sha256.b);
        each(context, &sha256, left < map->page ? left : map->page);
    }
    return (int)head.count;
}

int ss_value_blobs(struct ss_slice value, ss_each_blob *each, void *context) {
    struct ss_blob_map map = {0};
    int found = ss_blob_map_read(value, &map);
    if (found <= 0)
        return found;
    if (map.bad)
        return -1;
    if (map.paged)
        return ss_blob_pages(&map, each, context);
    each(context, map.sha256, map.size);
    return 1;
}
