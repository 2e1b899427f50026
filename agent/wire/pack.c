// SPDX-License-Identifier: Apache-2.0
#include "wire/pack.h"

#include <math.h>
#include <msgpack.h>
#include <string.h>

static int write(void *buffer, const char *data, size_t len) { return ss_buffer_append(buffer, data, len) ? 0 : -1; }

static msgpack_packer packer(struct ss_buffer *out) { return (msgpack_packer){out, write}; }

void ss_pack_nil(struct ss_buffer *out) {
    msgpack_packer to = packer(out);
    msgpack_pack_nil(&to);
}

void ss_pack_bool(struct ss_buffer *out, bool value) {
    msgpack_packer to = packer(out);
    value ? msgpack_pack_true(&to) : msgpack_pack_false(&to);
}

void ss_pack_uint(struct ss_buffer *out, uint64_t value) {
    msgpack_packer to = packer(out);
    msgpack_pack_uint64(&to, value);
}

void ss_pack_int(struct ss_buffer *out, int64_t value) {
    msgpack_packer to = packer(out);
    msgpack_pack_int64(&to, value);
}

void ss_pack_array(struct ss_buffer *out, size_t count) {
    msgpack_packer to = packer(out);
    msgpack_pack_array(&to, count);
}

void ss_pack_map(struct ss_buffer *out, size_t count) {
    msgpack_packer to = packer(out);
    msgpack_pack_map(&to, count);
}

void ss_pack_str(struct ss_buffer *out, struct ss_slice text) {
    msgpack_packer to = packer(out);
    msgpack_pack_str(&to, text.len);
    ss_buffer_append(out, text.data, text.len);
}

void ss_pack_text(struct ss_buffer *out, const char *text) { ss_pack_str(out, (struct ss_slice){(const uint8_t *)text, strlen(text)}); }

void ss_pack_bin_head(struct ss_buffer *out, size_t len) {
    msgpack_packer to = packer(out);
    msgpack_pack_bin(&to, len);
}

void ss_pack_bin(struct ss_buffer *out, const void *data, size_t len) {
    ss_pack_bin_head(out, len);
    ss_buffer_append(out, data, len);
}

void ss_pack_ext_head(struct ss_buffer *out, int8_t type, size_t len) {
    msgpack_packer to = packer(out);
    msgpack_pack_ext(&to, len, type);
}

// The casts back compare exactly; -0.0 equals 0 and is told apart by its sign.
static bool pack_integral(struct ss_buffer *out, double value) {
    if (!(value >= -0x1p63 && value < 0x1p64) || (value == 0 && signbit(value))) {
        return false;
    }
    if (value < 0) {
        int64_t number = (int64_t)value;
        if ((double)number != value) {
            return false;
        }
        ss_pack_int(out, number);
        return true;
    }
    uint64_t number = (uint64_t)value;
    if ((double)number != value) {
        return false;
    }
    ss_pack_uint(out, number);
    return true;
}

static void pack_raw_f32(struct ss_buffer *out, float value) {
    static const uint8_t nan[] = {0xca, 0x7f, 0xc0, 0x00, 0x00};
    if (isnan(value)) {
        ss_buffer_append(out, nan, sizeof nan);
        return;
    }
    msgpack_packer to = packer(out);
    msgpack_pack_float(&to, value);
}

void ss_pack_f32(struct ss_buffer *out, float value) {
    if (!pack_integral(out, (double)value)) {
        pack_raw_f32(out, value);
    }
}

void ss_pack_f64(struct ss_buffer *out, double value) {
    if (pack_integral(out, value)) {
        return;
    }
    // Beyond FLT_MAX the conversion would be undefined.
    bool in_range = isnan(value) || isinf(value) || fabs(value) <= 0x1.fffffep127;
    if (in_range && (isnan(value) || (double)(float)value == value)) {
        pack_raw_f32(out, (float)value);
        return;
    }
    msgpack_packer to = packer(out);
    msgpack_pack_double(&to, value);
}
