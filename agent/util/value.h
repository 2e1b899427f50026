// SPDX-License-Identifier: Apache-2.0
// Reads the few things that even code without a msgpack library must know of a value: is it nil, true, text, and which blobs does it name.
#ifndef SS_UTIL_VALUE_H
#define SS_UTIL_VALUE_H

#include "util/types.h"

bool ss_value_is_nil(struct ss_slice value);
bool ss_value_is_true(struct ss_slice value);

// ss_value_well_formed: is it exactly one msgpack value, nested at most `max_depth` deep? (Canonical or not is wire's to say.)
bool ss_value_well_formed(struct ss_slice value, unsigned max_depth);

// ss_value_text gives the bytes of a string value; false when the value is not a string.
bool ss_value_text(struct ss_slice value, struct ss_slice *text);

// ss_value_blobs calls `each` for every blob that a value names: a map with `sha256` and `size`, or a paged array
// (schemas/README.md), at the top level of the value. Returns how many, or -1 when the value looks like one but is malformed
// (`each` was then not called).
int ss_value_blobs(struct ss_slice value, void (*each)(void *context, const struct ss_sha256 *sha256, uint64_t size), void *context);

#endif
