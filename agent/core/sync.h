// SPDX-License-Identifier: Apache-2.0
// Catching up: who is asked, and when our knowledge of the scene counts as complete.
#ifndef SS_CORE_SYNC_H
#define SS_CORE_SYNC_H

#include "core/state.h"

// ss_sync_stop forgets the call under way, if any; `failed` lets that peer sleep for a while.
void ss_sync_stop(struct ss_core *core, bool failed);

// ss_sync_fetch has a snapshot fetched and read, as an answer of `from`. Errors: false when memory is denied.
bool ss_sync_fetch(struct ss_core *core, const struct ss_origin *from, const struct ss_blob_name *blob, bool checkpoint);

// ss_sync_blob_here and ss_sync_blob_missing take news of a blob; room for one effect must have been made.
void ss_sync_blob_here(struct ss_core *core, const struct ss_sha256 *sha256);
void ss_sync_blob_missing(struct ss_core *core, const struct ss_sha256 *sha256);

// ss_sync_known says that our first knowledge is complete.
void ss_sync_known(struct ss_core *core);
void ss_sync_finish(struct ss_core *core);

#endif
