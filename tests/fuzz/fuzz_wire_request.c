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
    return fuzz_unframe(ss_request_encode(fuzz_codec(1), &message, &frame), &frame, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
