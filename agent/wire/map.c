// SPDX-License-Identifier: Apache-2.0
#include "wire/map.h"

#include <string.h>

#include "wire/pack.h"

static const void *field_of(const void *source, const struct ss_key *key) { return (const uint8_t *)source + key->offset; }

static bool is_written(const void *source, const struct ss_key *key) {
    if (key->present) {
        return *((const bool *)source + key->present);
    }
    return key->need == SS_KEY_REQUIRED || !key->type->absent || !key->type->absent(field_of(source, key));
}

void ss_map_write(struct ss_buffer *out, const struct ss_map *map, const void *source) {
    size_t count = 0;
    for (size_t i = 0; i < map->key_count; i++) {
        count += is_written(source, &map->keys[i]);
    }
    ss_pack_map(out, count);
    for (size_t i = 0; i < map->key_count; i++) {
        const struct ss_key *key = &map->keys[i];
        if (is_written(source, key)) {
            ss_pack_text(out, key->name);
            key->type->write(out, field_of(source, key), key);
        }
    }
}

static const struct ss_key *find_key(const struct ss_map *map, const struct ss_item *name) {
    for (size_t i = 0; i < map->key_count; i++) {
        if (ss_item_is_text(name, map->keys[i].name)) {
            return &map->keys[i];
        }
    }
    return NULL;
}

static struct ss_slice name_of(const struct ss_key *key) { return (struct ss_slice){(const uint8_t *)key->name, strlen(key->name)}; }

static int read_pair(struct ss_codec *codec, struct ss_reader *reader, const struct ss_map *map, void *target, uint64_t *seen) {
    struct ss_item name;
    if (!ss_read(reader, &name) || name.type != SS_ITEM_STR) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a map with names as keys");
    }
    const struct ss_key *key = find_key(map, &name);
    if (!key) {
        return ss_skip(reader, NULL) ? SS_WIRE_OK : ss_codec_fail(codec, SS_WIRE_MALFORMED, "cut short or not msgpack");
    }
    uint64_t bit = 1ULL << (key - map->keys);
    if (*seen & bit) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "%s: given twice", key->name);
    }
    *seen |= bit;
    if (key->present) {
        *((bool *)target + key->present) = true;
    }
    int error = key->type->read(codec, reader, (uint8_t *)target + key->offset, key);
    return error ? ss_codec_within(codec, error, name_of(key)) : SS_WIRE_OK;
}

int ss_map_read(struct ss_codec *codec, struct ss_reader *reader, const struct ss_map *map, void *target) {
    struct ss_item head;
    if (!ss_read(reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a map");
    }
    uint64_t seen = 0;
    for (uint32_t i = 0; i < head.count; i++) {
        int error = read_pair(codec, reader, map, target, &seen);
        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < map->key_count; i++) {
        if (map->keys[i].need == SS_KEY_REQUIRED && !(seen >> i & 1)) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "%s: missing", map->keys[i].name);
        }
    }
    return SS_WIRE_OK;
}

int ss_payload_write(struct ss_codec *codec, const struct ss_map *map, const void *source, int level, struct ss_buffer *out) {
    ss_codec_begin(codec);
    ss_map_write(&codec->plain, map, source);
    return ss_codec_seal(codec, level, out);
}

int ss_payload_read(struct ss_codec *codec, struct ss_slice payload, const struct ss_map *map, void *target) {
    ss_codec_begin(codec);
    struct ss_slice plain;
    int error = ss_codec_open(codec, payload, &plain);
    if (error) {
        return error;
    }
    struct ss_reader reader = ss_reader_of(plain);
    error = ss_map_read(codec, &reader, map, target);
    if (!error && reader.at != reader.end) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "bytes follow the message");
    }
    return error;
}
