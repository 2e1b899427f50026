// SPDX-License-Identifier: Apache-2.0
#include "again.h"

static int again(struct ss_slice in, struct ss_buffer *out) {
    struct ss_ev_checkpoint message;
    int error = ss_checkpoint_decode(fuzz_codec(0), in, &message);
    return error ? error : ss_checkpoint_encode(fuzz_codec(1), &message, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
