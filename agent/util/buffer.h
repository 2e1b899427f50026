// SPDX-License-Identifier: Apache-2.0
// Bytes that grow up to a maximum. Failure is sticky: a writer appends without looking and asks `failed` once at the end.
#ifndef SS_UTIL_BUFFER_H
#define SS_UTIL_BUFFER_H

#include "util/types.h"

struct ss_buffer {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max;
    bool failed; // something did not fit or memory was denied; `len` bytes before it are intact
};

// ss_buffer_init makes an empty buffer that never grows beyond `max` bytes. It allocates nothing.
void ss_buffer_init(struct ss_buffer *buffer, size_t max);

// ss_buffer_finish frees the bytes; it accepts a zeroed buffer.
void ss_buffer_finish(struct ss_buffer *buffer);

// ss_buffer_clear empties the buffer and forgets a failure, keeping the memory.
void ss_buffer_clear(struct ss_buffer *buffer);

// ss_buffer_reserve makes room for `more` bytes after `len` and returns where they go; the caller then adds to `len` what it used.
// Errors: NULL, and `failed` set, beyond the maximum or when memory is denied.
uint8_t *ss_buffer_reserve(struct ss_buffer *buffer, size_t more);

// ss_buffer_append copies bytes to the end. Errors: as ss_buffer_reserve.
bool ss_buffer_append(struct ss_buffer *buffer, const void *data, size_t len);

struct ss_slice ss_buffer_slice(const struct ss_buffer *buffer);

#endif
