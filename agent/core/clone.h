// SPDX-License-Identifier: Apache-2.0
// Two agents with one origin: a data directory was copied, or restored from an older copy.
#ifndef SS_CORE_CLONE_H
#define SS_CORE_CLONE_H

#include "core/state.h"

// ss_clone_leave takes a new origin and renumbers what was published since the agent started. Errors: SS_ENOMEM.
int ss_clone_leave(struct ss_core *core);

#endif
