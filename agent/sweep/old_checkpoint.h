// SPDX-License-Identifier: Apache-2.0
// What a file of the store says of itself, if it is a checkpoint (edges/snapshot.c writes them).
#ifndef SS_SWEEP_OLD_CHECKPOINT_H
#define SS_SWEEP_OLD_CHECKPOINT_H

#include "util/buffer.h"
#include "wire/codec.h"
#include "wire/topics.h"

struct ss_old_checkpoint {
    char scene[SS_MAX_SCENE + 1];
    struct ss_vector vector; // what it has; until the codec decodes again
};

// ss_old_checkpoint_read tells whether an open file is a whole checkpoint that says of which scene it is. `bytes`, for at least SS_MAX_MESSAGE, is room for what is read.
bool ss_old_checkpoint_read(int file, struct ss_codec *codec, struct ss_buffer *bytes, struct ss_old_checkpoint *checkpoint);

#endif
