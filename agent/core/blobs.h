// SPDX-License-Identifier: Apache-2.0
// Which blobs are here, which are in the store, and which things wait for one of the two.
#ifndef SS_CORE_BLOBS_H
#define SS_CORE_BLOBS_H

#include "core/state.h"

// ss_blob_take returns the number of a blob, making it. Errors: SS_NONE when memory is denied.
uint32_t ss_blob_take(struct ss_core *core, const struct ss_sha256 *sha256, uint64_t size);

uint32_t ss_blob_find(const struct ss_core *core, const struct ss_sha256 *sha256); // or SS_NONE

// ss_blobs_have tells whether every blob that a value names has one of the flags.
bool ss_blobs_have(const struct ss_core *core, struct ss_slice value, uint32_t flags);

// ss_blobs_note makes the blobs of a value known. Errors: false when memory is denied.
bool ss_blobs_note(struct ss_core *core, struct ss_slice value);

// ss_blobs_interest makes a thing be looked at when one of the value's blobs is present or uploaded; their numbers are added to
// core->named_blobs. Errors: false when memory is denied.
bool ss_blobs_interest(struct ss_core *core, uint32_t thing, struct ss_slice value);

// ss_blob_fetch and ss_blob_upload ask for it, once; without room for the effect the blob is asked for later.
void ss_blob_fetch(struct ss_core *core, uint32_t blob, bool now);
void ss_blob_upload(struct ss_core *core, uint32_t blob);

// ss_blobs_start asks for the upload of what was held when the agent stopped. Errors: SS_ENOMEM.
int ss_blobs_start(struct ss_core *core);
void ss_blobs_finish(struct ss_core *core);

#endif
