// SPDX-License-Identifier: Apache-2.0
// What requests and notices have in common: a table of frames, and batches in columns.
#ifndef SS_WIRE_FRAME_H
#define SS_WIRE_FRAME_H

#include "wire/map.h"

// ss_frame_form is one frame: its word `t` and its keys, whose offsets count from the start of the whole struct.
struct ss_frame_form {
    const char *word;
    struct ss_map map;
};

// ss_frame_write appends a frame with its length. Errors: SS_WIRE_LIMIT above SS_MAX_FRAME or what `out` may hold.
int ss_frame_write(struct ss_codec *codec, const struct ss_map *map, const void *source, struct ss_buffer *out);

// ss_frame_type finds which of `count` forms a body is (0, which has no form, when it is none) and the value of its `id`, if it has one.
int ss_frame_type(struct ss_codec *codec, struct ss_slice body, const struct ss_frame_form *forms, size_t count, unsigned *type,
                  uint64_t *id);

// ss_frame_read reads a body into the whole struct.
int ss_frame_read(struct ss_codec *codec, struct ss_slice body, const struct ss_map *map, void *target);

// (size_t count, const struct ss_batch *): [{kind, ids, columns}…]
extern const struct ss_key_type SS_BATCHES;

#endif
