// SPDX-License-Identifier: Apache-2.0
// A digest of the whole scene that is cheap to keep: the XOR of one SHA-256 per entity, in all and in buckets.
#ifndef SS_CORE_DIGEST_H
#define SS_CORE_DIGEST_H

#include "core/state.h"

// ss_digest_stale takes a thing out of the digest until it is computed again; room in core->stale must have been made.
void ss_digest_stale(struct ss_core *core, uint32_t thing);

// ss_digest_update computes what is stale; core->digest and core->buckets are then those of the scene.
void ss_digest_update(struct ss_core *core);

// ss_digest_bucket returns where in core->buckets a thing counts.
size_t ss_digest_bucket(const struct ss_thing *thing);

#endif
