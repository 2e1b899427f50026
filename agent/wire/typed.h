// SPDX-License-Identifier: Apache-2.0
// Typed arrays: msgpack ext 1 f32, 2 f64, 3 i32, 4 u8, 5 u16, 6 i64, 7 f16, little endian.
#ifndef SS_WIRE_TYPED_H
#define SS_WIRE_TYPED_H

#include "util/buffer.h"

enum ss_element { SS_ELEMENT_F32 = 1, SS_ELEMENT_F64, SS_ELEMENT_I32, SS_ELEMENT_U8, SS_ELEMENT_U16, SS_ELEMENT_I64, SS_ELEMENT_F16 };

// ss_element_size returns the bytes of one element, 0 for an ext type that is not a typed array.
size_t ss_element_size(int8_t ext);

// ss_pack_element appends the canonical encoding of the number at `at`.
void ss_pack_element(struct ss_buffer *out, enum ss_element element, const uint8_t *at);

// ss_number_shape looks at a canonical value: 1 for a number, n ≥ 2 for an array of n numbers, 0 for anything else. Elements that hold
// each of its numbers exactly stay set in `elements` (bit 1 << element), the others are cleared.
size_t ss_number_shape(struct ss_slice value, unsigned *elements);

// ss_put_elements appends the numbers of such a value as elements.
void ss_put_elements(struct ss_buffer *out, enum ss_element element, struct ss_slice value);

#endif
