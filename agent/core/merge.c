// SPDX-License-Identifier: Apache-2.0
#include "core/merge.h"

#include "util/bytes.h"
#include "util/value.h"

enum ss_step { SS_LOSES, SS_REPLACES, SS_INSERTS };

struct ss_place {
    uint32_t at; // in the old array
    enum ss_step step;
};

bool ss_merge_wins(const struct ss_stamp *stamp, struct ss_slice value, const struct ss_stamp *old_stamp, struct ss_slice old_value) {
    int order = ss_stamp_compare(stamp, old_stamp);
    return order > 0 || (order == 0 && ss_slice_compare(value, old_value) > 0);
}

// A client that sets what is there already changes nothing, unless somebody's newer live value is shown instead.
static enum ss_step ss_merge_step(const struct ss_merge *merge, const struct ss_cell *old, const struct ss_incoming *new) {
    if (old == NULL)
        return SS_INSERTS;
    const bool needless = merge->local || new->name == merge->topology;
    if (needless && (old->flags & SS_CELL_OVERLAID) == 0 && ss_slice_equal(ss_cell_value(old), new->value))
        return SS_LOSES;
    return ss_merge_wins(&new->stamp, new->value, &old->stamp, ss_cell_value(old)) ? SS_REPLACES : SS_LOSES;
}

static uint32_t ss_merge_places(const struct ss_merge *merge, const struct ss_cell *from, uint32_t from_count,
                                const struct ss_incoming *incoming, uint32_t count, struct ss_place *places, struct ss_merged *merged) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        at = ss_cells_find(merge->names, from, at, from_count, incoming[i].name);
        const bool found = at < from_count && from[at].name == incoming[i].name;
        places[i] = (struct ss_place){at, ss_merge_step(merge, found ? &from[at] : NULL, &incoming[i])};
        merged->changed += places[i].step != SS_LOSES;
        merged->replaced += places[i].step == SS_REPLACES;
    }
    return merged->changed - merged->replaced;
}

bool ss_merge_changes(const struct ss_merge *merge, const struct ss_cell *old, const struct ss_incoming *new) {
    return ss_merge_step(merge, old, new) != SS_LOSES;
}

bool ss_merge_replace(const struct ss_merge *merge, struct ss_cell *cell, const struct ss_incoming *new, bool *revealed) {
    const struct ss_slice old = ss_cell_value(cell);
    const bool news = (cell->flags & SS_CELL_OVERLAID) != 0 || !ss_slice_equal(old, new->value);
    const bool was_nil = ss_value_is_nil(old);
    struct ss_cell fresh = *cell;
    if (!ss_cell_set(&fresh, merge->alloc, new->value))
        return false;
    fresh.stamp = new->stamp;
    const uint32_t kept = cell->flags & (SS_CELL_OVERLAID | SS_CELL_NEWS);
    fresh.flags = (kept | SS_CELL_CHANGED | new->flags | (news ? SS_CELL_NEWS : 0U)) & 0xffU;
    *revealed |= was_nil && !ss_value_is_nil(new->value);
    *cell = fresh;
    return true;
}

static bool ss_merge_insert(const struct ss_merge *merge, struct ss_cell *cell, const struct ss_incoming *new) {
    *cell = (struct ss_cell){.stamp = new->stamp, .name = new->name};
    if (!ss_cell_set(cell, merge->alloc, new->value))
        return false;
    cell->flags = (SS_CELL_CHANGED | SS_CELL_NEWS | new->flags) & 0xffU;
    return true;
}

static void ss_merge_keep(struct ss_cells *to, const struct ss_cell *from, uint32_t count) {
    if (count > 0)
        memcpy(to->items + to->count, from, count * sizeof *from);
    to->count += count;
}

// Copies what stays and puts in what is new; `to->count` counts the cells made, so that a denied allocation can be undone.
static bool ss_merge_build(const struct ss_merge *merge, const struct ss_cell *from, uint32_t from_count,
                           const struct ss_incoming *incoming, uint32_t count, const struct ss_place *places, struct ss_cells *to,
                           struct ss_merged *merged) {
    uint32_t read = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (places[i].step == SS_LOSES)
            continue;
        if (places[i].at > read)
            ss_merge_keep(to, from + read, places[i].at - read);
        read = places[i].at;
        struct ss_cell *cell = &to->items[to->count];
        if (places[i].step == SS_REPLACES)
            *cell = from[read++];
        if (!(places[i].step == SS_REPLACES ? ss_merge_replace(merge, cell, &incoming[i], &merged->revealed)
                                            : ss_merge_insert(merge, cell, &incoming[i])))
            return false;
        to->count++;
    }
    if (from_count > read)
        ss_merge_keep(to, from + read, from_count - read);
    return true;
}

