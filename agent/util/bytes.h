// SPDX-License-Identifier: Apache-2.0
// Comparing, hashing and reading bytes.
#ifndef SS_UTIL_BYTES_H
#define SS_UTIL_BYTES_H

#include <string.h>

#include "util/types.h"

static inline struct ss_slice ss_slice_of(const void *data, size_t len) { return (struct ss_slice){.data = data, .len = len}; }

static inline struct ss_slice ss_slice_text(const char *text) { return ss_slice_of(text, strlen(text)); }

// ss_slice_compare orders bytewise; a prefix comes before what it begins.
static inline int ss_slice_compare(struct ss_slice a, struct ss_slice b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool ss_slice_equal(struct ss_slice a, struct ss_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

// ss_text_tame makes `?` of control characters: text from others must not be able to drive the terminal or to begin a line.
static inline void ss_text_tame(char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

static inline int ss_stamp_compare(const struct ss_stamp *a, const struct ss_stamp *b) { return memcmp(a->b, b->b, sizeof a->b); }
static inline bool ss_uuid_equal(const struct ss_uuid *a, const struct ss_uuid *b) { return memcmp(a->b, b->b, sizeof a->b) == 0; }
static inline bool ss_origin_equal(const struct ss_origin *a, const struct ss_origin *b) { return memcmp(a->b, b->b, sizeof a->b) == 0; }

static inline uint64_t ss_load_be(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static inline void ss_store_be(uint8_t *to, size_t bytes, uint64_t value) {
    for (size_t i = bytes; i-- > 0; value >>= 8)
        to[i] = (uint8_t)value;
}

// ss_mix spreads the bits of a word (the finalizer of splitmix64).
static inline uint64_t ss_mix(uint64_t word) {
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9U;
    word = (word ^ word >> 27) * 0x94d049bb133111ebU;
    return word ^ word >> 31;
}

// ss_hash hashes bytes for a table; `seed` keeps strangers from choosing collisions.
static inline uint64_t ss_hash(uint64_t seed, const void *data, size_t len) {
    const uint8_t *at = data;
    uint64_t hash = seed ^ len;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = ss_mix(hash ^ word) + 0x9e3779b97f4a7c15U;
    }
    uint64_t rest = 0;
    if (len > 0)
        memcpy(&rest, at, len);
    return ss_mix(hash ^ rest);
}

#endif
