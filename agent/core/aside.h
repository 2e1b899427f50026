// SPDX-License-Identifier: Apache-2.0
// Stamps ahead of time: over five minutes they wait until they are due, over a day they are refused.
#ifndef SS_CORE_ASIDE_H
#define SS_CORE_ASIDE_H

#include "core/merge.h"
#include "core/state.h"

enum ss_aside_result { SS_ASIDE_NO, SS_ASIDE_TAKEN, SS_ASIDE_REFUSED, SS_ASIDE_NO_MEMORY };

// ss_aside_check takes or refuses an entity with a stamp that is ahead of its time.
enum ss_aside_result ss_aside_check(struct ss_core *core, const struct ss_entity *entity, const struct ss_incoming *incoming,
                                    uint32_t count);

#endif
