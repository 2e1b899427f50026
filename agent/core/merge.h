// SPDX-License-Identifier: Apache-2.0
// The merge rule (DESIGN section 3): every field is a register, the newest stamp wins, equal stamps the greater encoding.
#ifndef SS_CORE_MERGE_H
#define SS_CORE_MERGE_H

#include "core/scene.h"
#include "util/scratch.h"

// ss_incoming is one field that wants in.
struct ss_incoming {
    uint32_t name;
    uint32_t flags; // SS_CELL_HELD, SS_CELL_BLOB, SS_CELL_LIVE
    struct ss_slice value;
    struct ss_stamp stamp;
};

// ss_cells is an array that is being changed. Cells with SS_CELL_CHANGED own their values; the others share theirs with the thing.
struct ss_cells {
    struct ss_cell *items;
    uint32_t count;
};

struct ss_merge {
    const struct ss_alloc *alloc;
    struct ss_scratch *scratch;
    const struct ss_names *names;
    bool local;        // a client's edit: what is there already is no change
    uint32_t topology; // of a client's edit, the field that is never stamped again as it is; else SS_NONE
};

struct ss_merged {
    uint32_t changed;  // cells
    uint32_t replaced; // of those the ones that had a value before
    bool revealed;     // a removed field came back: what is below it shows again
};

// ss_merge_wins tells whether a value replaces another.
bool ss_merge_wins(const struct ss_stamp *stamp, struct ss_slice value, const struct ss_stamp *old_stamp, struct ss_slice old_value);

// ss_merge_changes tells whether an incoming field replaces a cell, ss_merge_replace does it; the old value is not freed. Errors: false when
// memory is denied.
bool ss_merge_changes(const struct ss_merge *merge, const struct ss_cell *old, const struct ss_incoming *incoming);
bool ss_merge_replace(const struct ss_merge *merge, struct ss_cell *cell, const struct ss_incoming *incoming, bool *revealed);

// ss_merge_cells makes `to` of `from` and `count` incoming fields, sorted by name and unique. Nothing is made (to->items stays NULL) when
// nothing changes. Errors: false when memory is denied; nothing was made.
bool ss_merge_cells(const struct ss_merge *merge, const struct ss_cell *from, uint32_t from_count, const struct ss_incoming *incoming,
                    uint32_t count, struct ss_cells *to, struct ss_merged *merged);

// ss_merge_topology drops what belongs to a topology older than the winning one; returns how many.
uint32_t ss_merge_topology(const struct ss_names *names, const struct ss_alloc *alloc, struct ss_cells *cells, uint32_t topology);

// ss_cells_below gives the range of the cells whose names begin with `prefix`.
void ss_cells_below(const struct ss_names *names, const struct ss_cell *cells, uint32_t count, struct ss_slice prefix, uint32_t *first,
                    uint32_t *end);

// ss_cell_visible tells whether clients may see a cell: not below a removed path, not of a topology that lost.
bool ss_cell_visible(const struct ss_names *names, struct ss_cell *cells, uint32_t count, uint32_t topology, const struct ss_cell *cell);

// ss_cells_lost visits the memory of the values of `before` that `after` does not share.
void ss_cells_lost(const struct ss_names *names, const struct ss_cells *before, const struct ss_cells *after,
                   void (*visit)(void *context, void *memory), void *context);

// ss_cells_free frees an array and the values it owns.
void ss_cells_free(const struct ss_alloc *alloc, struct ss_cells *cells);

#endif
