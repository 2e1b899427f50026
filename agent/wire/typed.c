// SPDX-License-Identifier: Apache-2.0
#include "wire/typed.h"

#include <string.h>

#include "wire/pack.h"
#include "wire/reader.h"

size_t ss_element_size(int8_t ext) {
    static const uint8_t sizes[] = {0, 4, 8, 4, 1, 2, 8, 2};
    return ext > 0 && ext < (int8_t)sizeof sizes ? sizes[ext] : 0;
}

static uint64_t little_endian(const uint8_t *at, size_t size) {
    uint64_t sum = 0;
    for (size_t i = size; i-- > 0;) {
        sum = sum << 8 | at[i];
    }
    return sum;
}

static void put_little_endian(uint8_t *at, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(number >> (8 * i));
    }
}

static float f32_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double f64_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// IEEE 754 binary16: subnormals are multiples of 2^-24.
static float f16_of(uint32_t bits) {
    uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
    if (exponent == 0) {
        float magnitude = (float)mantissa * 0x1p-24F;
        return sign ? -magnitude : magnitude;
    }
    return f32_of(sign | (exponent == 31 ? 0xff : exponent + 112) << 23 | mantissa << 13);
}

void ss_pack_element(struct ss_buffer *out, enum ss_element element, const uint8_t *at) {
    uint64_t bits = little_endian(at, ss_element_size((int8_t)element));
    switch (element) {
    case SS_ELEMENT_F32: ss_pack_f32(out, f32_of((uint32_t)bits)); break;
    case SS_ELEMENT_F64: ss_pack_f64(out, f64_of(bits)); break;
    case SS_ELEMENT_I32: ss_pack_int(out, (int32_t)bits); break;
    case SS_ELEMENT_I64: ss_pack_int(out, (int64_t)bits); break;
    case SS_ELEMENT_F16: ss_pack_f32(out, f16_of((uint32_t)bits)); break;
    default: ss_pack_uint(out, bits); break;
    }
}

// Integers are exact in a float up to 2^24 and in a double up to 2^53; larger ones may be, and are then not worth the test.
static unsigned exact_elements(const struct ss_item *item) {
    const unsigned floats = 1U << SS_ELEMENT_F32 | 1U << SS_ELEMENT_F64;
    if (item->type == SS_ITEM_F32) {
        return floats;
    }
    if (item->type == SS_ITEM_F64) {
        return 1U << SS_ELEMENT_F64;
    }
    if (item->type == SS_ITEM_UINT && item->uint > INT64_MAX) {
        return 0;
    }
    int64_t number = item->sint;
    unsigned elements = 1U << SS_ELEMENT_I64;
    elements |= number >= INT32_MIN && number <= INT32_MAX ? 1U << SS_ELEMENT_I32 : 0;
    elements |= number >= -(1LL << 53) && number <= 1LL << 53 ? 1U << SS_ELEMENT_F64 : 0;
    elements |= number >= -(1LL << 24) && number <= 1LL << 24 ? 1U << SS_ELEMENT_F32 : 0;
    return elements;
}

static bool is_number(const struct ss_item *item) { return item->type >= SS_ITEM_UINT && item->type <= SS_ITEM_F64; }

size_t ss_number_shape(struct ss_slice value, unsigned *elements) {
    struct ss_reader reader = ss_reader_of(value);
    struct ss_item item;
    ss_read(&reader, &item);
    if (is_number(&item)) {
        *elements &= exact_elements(&item);
        return 1;
    }
    size_t width = item.type == SS_ITEM_ARRAY && item.count >= 2 ? item.count : 0;
    for (size_t i = 0; i < width; i++) {
        if (!ss_read(&reader, &item) || !is_number(&item)) {
            return 0;
        }
        *elements &= exact_elements(&item);
    }
    return width;
}

static uint64_t element_bits(enum ss_element element, const struct ss_item *item) {
    bool is_float = item->type == SS_ITEM_F32 || item->type == SS_ITEM_F64;
    if (element == SS_ELEMENT_F32) {
        float value = is_float ? item->f32 : (float)item->sint;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    if (element == SS_ELEMENT_F64) {
        double value = item->type == SS_ITEM_F32 ? (double)item->f32 : is_float ? item->f64 : (double)item->sint;
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    return item->uint;
}

void ss_put_elements(struct ss_buffer *out, enum ss_element element, struct ss_slice value) {
    struct ss_reader reader = ss_reader_of(value);
    size_t size = ss_element_size((int8_t)element);
    struct ss_item item;
    size_t count = 1;
    ss_read(&reader, &item);
    if (item.type == SS_ITEM_ARRAY) {
        count = item.count;
        ss_read(&reader, &item);
    }
    uint8_t *at = ss_buffer_reserve(out, count * size);
    if (!at) {
        return;
    }
    out->len += count * size;
    for (size_t i = 0; i < count; i++) {
        put_little_endian(at + i * size, element_bits(element, &item), size);
        if (i + 1 < count) {
            ss_read(&reader, &item);
        }
    }
}
