// SPDX-License-Identifier: Apache-2.0
// Catching up: who is asked, and when our knowledge of the scene counts as complete.
#ifndef SS_CORE_SYNC_H
#define SS_CORE_SYNC_H

#include "core/state.h"

// ss_sync_stop forgets the call under way, if any; `failed` lets that peer sleep for a while.
void ss_sync_stop(struct ss_core *core, bool failed);

// ss_sync_known says that our first knowledge is complete.
void ss_sync_known(struct ss_core *core);
void ss_replies_stop(struct ss_core *core);
void ss_sync_finish(struct ss_core *core);

#endif
