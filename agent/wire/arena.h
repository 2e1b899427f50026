// SPDX-License-Identifier: Apache-2.0
// Memory for one decoded message: handed out piece by piece, taken back all at once.
#ifndef SS_WIRE_ARENA_H
#define SS_WIRE_ARENA_H

#include "util/types.h"

struct ss_arena_chunk;

struct ss_arena {
    struct ss_arena_chunk *chunk; // the newest, from which pieces are taken
    size_t total;                 // bytes of all chunks
    size_t max;
};

// ss_arena_reset takes everything back, keeping one chunk of moderate size for the next message. ss_arena_finish frees all.
void ss_arena_reset(struct ss_arena *arena);
void ss_arena_finish(struct ss_arena *arena);

// ss_arena_take returns count × size bytes aligned for anything. Errors: NULL beyond `max` or when memory is denied.
void *ss_arena_take(struct ss_arena *arena, size_t count, size_t size);

// ss_arena_room returns at least `len` bytes of which ss_arena_keep, called next, keeps the first `used`.
uint8_t *ss_arena_room(struct ss_arena *arena, size_t len);
void ss_arena_keep(struct ss_arena *arena, size_t used);

#endif
