// SPDX-License-Identifier: Apache-2.0
#include "wire/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct ss_arena_chunk {
    struct ss_arena_chunk *older;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

enum { FIRST_CHUNK = 16 * 1024, KEPT_CHUNK = 8 * 1024 * 1024 };

static void free_chunks(struct ss_arena_chunk *chunk) {
    while (chunk) {
        struct ss_arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
}

void ss_arena_reset(struct ss_arena *arena) {
    struct ss_arena_chunk *newest = arena->chunk;
    if (!newest) {
        return;
    }
    free_chunks(newest->older);
    newest->older = NULL;
    newest->used = 0;
    arena->total = newest->size;
    if (newest->size > KEPT_CHUNK) {
        ss_arena_finish(arena);
    }
}

void ss_arena_finish(struct ss_arena *arena) {
    free_chunks(arena->chunk);
    arena->chunk = NULL;
    arena->total = 0;
}

// Chunks double, so the newest is the largest and the one worth keeping.
static bool add_chunk(struct ss_arena *arena, size_t need) {
    size_t size = arena->chunk ? arena->chunk->size * 2 : FIRST_CHUNK;
    size = size < need ? need : size;
    if (size > arena->max - arena->total) {
        size = need;
    }
    struct ss_arena_chunk *chunk = size > arena->max - arena->total ? NULL : malloc(sizeof *chunk + size);
    if (!chunk) {
        return false;
    }
    chunk->older = arena->chunk;
    chunk->size = size;
    chunk->used = 0;
    arena->chunk = chunk;
    arena->total += size;
    return true;
}

uint8_t *ss_arena_room(struct ss_arena *arena, size_t len) {
    const struct ss_arena_chunk *chunk = arena->chunk;
    if ((!chunk || len > chunk->size - chunk->used) && !add_chunk(arena, len)) {
        return NULL;
    }
    return arena->chunk->bytes + arena->chunk->used;
}

void ss_arena_keep(struct ss_arena *arena, size_t used) { arena->chunk->used += used; }

void *ss_arena_take(struct ss_arena *arena, size_t count, size_t size) {
    enum { ALIGN = alignof(max_align_t) };
    if (size != 0 && count > (SIZE_MAX - 2 * ALIGN) / size) {
        return NULL;
    }
    size_t len = count * size;
    uint8_t *room = ss_arena_room(arena, len + ALIGN);
    if (!room) {
        return NULL;
    }
    size_t pad = (ALIGN - (uintptr_t)room % ALIGN) % ALIGN;
    ss_arena_keep(arena, pad + len);
    return room + pad;
}
