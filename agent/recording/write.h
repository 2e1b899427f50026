// SPDX-License-Identifier: Apache-2.0
// A recording that is being made.
#ifndef SS_RECORDING_WRITE_H
#define SS_RECORDING_WRITE_H

#include <stdio.h>

#include "cli/replica.h"
#include "recording/recording.h"
#include "util/buffer.h"

struct ss_written_blob;

// ss_writing is zeroed, then begun. Failures to write show in `file`.
struct ss_writing {
    FILE *file;
    uint64_t size; // of the file
    struct ss_buffer frame;
    struct ss_buffer change; // a frame that waits for the blobs that it names
    struct ss_keyframe *keyframes;
    size_t keyframe_count;
    struct ss_written_blob *blobs; // in the order of the file
    uint64_t changes, blob_count;
};

// ss_writing_begin makes the file, which must not be there. Errors: false, errno says why.
bool ss_writing_begin(struct ss_writing *writing, const char *path, uint64_t started, char *const *scenes, size_t count);

void ss_writing_keyframe(struct ss_writing *writing, uint64_t at);
void ss_writing_state(struct ss_writing *writing, uint64_t at, size_t scene, const struct ss_replica *replica);

// ss_writing_change keeps a change until ss_writing_put, so that the blobs that it names can be written first.
void ss_writing_change(struct ss_writing *writing, uint64_t at, size_t scene, const struct scenesync_change *change);
void ss_writing_put(struct ss_writing *writing);

// ss_writing_has tells whether a blob is in the file. ss_writing_blob puts it there, all of a file. Errors: false when it cannot be
// read or is empty; the next try begins the blob again.
bool ss_writing_has(const struct ss_writing *writing, const struct ss_sha256 *sha256);
bool ss_writing_blob(struct ss_writing *writing, const struct ss_sha256 *sha256, FILE *from);

// ss_writing_end writes the index and closes the file. Returns false when any of it could not be written.
bool ss_writing_end(struct ss_writing *writing, uint64_t at);

#endif