void ss_cells_lost(const struct ss_names *names, const struct ss_cells *before, const struct ss_cells *after,
                   void (*visit)(void *context, void *memory), void *context) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < before->count; i++) {
        void *memory = ss_cell_memory(&before->items[i]);
        if (memory == NULL)
            continue;
        at = ss_cells_find(names, after->items, at, after->count, before->items[i].name);
        const bool there = at < after->count && after->items[at].name == before->items[i].name;
        if (!there || ss_cell_memory(&after->items[at]) != memory)
            visit(context, memory);
    }
}

static void ss_merge_free(void *context, void *memory) { ss_alloc_free(context, memory); }

bool ss_merge_cells(const struct ss_merge *merge, const struct ss_cell *from, uint32_t from_count, const struct ss_incoming *incoming,
                    uint32_t count, struct ss_cells *to, struct ss_merged *merged) {
    *to = (struct ss_cells){0};
    *merged = (struct ss_merged){0};
    struct ss_place *places = ss_scratch_take(merge->scratch, (count + 1) * sizeof *places);
    if (places == NULL)
        return false;
    uint32_t inserts = ss_merge_places(merge, from, from_count, incoming, count, places, merged);
    if (merged->changed == 0)
        return true;
    to->items = ss_alloc_take(merge->alloc, (from_count + inserts) * sizeof *to->items);
    if (to->items == NULL)
        return false;
    if (ss_merge_build(merge, from, from_count, incoming, count, places, to, merged))
        return true;
    const struct ss_cells before = {(struct ss_cell *)from, from_count};
    ss_cells_lost(merge->names, to, &before, ss_merge_free, (void *)merge->alloc);
    ss_alloc_free(merge->alloc, to->items);
    *to = (struct ss_cells){0};
    return false;
}

void ss_cells_below(const struct ss_names *names, const struct ss_cell *cells, uint32_t count, struct ss_slice prefix, uint32_t *first,
                    uint32_t *end) {
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (ss_slice_compare(ss_names_text(names, cells[middle].name), prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    for (*end = low; *end < count; (*end)++) {
        struct ss_slice name = ss_names_text(names, cells[*end].name);
        if (name.len < prefix.len || memcmp(name.data, prefix.data, prefix.len) != 0)
            break;
    }
}

uint32_t ss_merge_topology(const struct ss_names *names, const struct ss_alloc *alloc, struct ss_cells *cells, uint32_t topology) {
    const struct ss_cell *winner = ss_cells_get(names, cells->items, cells->count, topology);
    if (winner == NULL)
        return 0;
    const struct ss_stamp stamp = winner->stamp;
    uint32_t first, end;
    ss_cells_below(names, cells->items, cells->count, ss_slice_text("at/"), &first, &end);
    uint32_t kept = first;
    for (uint32_t i = first; i < end; i++) {
        struct ss_cell *cell = &cells->items[i];
        if (ss_stamp_compare(&cell->stamp, &stamp) >= 0)
            cells->items[kept++] = *cell;
        else if ((cell->flags & SS_CELL_CHANGED) != 0)
            ss_alloc_free(alloc, ss_cell_memory(cell));
    }
    const uint32_t dropped = end - kept;
    memmove(cells->items + kept, cells->items + end, (cells->count - end) * sizeof *cells->items);
    cells->count -= dropped;
    return dropped;
}

static bool ss_cell_fits(const struct ss_names *names, struct ss_cell *cells, uint32_t count, uint32_t topology, struct ss_slice name) {
    const struct ss_cell *winner = ss_cells_get(names, cells, count, topology);
    if (winner == NULL)
        return true;
    struct ss_slice text;
    if (!ss_value_text(ss_cell_value(winner), &text))
        return false;
    const struct ss_slice level = ss_slice_of(name.data + 3, name.len - 3);
    return level.len > text.len && memcmp(level.data, text.data, text.len) == 0 && level.data[text.len] == '/';
}

bool ss_cell_visible(const struct ss_names *names, struct ss_cell *cells, uint32_t count, uint32_t topology, const struct ss_cell *cell) {
    for (uint32_t up = names->all.items[cell->name].parent; up != SS_NONE; up = names->all.items[up].parent) {
        const struct ss_cell *parent = ss_cells_get(names, cells, count, up);
        if (parent != NULL && ss_value_is_nil(ss_cell_value(parent)))
            return false;
    }
    struct ss_slice name = ss_names_text(names, cell->name);
    return name.len <= 3 || memcmp(name.data, "at/", 3) != 0 || ss_cell_fits(names, cells, count, topology, name);
}

void ss_cells_free(const struct ss_alloc *alloc, struct ss_cells *cells) {
    for (uint32_t i = 0; i < cells->count; i++) {
        if ((cells->items[i].flags & SS_CELL_CHANGED) != 0)
            ss_alloc_free(alloc, ss_cell_memory(&cells->items[i]));
    }
    ss_alloc_free(alloc, cells->items);
    *cells = (struct ss_cells){0};
}
