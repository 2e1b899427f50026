// SPDX-License-Identifier: Apache-2.0
// What the tests of wire/ share: hex, files, a repeatable stream of random numbers.
#ifndef SS_TESTS_WIRE_UTIL_H
#define SS_TESTS_WIRE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/buffer.h"
#include "util/bytes.h"
#include "wire/codec.h"

// random_next is splitmix64: the same sequence for the same seed everywhere.
static inline uint64_t random_next(uint64_t *state) { return ss_mix(*state += 0x9e3779b97f4a7c15U); }

static inline uint64_t random_below(uint64_t *state, uint64_t limit) { return random_next(state) % limit; }

static inline void random_bytes(uint64_t *state, void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)random_next(state);
    }
}

static inline void assert_slices_equal(struct ss_slice a, struct ss_slice b) {
    assert_int_equal(a.len, b.len);
    if (a.len > 0) {
        assert_memory_equal(a.data, b.data, a.len);
    }
}

#endif
