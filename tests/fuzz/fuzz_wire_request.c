// SPDX-License-Identifier: Apache-2.0
#include "again.h"

static int again(struct ss_slice in, struct ss_buffer *out) {
    struct ss_request message;
    struct ss_slice body;
    size_t used;
    int error = ss_frame_next(in, &body, &used);
    if (error || used != in.len) {
        return SS_WIRE_MALFORMED;
    }
    error = ss_request_decode(fuzz_codec(0), body, &message);
    bool known = message.type != SS_REQUEST_UNKNOWN;
    return error ? error : known ? ss_request_encode(fuzz_codec(1), &message, out) : SS_WIRE_MALFORMED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
