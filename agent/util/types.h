// SPDX-License-Identifier: Apache-2.0
// The words of docs/protocol.md as C types, shared by every folder of the agent.
#ifndef SS_UTIL_TYPES_H
#define SS_UTIL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ss_slice is bytes that somebody else owns; it is valid for the call it is passed to, unless said otherwise.
struct ss_slice {
    const uint8_t *data;
    size_t len;
};

struct ss_uuid {
    uint8_t b[16];
};

// ss_origin names a data directory: 8 random bytes.
struct ss_origin {
    uint8_t b[8];
};

// ss_stamp orders all edits by memcmp: 48 bits of milliseconds since 1970, 16 of counter (big endian), then the origin.
struct ss_stamp {
    uint8_t b[16];
};

// ss_sha256 names a blob.
struct ss_sha256 {
    uint8_t b[32];
};

// ss_field is one property of an entity with the stamp of the edit that set it. `value` is canonical msgpack (schemas/README.md);
// nil (c0) removes the field.
struct ss_field {
    struct ss_slice name;
    struct ss_slice value;
    struct ss_stamp stamp;
};

// ss_entity is one entity and some or all of its fields.
struct ss_entity {
    struct ss_slice kind;
    struct ss_uuid uuid;
    size_t field_count;
    const struct ss_field *fields;
};

// ss_vector_entry is one line of a version vector: the highest seq of `from` received without a gap.
struct ss_vector_entry {
    struct ss_origin from;
    uint64_t seq;
};

struct ss_vector {
    size_t count;
    const struct ss_vector_entry *entries; // sorted by `from`
};

#endif
