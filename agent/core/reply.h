// SPDX-License-Identifier: Apache-2.0
// Snapshots on their way out: answers to `sync`, and the checkpoint that is being written.
#ifndef SS_CORE_REPLY_H
#define SS_CORE_REPLY_H

#include "core/state.h"

// ss_reply_take starts one, a copy of what `reply` says. Errors: NULL when memory is denied.
struct ss_reply *ss_reply_take(struct ss_core *core, const struct ss_reply *reply);
void ss_reply_drop(struct ss_core *core, struct ss_reply *reply);
void ss_replies_stop(struct ss_core *core);

// ss_reply_size returns how many bytes of entities somebody with a vector lacks, roughly.
uint64_t ss_reply_size(const struct ss_core *core, const struct ss_vector *has);

// ss_reply_blob answers with a checkpoint, ss_reply_beat with nothing yet. Errors: false when memory is denied.
bool ss_reply_blob(struct ss_core *core, struct ss_reply *reply, const struct ss_blob_name *blob);
bool ss_reply_beat(struct ss_core *core, struct ss_reply *reply);

#endif
