// SPDX-License-Identifier: Apache-2.0
#include "util/buffer.h"

#include <stdlib.h>
#include <string.h>

void ss_buffer_init(struct ss_buffer *buffer, size_t max) { *buffer = (struct ss_buffer){.max = max}; }

void ss_buffer_finish(struct ss_buffer *buffer) {
    free(buffer->data);
    *buffer = (struct ss_buffer){0};
}

void ss_buffer_clear(struct ss_buffer *buffer) {
    buffer->len = 0;
    buffer->failed = false;
}

// Doubles from 256 bytes, so that appending n bytes costs O(n) copies.
static bool grow(struct ss_buffer *buffer, size_t need) {
    size_t capacity = buffer->capacity > 128 ? buffer->capacity : 128;
    while (capacity < need) {
        capacity = capacity > buffer->max / 2 ? buffer->max : capacity * 2;
    }
    uint8_t *data = realloc(buffer->data, capacity);
    if (data) {
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return data != NULL;
}

uint8_t *ss_buffer_reserve(struct ss_buffer *buffer, size_t more) {
    bool fits = !buffer->failed && more <= buffer->max - buffer->len;
    if (!fits || (more > buffer->capacity - buffer->len && !grow(buffer, buffer->len + more))) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->data + buffer->len;
}

bool ss_buffer_append(struct ss_buffer *buffer, const void *data, size_t len) {
    if (len == 0) {
        return !buffer->failed;
    }
    uint8_t *at = ss_buffer_reserve(buffer, len);
    if (at) {
        memcpy(at, data, len);
        buffer->len += len;
    }
    return at != NULL;
}

struct ss_slice ss_buffer_slice(const struct ss_buffer *buffer) {
    return (struct ss_slice){buffer->data, buffer->len};
}
