// SPDX-License-Identifier: Apache-2.0
// A message as a table of its keys, from which it is both written and read. Tables are sorted by name, as canonical maps are.
#ifndef SS_WIRE_MAP_H
#define SS_WIRE_MAP_H

#include "wire/codec_state.h"

struct ss_key;

// ss_key_type is how one sort of key is written from and read into a field of a struct. `absent` tells whether an optional field has nothing
// to say; NULL: never.
struct ss_key_type {
    void (*write)(struct ss_buffer *out, const void *field, const struct ss_key *key);
    int (*read)(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key);
    bool (*absent)(const void *field);
};

enum ss_key_need { SS_KEY_REQUIRED, SS_KEY_OPTIONAL };

struct ss_key {
    const char *name;
    const struct ss_key_type *type;
    size_t offset; // of the field in the struct
    enum ss_key_need need;
    size_t size;         // BYTES and BINS: how many (each); TEXT and TEXTS: at most how many each
    const char *text;    // TAG: what is written
    size_t present;      // offset of a bool, not the first field, that says whether the key is there; 0: see `absent`
    const void *details; // WORD: its words; MAP and LIST: a struct ss_map
};

// ss_map is the table of a struct's keys.
struct ss_map {
    const struct ss_key *keys;
    size_t key_count;
    size_t struct_size;
};

// How a row of a table begins: {SS_MUST("name", TYPE, offset), .size = …} for a required key, SS_MAY for an optional one.
#define SS_MUST(key_name, key_type, at) .name = (key_name), .type = &(key_type), .offset = (at), .need = SS_KEY_REQUIRED
#define SS_MAY(key_name, key_type, at) .name = (key_name), .type = &(key_type), .offset = (at), .need = SS_KEY_OPTIONAL

#define SS_MAP(table, structure) \
    { (table), sizeof(table) / sizeof *(table), sizeof(structure) }

// ss_map_write appends the struct as a map. ss_map_read fills a zeroed struct from the value at `reader`; keys that the table does not have are
// skipped. Errors: as decoders, the problem names the key.
void ss_map_write(struct ss_buffer *out, const struct ss_map *map, const void *source);
int ss_map_read(struct ss_codec *codec, struct ss_reader *reader, const struct ss_map *map, void *target);

// ss_payload_write seals a struct as an MQTT payload; ss_payload_read opens one. Both begin the codec's next message.
int ss_payload_write(struct ss_codec *codec, const struct ss_map *map, const void *source, int level, struct ss_buffer *out);
int ss_payload_read(struct ss_codec *codec, struct ss_slice payload, const struct ss_map *map, void *target);

// The sorts of key, and what the field is. Where a list is (size_t count, const T *items), the field is the count and the items follow it.
extern const struct ss_key_type SS_VERSION;     // nothing: `v`, always 1
extern const struct ss_key_type SS_TAG;         // nothing: `t`
extern const struct ss_key_type SS_UINT;        // uint64_t
extern const struct ss_key_type SS_BOOL;        // bool, absent when false
extern const struct ss_key_type SS_BOOL_ON;     // bool, absent when true
extern const struct ss_key_type SS_NUMBER;      // double, absent when negative
extern const struct ss_key_type SS_TEXT;        // struct ss_slice of UTF-8, absent when empty
extern const struct ss_key_type SS_WORD;        // an enum from 0, written as one of the words of `details` (NULL-terminated)
extern const struct ss_key_type SS_BYTES;       // an array of `size` bytes
extern const struct ss_key_type SS_RAW;         // struct ss_slice of one value, checked for form only; a zeroed one is absent
extern const struct ss_key_type SS_VALUE;       // struct ss_slice of one canonical map
extern const struct ss_key_type SS_COLOUR;      // float[3]
extern const struct ss_key_type SS_TEXTS;       // list of struct ss_slice, absent when empty
extern const struct ss_key_type SS_BINS;        // list of `size` bytes each, absent when empty
extern const struct ss_key_type SS_UUIDS;       // list of 16-byte things, written as one bin, absent when empty
extern const struct ss_key_type SS_VECTOR;      // struct ss_vector, absent when empty
extern const struct ss_key_type SS_VECTOR_KEPT; // the same, written even when empty
extern const struct ss_key_type SS_NESTED;      // a struct written as a map of `details`
extern const struct ss_key_type SS_LIST;        // list of structs written as maps of `details`

// ss_list is how (size_t count, const T *items) looks to code that does not know T.
struct ss_list {
    size_t count;
    const void *items;
};

#endif
