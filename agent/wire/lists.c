// SPDX-License-Identifier: Apache-2.0
// The sorts of key that hold several things.
#include <string.h>

#include "wire/map.h"
#include "wire/pack.h"
#include "wire/topics.h"

// `least` is the bytes that one item takes at least, so that what is allocated stays in proportion to what was sent.
static void *take_list(struct ss_codec *codec, struct ss_reader *reader, size_t size, size_t least, struct ss_list *list, int *error) {
    struct ss_item head;
    bool is_list = ss_read(reader, &head) && head.type == SS_ITEM_ARRAY;
    if (!is_list || head.count > (size_t)(reader->end - reader->at) / least) {
        *error = ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a list");
        return NULL;
    }
    void *items = ss_codec_take(codec, head.count, size);
    *error = items ? SS_WIRE_OK : SS_WIRE_MEMORY;
    *list = (struct ss_list){items ? head.count : 0, items};
    return items;
}

static bool is_empty_list(const void *field) { return ((const struct ss_list *)field)->count == 0; }

static void write_texts(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    const struct ss_list *list = field;
    ss_pack_array(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        SS_TEXT.write(out, (const struct ss_slice *)list->items + i, key);
    }
}

static int read_texts(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    int error;
    struct ss_list *list = field;
    struct ss_slice *items = take_list(codec, reader, sizeof *items, 1, list, &error);
    for (size_t i = 0; !error && i < list->count; i++) {
        error = SS_TEXT.read(codec, reader, &items[i], key);
    }
    return error;
}

const struct ss_key_type SS_TEXTS = {write_texts, read_texts, is_empty_list};

static void write_bins(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    const struct ss_list *list = field;
    ss_pack_array(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ss_pack_bin(out, (const uint8_t *)list->items + i * key->size, key->size);
    }
}

static int read_bins(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    int error;
    struct ss_list *list = field;
    uint8_t *items = take_list(codec, reader, key->size, key->size + 2, list, &error);
    for (size_t i = 0; !error && i < list->count; i++) {
        error = SS_BYTES.read(codec, reader, items + i * key->size, key);
    }
    return error;
}

const struct ss_key_type SS_BINS = {write_bins, read_bins, is_empty_list};

static void write_nested(struct ss_buffer *out, const void *field, const struct ss_key *key) { ss_map_write(out, key->details, field); }

static int read_nested(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    return ss_map_read(codec, reader, key->details, field);
}

const struct ss_key_type SS_NESTED = {write_nested, read_nested, NULL};

static void write_list(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    const struct ss_list *list = field;
    const struct ss_map *map = key->details;
    ss_pack_array(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ss_map_write(out, map, (const uint8_t *)list->items + i * map->struct_size);
    }
}

static size_t least_size(const struct ss_map *map) {
    size_t size = 1;
    for (size_t i = 0; i < map->key_count; i++) {
        size += map->keys[i].need == SS_KEY_REQUIRED ? strlen(map->keys[i].name) + 2 : 0;
    }
    return size;
}

static int read_list(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    int error;
    struct ss_list *list = field;
    const struct ss_map *map = key->details;
    uint8_t *items = take_list(codec, reader, map->struct_size, least_size(map), list, &error);
    for (size_t i = 0; !error && i < list->count; i++) {
        error = ss_map_read(codec, reader, map, items + i * map->struct_size);
    }
    return error;
}

const struct ss_key_type SS_LIST = {write_list, read_list, is_empty_list};

enum { UUID_SIZE = sizeof(struct ss_uuid) };

static void write_uuids(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_list *list = field;
    ss_pack_bin(out, list->items, list->count * UUID_SIZE);
}

static int read_uuids(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    if (!ss_read(reader, &item) || item.type != SS_ITEM_BIN || item.bytes.len % UUID_SIZE != 0) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected bin, %d bytes for each", UUID_SIZE);
    }
    *(struct ss_list *)field = (struct ss_list){item.bytes.len / UUID_SIZE, item.bytes.data};
    return SS_WIRE_OK;
}

const struct ss_key_type SS_UUIDS = {write_uuids, read_uuids, is_empty_list};

static void write_vector(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_vector *vector = field;
    ss_pack_map(out, vector->count);
    for (size_t i = 0; i < vector->count; i++) {
        char name[17];
        ss_hex_format(vector->entries[i].from.b, sizeof vector->entries[i].from.b, name);
        ss_pack_text(out, name);
        ss_pack_uint(out, vector->entries[i].seq);
    }
}

static bool read_entry(struct ss_reader *reader, struct ss_vector_entry *entry) {
    struct ss_item name, seq;
    if (!ss_read(reader, &name) || name.type != SS_ITEM_STR || !ss_read(reader, &seq) || seq.type != SS_ITEM_UINT) {
        return false;
    }
    entry->seq = seq.uint;
    return ss_hex_parse(name.bytes, entry->from.b, sizeof entry->from.b);
}

// Sorted by origin, each once: as canonical maps are, so that nobody has to sort what a stranger sent.
static int read_vector(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item head;
    if (!ss_read(reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a map");
    }
    struct ss_vector_entry *entries = ss_codec_take(codec, head.count, sizeof *entries);
    if (!entries) {
        return SS_WIRE_MEMORY;
    }
    for (size_t i = 0; i < head.count; i++) {
        if (!read_entry(reader, &entries[i])) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected origins of 16 hex digits and numbers");
        }
        if (i > 0 && memcmp(entries[i - 1].from.b, entries[i].from.b, sizeof entries[i].from.b) >= 0) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected origins in order, each once");
        }
    }
    *(struct ss_vector *)field = (struct ss_vector){head.count, entries};
    return SS_WIRE_OK;
}

const struct ss_key_type SS_VECTOR = {write_vector, read_vector, is_empty_list};
const struct ss_key_type SS_VECTOR_KEPT = {write_vector, read_vector, NULL};
