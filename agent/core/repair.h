// SPDX-License-Identifier: Apache-2.0
// The retained message of an entity is only whichever arrived last: whoever holds more republishes the whole, one at a time by rank.
#ifndef SS_CORE_REPAIR_H
#define SS_CORE_REPAIR_H

#include "core/merge.h"
#include "core/state.h"

// ss_repair_after looks at what a state message left out or had older. `forced`: republish whatever it had. (That one of ours
// is in flight says nothing: whether the broker had it before or after is not known.)
void ss_repair_after(struct ss_core *core, uint32_t thing, int part, const struct ss_incoming *incoming, uint32_t count, bool forced);

// ss_repair_whole republishes all of an entity of which the broker's copy is known to be older.
void ss_repair_whole(struct ss_core *core, uint32_t thing);

// ss_repairs_stop gives up all that was to be republished.
void ss_repairs_stop(struct ss_core *core);

// ss_rank_before tells whether a peer comes before us for an entity; all zeros is the scene.
bool ss_rank_before(const struct ss_core *core, const struct ss_uuid *uuid, const struct ss_peer *peer);

// ss_rank counts the present peers that come before us for an entity.
uint32_t ss_rank(const struct ss_core *core, const struct ss_uuid *uuid);

#endif
