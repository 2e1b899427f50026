// SPDX-License-Identifier: Apache-2.0
// The reader of recordings: whatever the bytes, it ends, and what it gives lies within them.
#include <stdlib.h>

#include "recording/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static void touch(struct ss_slice body, struct scenesync_bytes bytes) {
    must(bytes.size <= body.len && bytes.data >= body.data && bytes.data + bytes.size <= body.data + body.len);
}

static void read_batches(const struct ss_frame *frame) {
    struct ss_batches batches;
    if (ss_batches_read(frame->body, &batches)) {
        for (size_t i = 0; i < batches.count; i++) {
            const struct scenesync_batch *batch = &batches.items[i];
            must(batch->rows > 0);
            for (size_t column = 0; column < batch->columns; column++) {
                touch(frame->body, batch->names[column]);
            }
            for (size_t cell = 0; cell < batch->rows * batch->columns; cell++) {
                touch(frame->body, batch->values[cell]);
            }
        }
    }
    ss_batches_finish(&batches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ss_recording recording;
    const char *why;
    if (ss_recording_open((struct ss_slice){data, size}, &recording, &why)) {
        struct ss_frame frame;
        size_t offset, place = ss_recording_keyframe(&recording, 1000);
        while (ss_recording_frame(&recording, &place, &frame)) {
            must(place <= size);
            if (frame.type == SS_FRAME_CHANGE || frame.type == SS_FRAME_STATE) {
                read_batches(&frame);
            } else if (frame.type == SS_FRAME_BLOB && ss_recording_blob(&recording, &frame.sha256, &offset)) {
                must(offset < size);
            }
        }
    }
    ss_recording_finish(&recording);
    return 0;
}
