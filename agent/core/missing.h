// SPDX-License-Identifier: Apache-2.0
// Blobs that the store has lost or never had: peers are asked for them, and what nobody brings holds nothing back for ever.
#ifndef SS_CORE_MISSING_H
#define SS_CORE_MISSING_H

#include "core/state.h"

// ss_missing_begin notes that a blob is neither here nor in the store, ss_missing_found that it is here now.
void ss_missing_begin(struct ss_core *core, struct ss_blob *blob);
void ss_missing_found(struct ss_core *core, struct ss_blob *blob);

// ss_missing_hope asks for a blob that a client has just named and gives it its time to come.
void ss_missing_hope(struct ss_core *core, uint32_t blob);

// ss_missing_list returns what our peer message asks for; of the step's scratch memory, NULL when there is nothing or no memory.
const struct ss_sha256 *ss_missing_list(struct ss_core *core, size_t *count);

// ss_missing_asked takes what a peer asks for: who of the present peers uploads it again is decided by rank.
void ss_missing_asked(struct ss_core *core, const struct ss_ev_peer *said);

// ss_missing_run does for a blob what is due.
void ss_missing_run(struct ss_core *core, uint32_t blob);

// ss_blob_release plans that what is held for blobs goes out where it may; on_blob.c's. Errors: SS_ENOMEM.
int ss_blob_release(struct ss_core *core, uint32_t thing);

#endif
