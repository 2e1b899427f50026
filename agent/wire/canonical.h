// SPDX-License-Identifier: Apache-2.0
// Makes the one encoding of a value that all agents agree on, so that copies and digests are equal byte for byte.
//
// A number with an integral value from -2^63 to 2^64-1 is the shortest integer; any other number is a 32-bit float where that is exact, else a
// 64-bit one. -0.0 is the float ca80000000, every NaN is ca7fc00000. Maps have string keys, each once, sorted by their bytes. Strings are
// valid UTF-8. Lengths have their shortest form. Typed arrays (ext 1…7) hold whole elements; other ext types are kept as they are.
#ifndef SS_WIRE_CANONICAL_H
#define SS_WIRE_CANONICAL_H

#include "wire/codec.h"

// ss_canonical appends the canonical form of the one msgpack value at the start of `value` and sets `used` to its length there (NULL:
// nothing may follow it).
// Errors: SS_WIRE_MALFORMED; SS_WIRE_LIMIT beyond SS_MAX_DEPTH or SS_MAX_VALUE; SS_WIRE_MEMORY when `out` is full or memory is denied.
int ss_canonical(struct ss_slice value, struct ss_buffer *out, size_t *used);

// ss_is_utf8 tells whether bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF).
bool ss_is_utf8(struct ss_slice text);

// ss_is_field_name: UTF-8 of 1…SS_MAX_NAME bytes without control characters.
bool ss_is_field_name(struct ss_slice name);

// ss_is_kind: 1…SS_MAX_KIND of [a-z0-9_].
bool ss_is_kind(struct ss_slice kind);

#endif
