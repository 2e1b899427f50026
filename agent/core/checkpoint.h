// SPDX-License-Identifier: Apache-2.0
// The checkpoint: the whole scene as a blob, named by one exact topic, for brokers that do not replay and for answers that are large.
#ifndef SS_CORE_CHECKPOINT_H
#define SS_CORE_CHECKPOINT_H

#include "core/state.h"

// ss_checkpoint_hoped_for tells whether it has what we lack.
bool ss_checkpoint_hoped_for(const struct ss_core *core);

// ss_checkpoint_wanted tells whether it is time to fetch it for that; if it will be, `wake` is no later than then.
bool ss_checkpoint_wanted(const struct ss_core *core, uint64_t *wake);

// ss_checkpoint_answer lets a large answer be the checkpoint, or wait for one that is then written.
void ss_checkpoint_answer(struct ss_core *core, struct ss_reply *reply);

// ss_checkpoint_for_waiting begins to write one when an answer waits for it.
void ss_checkpoint_for_waiting(struct ss_core *core);

// ss_checkpoint_step does what is next for an answer that waits or a checkpoint that is written; returns whether it is over.
bool ss_checkpoint_step(struct ss_core *core, struct ss_reply *reply);

// ss_checkpoint_needless says of the retained one that the broker replays everything after all: nobody will write it anew, nor must read it when
// it has grown old.
void ss_checkpoint_needless(struct ss_core *core);

// ss_checkpoint_uploaded says that the store has a blob.
void ss_checkpoint_uploaded(struct ss_core *core, const struct ss_sha256 *sha256);

#endif
