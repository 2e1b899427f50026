// SPDX-License-Identifier: Apache-2.0
// What an agent holds of a scene: things (entities) made of cells (fields), laid out to be small.
#ifndef SS_CORE_SCENE_H
#define SS_CORE_SCENE_H

#include "core/names.h"
#include "util/types.h"

enum { SS_CELL_INLINE = 20 };

enum ss_cell_flag {
    SS_CELL_CHANGED = 1,    // by the plan of this step
    SS_CELL_NEWS = 2,       // by the plan of this step, in a way that clients can see
    SS_CELL_HELD = 4,       // names blobs that the store does not have yet: not published
    SS_CELL_LIVE = 8,       // goes out with the next live tick
    SS_CELL_OVERLAID = 16,  // a newer live value is shown instead
    SS_CELL_BLOB = 32,      // names blobs
    SS_CELL_UNSETTLED = 64, // went out live, but not yet in a state message
};

// ss_cell is one field. A value of up to SS_CELL_INLINE bytes is kept in place, a longer one behind the pointer that `value` then holds.
struct ss_cell {
    struct ss_stamp stamp;
    uint32_t name;
    uint32_t clients; // bit per client that has yet to get it
    uint32_t len : 24;
    uint32_t flags : 8;
    uint8_t value[SS_CELL_INLINE];
};

struct ss_touch {
    uint64_t seq;
    uint32_t from; // number in ss_vectors
};

enum ss_thing_flag {
    SS_THING_UNSETTLED = 1, // has values that only went out live; durable
    SS_THING_SHRUNK = 2,    // a tombstone of which only the stamp is left; durable
    SS_THING_DELETED = 8,
    SS_THING_NILS = 16,    // has removed fields, which may hide others
    SS_THING_PARTED = 32,  // has the field `parts`
    SS_THING_STALE = 64,   // its digest is to be computed
    SS_THING_LIVE = 128,   // is in the list of the next live tick
    SS_THING_QUEUED = 512, // has a state message waiting in the outbox that will carry its newest values
    SS_THING_HELD = 1024,  // has held cells
    SS_THING_MESH = 2048,  // has the field `topology`
};
enum { SS_THING_DURABLE = SS_THING_UNSETTLED | SS_THING_SHRUNK };

// ss_seen_parts is which parts of a thing a replay brought, and of which the broker was told while it lasted.
struct ss_seen_parts {
    uint64_t bits[4], told[4];
    uint32_t replay;
};

// ss_thing is one entity. Without cells it is not there: something refers to it, or memory was denied half way.
struct ss_thing {
    struct ss_uuid uuid;
    struct ss_sha256 digest;
    struct ss_cell *cells; // sorted by name
    struct ss_touch *touches;
    uint64_t *queued_parts; // when PARTED: like SS_THING_QUEUED, a bit per part
    uint32_t kind;          // number in ss_names
    uint32_t count;         // of cells
    uint32_t touch_count;
    uint32_t flags;
    uint32_t size;     // bytes of its state message, roughly
    uint32_t clients;  // bit per client whose queue it is in
    uint32_t waiting;  // bit per client that waits for a blob of it
    uint32_t overlay;  // number of its overlay, plus 1
    uint32_t change;   // number of its change in the plan of this step, plus 1
    uint32_t settling; // number in the list of what settles by and by, plus 1
    uint32_t repair;   // number of its repair, plus 1
    uint32_t seen;     // the replay that last brought it, or its base
    uint32_t told;     // the replay during which the broker was last told of that
    uint32_t said_ms;  // when we last told the broker, or as its keeper heard another do so: the low bits; 0: not yet
    uint32_t said_by;  // that one's number in ss_vectors
    struct ss_seen_parts *seen_parts;
};

struct ss_scene {
    const struct ss_alloc *alloc;
    uint64_t seed;
    SS_ARRAY(struct ss_thing *) things;
    struct ss_index index;
    uint64_t present; // things with cells
    uint64_t alive;   // of those the ones that are not deleted
    uint64_t held;    // of those the ones with held cells
};

// ss_scene_take returns the number of a thing, making it when it is new. Errors: SS_NONE when memory is denied.
uint32_t ss_scene_take(struct ss_scene *scene, uint32_t kind, const struct ss_uuid *uuid);
uint32_t ss_scene_find(const struct ss_scene *scene, uint32_t kind, const struct ss_uuid *uuid);
void ss_scene_finish(struct ss_scene *scene);

struct ss_slice ss_cell_value(const struct ss_cell *cell);

// ss_cell_set gives a cell a copy of a value; what it held before is not freed. Errors: false when memory is denied.
bool ss_cell_set(struct ss_cell *cell, const struct ss_alloc *alloc, struct ss_slice value);

// ss_cell_memory returns what has to be freed for a cell, or NULL.
void *ss_cell_memory(const struct ss_cell *cell);

// ss_cells_find returns the position of the first cell from `start` that is not before `name`.
uint32_t ss_cells_find(const struct ss_names *names, const struct ss_cell *cells, uint32_t start, uint32_t count, uint32_t name);

// ss_cells_get returns the cell called `name` or NULL.
struct ss_cell *ss_cells_get(const struct ss_names *names, struct ss_cell *cells, uint32_t count, uint32_t name);

#endif
