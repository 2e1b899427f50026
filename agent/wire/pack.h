// SPDX-License-Identifier: Apache-2.0
// Appends msgpack to a buffer in its shortest form. Failure shows in the buffer.
#ifndef SS_WIRE_PACK_H
#define SS_WIRE_PACK_H

#include "util/buffer.h"

void ss_pack_nil(struct ss_buffer *out);
void ss_pack_bool(struct ss_buffer *out, bool value);
void ss_pack_uint(struct ss_buffer *out, uint64_t value);
void ss_pack_int(struct ss_buffer *out, int64_t value);
void ss_pack_array(struct ss_buffer *out, size_t count);
void ss_pack_map(struct ss_buffer *out, size_t count);
void ss_pack_str(struct ss_buffer *out, struct ss_slice text);
void ss_pack_text(struct ss_buffer *out, const char *text);
void ss_pack_bin(struct ss_buffer *out, const void *data, size_t len);
void ss_pack_bin_head(struct ss_buffer *out, size_t len);
void ss_pack_ext_head(struct ss_buffer *out, int8_t type, size_t len);

// ss_pack_f32 and ss_pack_f64 append the one canonical encoding of a number (wire/canonical.h), which may be an integer.
void ss_pack_f32(struct ss_buffer *out, float value);
void ss_pack_f64(struct ss_buffer *out, double value);

#endif
