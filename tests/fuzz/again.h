// SPDX-License-Identifier: Apache-2.0
// What all fuzz targets of wire/ do: decode; what decodes must encode, and decode to the same again.
#ifndef SS_FUZZ_AGAIN_H
#define SS_FUZZ_AGAIN_H

#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"
#include "wire/link.h"
#include "wire/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ss_uuid fuzz_uuid = {{1, 2, 3}};

static inline void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static inline struct ss_codec *fuzz_codec(int which) {
    static struct ss_codec *codecs[2];
    if (!codecs[which]) {
        must((codecs[which] = ss_codec_create()) != NULL);
    }
    return codecs[which];
}

// fuzz_again decodes `size` bytes, encodes the result, decodes and encodes that: both encodings must be the same bytes. `again` does one round
// and may fail the first time only.
static inline void fuzz_again(const uint8_t *data, size_t size, int (*again)(struct ss_slice in, struct ss_buffer *out)) {
    struct ss_buffer once, twice;
    ss_buffer_init(&once, 64 << 20);
    ss_buffer_init(&twice, 64 << 20);
    if (again(ss_slice_of(data, size), &once) == SS_WIRE_OK) {
        must(again(ss_buffer_slice(&once), &twice) == SS_WIRE_OK);
        must(ss_slice_equal(ss_buffer_slice(&once), ss_buffer_slice(&twice)));
    }
    ss_buffer_finish(&once);
    ss_buffer_finish(&twice);
}

// fuzz_unframe takes the body out of the one frame that was encoded, with or without error, and frees it.
static inline int fuzz_unframe(int error, struct ss_buffer *frame, struct ss_buffer *out) {
    struct ss_slice body;
    size_t used;
    must(error || (ss_frame_next(ss_buffer_slice(frame), &body, &used) == SS_WIRE_OK && used == frame->len));
    must(error || ss_buffer_append(out, body.data, body.len));
    ss_buffer_finish(frame);
    return error;
}

#endif
