// SPDX-License-Identifier: Apache-2.0
// The input is a frame without its length.
#include "again.h"

static int again(struct ss_slice in, struct ss_buffer *out) {
    struct ss_request message;
    struct ss_buffer frame;
    int error = ss_request_decode(fuzz_codec(0), in, &message);
    if (error || message.type == SS_REQUEST_UNKNOWN) {
        return SS_WIRE_MALFORMED;
    }
    ss_buffer_init(&frame, SS_MAX_FRAME + 4);
    error = ss_request_encode(fuzz_codec(1), &message, &frame);
    struct ss_slice body;
    size_t used;
    must(error || (ss_frame_next(ss_buffer_slice(&frame), &body, &used) == SS_WIRE_OK && used == frame.len));
    must(error || ss_buffer_append(out, body.data, body.len));
    ss_buffer_finish(&frame);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
