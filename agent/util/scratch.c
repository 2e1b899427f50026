// SPDX-License-Identifier: Apache-2.0
#include "util/scratch.h"

#include <stdalign.h>
#include <string.h>

enum { SS_CHUNK_SIZE = 64 * 1024, SS_CHUNK_KEPT = 1024 * 1024 };

struct ss_scratch_chunk {
    struct ss_scratch_chunk *previous;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

void ss_scratch_init(struct ss_scratch *scratch, const struct ss_alloc *alloc) {
    scratch->alloc = alloc;
    scratch->chunk = NULL;
}

static void ss_scratch_drop(struct ss_scratch *scratch) {
    struct ss_scratch_chunk *chunk = scratch->chunk;
    scratch->chunk = chunk->previous;
    ss_alloc_free(scratch->alloc, chunk);
}

void ss_scratch_finish(struct ss_scratch *scratch) {
    while (scratch->chunk != NULL)
        ss_scratch_drop(scratch);
}

void ss_scratch_reset(struct ss_scratch *scratch) {
    while (scratch->chunk != NULL && (scratch->chunk->previous != NULL || scratch->chunk->size > SS_CHUNK_KEPT))
        ss_scratch_drop(scratch);
    if (scratch->chunk != NULL)
        scratch->chunk->used = 0;
}

static bool ss_scratch_grow(struct ss_scratch *scratch, size_t size) {
    size_t wanted = scratch->chunk != NULL ? scratch->chunk->size * 2 : SS_CHUNK_SIZE;
    wanted = wanted > SS_CHUNK_KEPT ? SS_CHUNK_KEPT : wanted;
    wanted = wanted < size ? size : wanted;
    struct ss_scratch_chunk *chunk = ss_alloc_take(scratch->alloc, sizeof *chunk + wanted);
    if (chunk == NULL)
        return false;
    *chunk = (struct ss_scratch_chunk){.previous = scratch->chunk, .size = wanted};
    scratch->chunk = chunk;
    return true;
}

void *ss_scratch_take(struct ss_scratch *scratch, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if ((scratch->chunk == NULL || size > scratch->chunk->size - scratch->chunk->used) && !ss_scratch_grow(scratch, size))
        return NULL;
    void *piece = scratch->chunk->bytes + scratch->chunk->used;
    scratch->chunk->used += size;
    return piece;
}

void *ss_scratch_copy(struct ss_scratch *scratch, const void *from, size_t size) {
    void *piece = ss_scratch_take(scratch, size);
    if (piece != NULL && size > 0)
        memcpy(piece, from, size);
    return piece;
}
