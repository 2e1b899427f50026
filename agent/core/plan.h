// SPDX-License-Identifier: Apache-2.0
// How things change: a plan is made, which memory may deny, and committed, which cannot fail.
#ifndef SS_CORE_PLAN_H
#define SS_CORE_PLAN_H

#include "core/merge.h"
#include "core/state.h"

// ss_plan_begin starts a plan; `client` is who edits, or -1. ss_plan_abort forgets it and the effects it pushed.
void ss_plan_begin(struct ss_core *core, int client);
void ss_plan_abort(struct ss_core *core);

// ss_plan_change returns the number of the plan's change of a thing, making it. Errors: SS_NONE when memory is denied.
uint32_t ss_plan_change(struct ss_core *core, uint32_t thing);

// ss_plan_merge merges fields (sorted by name, unique) into a thing. Errors: SS_ENOMEM.
int ss_plan_merge(struct ss_core *core, uint32_t change, struct ss_incoming *incoming, uint32_t count);

// ss_change_cells returns the cells of a thing as the plan leaves them.
struct ss_cells ss_change_cells(const struct ss_core *core, const struct ss_change *change);

// ss_plan_copy gives a change its own cells, whose flags may then be set. Errors: SS_ENOMEM.
int ss_plan_copy(struct ss_core *core, uint32_t change);

// ss_plan_touch remembers that message `seq` of the origin with line `from` spoke of the thing. Errors: SS_ENOMEM.
int ss_plan_touch(struct ss_core *core, uint32_t change, uint32_t from, uint64_t seq);

// ss_plan_publish asks for a state message of one part (-1: the whole or the base) or of what changed.
void ss_plan_publish(struct ss_core *core, uint32_t change, int part);
void ss_plan_publish_changed(struct ss_core *core, uint32_t change);

// ss_plan_finish makes room for everything and pushes the records. Errors: SS_ENOMEM. After it only commit or abort.
int ss_plan_finish(struct ss_core *core);
void ss_plan_commit(struct ss_core *core);

// ss_field_part returns the part that keeps a field of an entity in parts: -1 the base.
int ss_field_part(const struct ss_core *core, uint32_t name);

#endif
