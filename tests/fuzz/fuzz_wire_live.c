// SPDX-License-Identifier: Apache-2.0
#include "again.h"

struct pieces {
    struct ss_buffer *out;
    int count;
};

static int keep(void *context, struct ss_slice payload) {
    struct pieces *pieces = context;
    pieces->count++;
    return ss_buffer_append(pieces->out, payload.data, payload.len) ? SS_WIRE_OK : SS_WIRE_MEMORY;
}

// A batch that takes several payloads is not compared: each of them would be a message of its own.
static int again(struct ss_slice in, struct ss_buffer *out) {
    struct ss_ev_live live;
    struct pieces pieces = {out, 0};
    int error = ss_live_decode(fuzz_codec(0), ss_slice_text("object"), in, &live);
    error = error ? error : ss_live_encode(fuzz_codec(1), &live.from, &live.batch, live.stamps, keep, &pieces);
    return !error && pieces.count > 1 ? SS_WIRE_LIMIT : error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
