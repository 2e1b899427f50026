// SPDX-License-Identifier: Apache-2.0
// State messages on their way: each has a seq and a durable record until the broker has it.
#ifndef SS_CORE_OUTBOX_H
#define SS_CORE_OUTBOX_H

#include "core/plan.h"

// ss_outbox_plan gives a change the seqs it needs and pushes their records. Errors: SS_ENOMEM.
int ss_outbox_plan(struct ss_core *core, uint32_t change);

// ss_outbox_commit queues what ss_outbox_plan prepared; `seq` counts through the plan's.
void ss_outbox_commit(struct ss_core *core, const struct ss_change *change, uint64_t *seq);

// ss_outbox_restore takes an entry back from its record. Errors: SS_ENOMEM. ss_outbox_start puts them in order.
int ss_outbox_restore(struct ss_core *core, uint64_t seq, uint32_t thing, int part);
void ss_outbox_start(struct ss_core *core);

// ss_outbox_mark says of a thing's part whether something waits that will carry its newest values.
void ss_outbox_mark(struct ss_core *core, const struct ss_outgoing *entry, bool queued);

// ss_outbox_again makes all that flew wait again: the connection is gone.
void ss_outbox_again(struct ss_core *core);

// ss_outbox_pump publishes what may be published. What memory denies is tried again.
void ss_outbox_pump(struct ss_core *core);

// ss_outbox_shed gives up what others have edited and we were to say again. Errors: SS_ENOMEM.
int ss_outbox_shed(struct ss_core *core);

// ss_outbox_published takes the broker's word for a message. Errors: SS_ENOMEM.
int ss_outbox_published(struct ss_core *core, uint64_t token);

#endif
