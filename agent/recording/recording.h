// SPDX-License-Identifier: Apache-2.0
// A session as a file. After MAGIC it is frames: a u32 length, little endian, and that many bytes of one msgpack array, whose first item is its type:
//
//   [0, 1, started, [scene, …]]                       header: version, ms since 1970, names
//   [1, at]                                           keyframe: the states that follow are all that there is
//   [2, at, scene, live, [[kind, ids, [name, …], [value, …]], …]]   change: rows of entities, as in the local link's batches, row by row
//   [3, sha256, size, offset, bytes]                  a piece of a blob that later frames name; pieces of one blob follow each other
//   [4, end, [[at, offset], …], [[sha256, offset], …]]  index: keyframes and blobs by their frames' places in the file; the last frame
//   [5, at, scene, false, …]                          state, otherwise like a change
//
// and at the end the index's place as a u64 and END. `at` is ms since the start, `scene` counts from 0. A file without an end was cut off: all whole
// frames of it count. A blob that could not be read to its end begins again when it is next named. Frames and items that are not known are passed over.
#ifndef SS_RECORDING_RECORDING_H
#define SS_RECORDING_RECORDING_H

#include "scenesync/scenesync.h"
#include "util/types.h"

#define SS_RECORDING_MAGIC "SSREC1\r\n"
#define SS_RECORDING_END "SSRECEND"

enum { SS_RECORDING_MARK = 8, SS_RECORDING_FRAME_MAX = 64 * 1024 * 1024, SS_RECORDING_SCENES = 64, SS_RECORDING_PIECE = 1024 * 1024 };
enum ss_frame_type { SS_FRAME_HEADER, SS_FRAME_KEYFRAME, SS_FRAME_CHANGE, SS_FRAME_BLOB, SS_FRAME_INDEX, SS_FRAME_STATE };

struct ss_recorded_blob;

struct ss_keyframe {
    uint64_t at;
    size_t offset;
};

// ss_recording is a file that is read; it borrows the bytes.
struct ss_recording {
    struct ss_slice bytes;
    char scenes[SS_RECORDING_SCENES][65];
    size_t scene_count;
    uint64_t started;
    uint64_t end; // ms
    bool cut;     // it has no end
    struct ss_keyframe *keyframes;
    size_t keyframe_count;
    struct ss_recorded_blob *blobs;
};

struct ss_frame {
    enum ss_frame_type type;
    struct ss_slice body; // the whole array
    uint64_t at;
    size_t scene;
    bool live;
    struct ss_sha256 sha256; // of a BLOB
    uint64_t size, offset;
    struct ss_slice piece;
};

// ss_recording_open believes nothing. Errors: false, and why, when it is no recording or nothing of it can be played. Finish it in any case.
bool ss_recording_open(struct ss_slice bytes, struct ss_recording *recording, const char **why);
void ss_recording_finish(struct ss_recording *recording);

// ss_recording_frame reads the frame at `*offset` and moves it on. Returns false at the end, and where the file is damaged.
bool ss_recording_frame(const struct ss_recording *recording, size_t *offset, struct ss_frame *frame);

// ss_recording_keyframe is the place of the last keyframe that is not after a time.
size_t ss_recording_keyframe(const struct ss_recording *recording, uint64_t at);

// ss_recording_blob finds the first frame of a blob. Returns false when the file does not have it.
bool ss_recording_blob(const struct ss_recording *recording, const struct ss_sha256 *sha256, size_t *offset);

// ss_batches is what a change says; it points into the frame's body.
struct ss_batches {
    struct scenesync_batch *items;
    struct scenesync_bytes *cells;
    size_t count;
};

// ss_batches_read reads the body of a CHANGE or STATE. Returns false when it is malformed. Finish it in any case.
bool ss_batches_read(struct ss_slice body, struct ss_batches *batches);
void ss_batches_finish(struct ss_batches *batches);

#endif
