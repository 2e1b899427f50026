// SPDX-License-Identifier: Apache-2.0
// Random msgpack values in random exact encodings: what a stranger may send.
#ifndef SS_TESTS_RANDOM_VALUE_H
#define SS_TESTS_RANDOM_VALUE_H

#include "wire/pack.h"
#include "wire_util.h"

#include <math.h>

static inline void put_byte(struct ss_buffer *out, unsigned byte) {
    uint8_t value = (uint8_t)byte;
    ss_buffer_append(out, &value, 1);
}

static inline void put_be(struct ss_buffer *out, uint64_t number, unsigned size) {
    for (unsigned i = size; i-- > 0;) {
        put_byte(out, (unsigned)(number >> (8 * i)) & 0xff);
    }
}

static inline void put_f64(struct ss_buffer *out, double number) {
    uint64_t bits;
    memcpy(&bits, &number, 8);
    put_byte(out, 0xcb);
    put_be(out, bits, 8);
}

static inline void put_f32(struct ss_buffer *out, float number) {
    uint32_t bits;
    memcpy(&bits, &number, 4);
    put_byte(out, 0xca);
    put_be(out, bits, 4);
}

// An integer in any width that holds it, or as a float where that is exact.
static inline void put_any_integer(uint64_t *random, struct ss_buffer *out) {
    int64_t number = (int64_t)random_next(random) >> random_below(random, 64);
    unsigned width = (unsigned)random_below(random, 4);
    if (width == 3 && number >= -(1 << 24) && number <= 1 << 24) {
        put_f32(out, (float)number);
    } else if (width == 2 && number >= -(1LL << 53) && number <= 1LL << 53) {
        put_f64(out, (double)number);
    } else if (width == 1 && number >= 0) {
        put_byte(out, 0xcf);
        put_be(out, (uint64_t)number, 8);
    } else {
        put_byte(out, 0xd3);
        put_be(out, (uint64_t)number, 8);
    }
}

static inline void put_any_number(uint64_t *random, struct ss_buffer *out) {
    static const double edges[] = {0.0,    -0.0, 1e300, -0x1p63, 0x1p63,   0x1p64,    0x1p24, 16777217.0,
                                   0x1p53, 0.1,  1e-40, 5e-324,  INFINITY, -INFINITY, NAN};
    switch (random_below(random, 4)) {
    case 0: put_any_integer(random, out); break;
    case 1: put_f32(out, (float)((double)random_below(random, 100000) / 7 - 5000)); break;
    case 2: put_f64(out, (double)random_next(random) / 3e15 - 1000); break;
    default: put_f64(out, edges[random_below(random, sizeof edges / sizeof *edges)]); break;
    }
}

static inline void put_any_string(uint64_t *random, struct ss_buffer *out, unsigned salt) {
    static const char *const words[] = {
        "", "a", "location", "ключ", "鍵/\xf0\x9f\x94\x91", "name with spaces, longer than thirty-one bytes"};
    char text[96];
    int len = snprintf(text, sizeof text, "%s%u", words[random_below(random, 6)], salt);
    put_byte(out, 0xda); // never the shortest
    put_be(out, (uint64_t)len, 2);
    ss_buffer_append(out, text, (size_t)len);
}

static inline void put_any_value(uint64_t *random, struct ss_buffer *out, unsigned depth);

static inline void put_any_container(uint64_t *random, struct ss_buffer *out, unsigned depth) {
    unsigned count = (unsigned)random_below(random, 5);
    bool map = random_below(random, 2);
    put_byte(out, map ? 0xdf : 0xdd);
    put_be(out, count, 4);
    for (unsigned i = 0; i < count; i++) {
        if (map) {
            put_any_string(random, out, 100 + (i * 37) % 64); // different keys, in no order
        }
        put_any_value(random, out, depth + 1);
    }
}

static inline void put_any_value(uint64_t *random, struct ss_buffer *out, unsigned depth) {
    uint8_t bytes[24];
    random_bytes(random, bytes, sizeof bytes);
    switch (random_below(random, depth < 4 ? 9 : 7)) {
    case 0: ss_pack_nil(out); break;
    case 1: ss_pack_bool(out, random_below(random, 2)); break;
    case 2: put_any_string(random, out, (unsigned)random_below(random, 100)); break;
    case 3: ss_pack_bin(out, bytes, random_below(random, sizeof bytes)); break;
    case 4:
        put_byte(out, 0xc8);
        put_be(out, 16, 2);
        put_byte(out, 1 + (unsigned)random_below(random, 7));
        ss_buffer_append(out, bytes, 16);
        break;
    case 5:
    case 6: put_any_number(random, out); break;
    default: put_any_container(random, out, depth); break;
    }
}

#endif
