// SPDX-License-Identifier: Apache-2.0
// The commonest change, new values of fields that are there, is made in place and undone when the plan is given up.
#ifndef SS_CORE_PATCH_H
#define SS_CORE_PATCH_H

#include "core/merge.h"
#include "core/state.h"

// ss_patch_try merges in place if nothing but values changes: no field comes, goes or hides others. Returns whether it did.
// Errors: SS_ENOMEM, nothing was done.
int ss_patch_try(struct ss_core *core, struct ss_change *change, const struct ss_merge *merge, const struct ss_incoming *incoming,
                 uint32_t count, bool *done);

// ss_patch_move makes what was done in place cells of the change, as if it had been merged the other way. Errors: SS_ENOMEM.
int ss_patch_move(struct ss_core *core, struct ss_change *change);

// ss_patch_undo puts a thing back as it was. ss_patch_commit leaves it as it is; the graveyard must have room for the old values.
void ss_patch_undo(struct ss_core *core, struct ss_change *change);
void ss_patch_commit(struct ss_core *core, const struct ss_change *change);

#endif
