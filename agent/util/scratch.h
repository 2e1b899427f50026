// SPDX-License-Identifier: Apache-2.0
// Memory that lives for one step: handed out piece by piece, taken back all at once.
#ifndef SS_UTIL_SCRATCH_H
#define SS_UTIL_SCRATCH_H

#include "util/alloc.h"
#include "util/types.h"

struct ss_scratch_chunk;

struct ss_scratch {
    const struct ss_alloc *alloc;
    struct ss_scratch_chunk *chunk; // the newest
};

void ss_scratch_init(struct ss_scratch *scratch, const struct ss_alloc *alloc);
void ss_scratch_finish(struct ss_scratch *scratch);

// ss_scratch_reset takes everything back; a chunk of moderate size is kept for next time.
void ss_scratch_reset(struct ss_scratch *scratch);

// ss_scratch_take returns bytes aligned for anything. Errors: NULL when memory is denied.
void *ss_scratch_take(struct ss_scratch *scratch, size_t size);

// ss_scratch_copy is ss_scratch_take with the bytes of `from`.
void *ss_scratch_copy(struct ss_scratch *scratch, const void *from, size_t size);

#endif
