// SPDX-License-Identifier: Apache-2.0
#include "core/plan.h"

#include "core/dirty.h"
#include "core/outbox.h"
#include "core/patch.h"
#include "core/record.h"
#include "util/value.h"

enum { SS_PLAN_MAX = 1 << 24, SS_FIELD_OVERHEAD = 24 };

int ss_field_part(const struct ss_core *core, uint32_t name) {
    return name == core->word.deleted || name == core->word.parts ? -1 : core->names.all.items[name].part;
}

void ss_plan_begin(struct ss_core *core, int client) {
    struct ss_plan *plan = &core->plan;
    plan->editor = (uint32_t)(client + 1);
    plan->seqs = 0;
    plan->mark = (struct ss_mark){core->effects.count, core->txn, core->last_txn};
}

static void ss_change_drop(struct ss_core *core, struct ss_change *change) {
    struct ss_cells cells = {change->cells, change->count};
    ss_patch_undo(core, change);
    if (change->cells != NULL)
        ss_cells_free(ss_memory(core), &cells);
    ss_alloc_free(ss_memory(core), change->touches);
    ss_alloc_free(ss_memory(core), change->queued_parts);
    ss_thing_at(core, change->number)->change = 0;
}

void ss_plan_abort(struct ss_core *core) {
    for (size_t i = 0; i < core->plan.changes.count; i++)
        ss_change_drop(core, &core->plan.changes.items[i]);
    core->plan.changes.count = core->plan.undo.count = 0;
    core->effects.count = core->plan.mark.effects;
    core->txn = core->plan.mark.txn;
    core->last_txn = core->plan.mark.last_txn;
}

uint32_t ss_plan_change(struct ss_core *core, uint32_t number) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if (thing->change != 0)
        return thing->change - 1;
    if (!ss_array_room(&core->plan.changes, ss_memory(core), 1, SS_PLAN_MAX))
        return SS_NONE;
    ss_array_push(&core->plan.changes, (struct ss_change){.number = number, .flags = thing->flags, .size = thing->size});
    thing->change = (uint32_t)core->plan.changes.count;
    return thing->change - 1;
}

struct ss_cells ss_change_cells(const struct ss_core *core, const struct ss_change *change) {
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    return change->cells != NULL ? (struct ss_cells){change->cells, change->count} : (struct ss_cells){thing->cells, thing->count};
}

static void ss_plan_free(void *context, void *memory) { ss_alloc_free(context, memory); }

// A thing may come twice in one plan: what its first merge made and the second replaced goes at once.
static void ss_change_take(struct ss_core *core, struct ss_change *change, const struct ss_cells *cells) {
    if (change->cells != NULL) {
        struct ss_cells mine = {change->cells, change->count};
        uint32_t kept = 0;
        for (uint32_t i = 0; i < mine.count; i++) {
            if ((mine.items[i].flags & SS_CELL_CHANGED) != 0)
                mine.items[kept++] = mine.items[i];
        }
        mine.count = kept;
        ss_cells_lost(&core->names, &mine, cells, ss_plan_free, (void *)ss_memory(core));
        ss_alloc_free(ss_memory(core), change->cells);
    }
    change->cells = cells->items;
    change->count = cells->count;
}

// A tombstone of which only the stamp is left takes nothing older.
static uint32_t ss_plan_newer(struct ss_core *core, const struct ss_change *change, struct ss_incoming *incoming, uint32_t count) {
    const struct ss_cells cells = ss_change_cells(core, change);
    const struct ss_cell *deleted = ss_cells_get(&core->names, cells.items, cells.count, core->word.deleted);
    if ((change->flags & SS_THING_SHRUNK) == 0 || deleted == NULL)
        return count;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (ss_stamp_compare(&incoming[i].stamp, &deleted->stamp) >= 0)
            incoming[kept++] = incoming[i];
    }
    return kept;
}

int ss_plan_merge(struct ss_core *core, uint32_t number, struct ss_incoming *incoming, uint32_t count) {
    struct ss_change *change = &core->plan.changes.items[number];
    // To set what is there already is no edit, unless the disk has refused it or whoever sets it may not know that it is hidden.
    // A topology, which would take others' arrays with it, is not even then: nothing above it can be removed.
    const bool hidden = (change->flags & (SS_THING_DELETED | SS_THING_NILS)) != 0;
    const bool client = core->plan.editor != 0 && core->failed_ms == 0;
    const struct ss_merge merge = {ss_memory(core), &core->scratch, &core->names, client && !hidden,
                                   client ? core->word.topology : SS_NONE};
    struct ss_cells cells;
    struct ss_merged merged;
    bool done;
    if (ss_patch_try(core, change, &merge, incoming, count, &done) != SS_OK)
        return SS_ENOMEM;
    if (done) {
        change->graves += change->patched;
        change->store |= change->patched > 0;
        change->changed |= change->patched > 0;
        return SS_OK;
    }
    if (ss_patch_move(core, change) != SS_OK)
        return SS_ENOMEM;
    const struct ss_cells from = ss_change_cells(core, change);
    count = ss_plan_newer(core, change, incoming, count);
    if (!ss_merge_cells(&merge, from.items, from.count, incoming, count, &cells, &merged))
        return SS_ENOMEM;
    if (merged.changed == 0)
        return SS_OK;
    ss_change_take(core, change, &cells);
    change->graves += merged.replaced;
    change->revealed |= merged.revealed;
    change->changed = true;
    change->store = true;
    return SS_OK;
}

int ss_plan_copy(struct ss_core *core, uint32_t number) {
    struct ss_change *change = &core->plan.changes.items[number];
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    if (ss_patch_move(core, change) != SS_OK)
        return SS_ENOMEM;
    if (change->cells != NULL)
        return SS_OK;
    change->cells = ss_alloc_take(ss_memory(core), (thing->count + 1) * sizeof *change->cells);
    if (change->cells == NULL)
        return SS_ENOMEM;
    if (thing->count > 0)
        memcpy(change->cells, thing->cells, thing->count * sizeof *change->cells);
    change->count = thing->count;
    change->changed = true;
    change->store = true;
    return SS_OK;
}

int ss_plan_touch(struct ss_core *core, uint32_t number, uint32_t from, uint64_t seq) {
    struct ss_change *change = &core->plan.changes.items[number];
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    const bool own = change->touches != NULL;
    struct ss_touch *old = own ? change->touches : thing->touches;
    const uint32_t count = own ? change->touch_count : thing->touch_count;
    uint32_t at = 0;
    while (at < count && old[at].from != from)
        at++;
    if (at < count && old[at].seq >= seq)
        return SS_OK;
    struct ss_touch *touches = ss_alloc_take(ss_memory(core), (count + 1) * sizeof *touches);
    if (touches == NULL)
        return SS_ENOMEM;
    if (count > 0)
        memcpy(touches, old, count * sizeof *touches);
    touches[at] = (struct ss_touch){seq, from};
    if (own)
        ss_alloc_free(ss_memory(core), change->touches);
    change->touches = touches;
    change->touch_count = at < count ? count : count + 1;
    change->store = true;
    return SS_OK;
}

void ss_plan_publish(struct ss_core *core, uint32_t number, int part) {
    struct ss_change *change = &core->plan.changes.items[number];
    if (part < 0)
        change->base = true;
    else
        ss_bit_set(change->parts, (unsigned)part);
}

void ss_plan_publish_changed(struct ss_core *core, uint32_t number) { core->plan.changes.items[number].publish = true; }

// ---- finish ----------------------------------------------------------------------------------------------------------

// What a walk over all cells says of the thing.
static void ss_change_look(const struct ss_core *core, struct ss_change *change) {
    const uint32_t derived = SS_THING_DELETED | SS_THING_NILS | SS_THING_PARTED | SS_THING_HELD | SS_THING_MESH;
    uint32_t flags = change->flags & ~derived;
    size_t size = 0;
    for (uint32_t i = 0; i < change->count; i++) {
        const struct ss_cell *cell = &change->cells[i];
        const struct ss_slice value = ss_cell_value(cell);
        flags |= ss_value_is_nil(value) ? SS_THING_NILS : 0U;
        flags |= (cell->flags & SS_CELL_HELD) != 0 ? SS_THING_HELD : 0U;
        flags |= cell->name == core->word.topology ? SS_THING_MESH : 0U;
        flags |= cell->name == core->word.parts ? SS_THING_PARTED : 0U;
        flags |= cell->name == core->word.deleted && ss_value_is_true(value) ? SS_THING_DELETED : 0U;
        size += core->names.all.items[cell->name].len + value.len + SS_FIELD_OVERHEAD;
    }
    if ((flags & SS_THING_DELETED) == 0)
        flags &= ~(uint32_t)SS_THING_SHRUNK;
    change->flags = flags;
    change->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

// What was hidden and shows again is news, though it did not change.
static void ss_change_reveal(const struct ss_core *core, struct ss_change *change) {
    const bool back = (ss_thing_at(core, change->number)->flags & ~change->flags & SS_THING_DELETED) != 0;
    uint32_t first = 0;
    uint32_t end = change->count;
    if (!back && !change->revealed) {
        if ((change->flags & SS_THING_MESH) == 0)
            return;
        const struct ss_cell *topology = ss_cells_get(&core->names, change->cells, change->count, core->word.topology);
        if ((topology->flags & SS_CELL_NEWS) == 0)
            return;
        ss_cells_below(&core->names, change->cells, change->count, ss_slice_text("at/"), &first, &end);
    }
    for (uint32_t i = first; i < end; i++)
        change->cells[i].flags |= SS_CELL_NEWS;
}

static int ss_change_parts(struct ss_core *core, uint32_t number) {
    struct ss_change *change = &core->plan.changes.items[number];
    if (change->size <= SS_PART_SIZE || (change->flags & SS_THING_PARTED) != 0 || !(change->publish || change->base))
        return SS_OK;
    static const uint8_t yes = 0xc3;
    struct ss_incoming parts = {core->word.parts, 0, ss_slice_of(&yes, 1), ss_clock_next(&core->clock)};
    int error = ss_plan_merge(core, number, &parts, 1);
    if (error == SS_OK)
        ss_change_look(core, &core->plan.changes.items[number]);
    return error;
}

// An entity that moves to parts writes and publishes all of them; else what changed.
static void ss_change_spread(struct ss_core *core, struct ss_change *change) {
    const bool moved = (change->flags & ~ss_thing_at(core, change->number)->flags & SS_THING_PARTED) != 0;
    const bool publish = change->publish || (moved && change->base);
    const uint32_t fresh = SS_CELL_CHANGED | (publish ? SS_CELL_UNSETTLED : 0U);
    const struct ss_cells cells = ss_change_cells(core, change);
    for (uint32_t i = 0; i < cells.count; i++) {
        const struct ss_cell *cell = &cells.items[i];
        if (!moved && (cell->flags & fresh) == 0)
            continue;
        const int part = (change->flags & SS_THING_PARTED) != 0 ? ss_field_part(core, cell->name) : -1;
        if (part >= 0)
            ss_bit_set(change->stored, (unsigned)part);
        if (!publish || (cell->flags & SS_CELL_HELD) != 0)
            continue;
        if (part >= 0)
            ss_bit_set(change->parts, (unsigned)part);
        else
            change->base = true;
    }
    change->base |= publish && moved;
    if (publish && (change->flags & SS_THING_UNSETTLED) != 0) {
        change->flags &= ~(uint32_t)SS_THING_UNSETTLED;
        change->store = true;
    }
}

static int ss_change_prepare(struct ss_core *core, uint32_t number) {
    struct ss_change *change = &core->plan.changes.items[number];
    if (change->patched > 0 && ss_change_parts(core, number) != SS_OK)
        return SS_ENOMEM;
    if (change->cells != NULL && change->changed) {
        struct ss_cells cells = {change->cells, change->count};
        change->graves += ss_merge_topology(&core->names, ss_memory(core), &cells, core->word.topology);
        change->count = cells.count;
        ss_change_look(core, change);
        if (ss_change_parts(core, number) != SS_OK)
            return SS_ENOMEM;
        ss_change_reveal(core, change);
    }
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    if ((change->flags & SS_THING_PARTED) != 0 && thing->queued_parts == NULL && change->queued_parts == NULL) {
        change->queued_parts = ss_alloc_take(ss_memory(core), 4 * sizeof(uint64_t));
        if (change->queued_parts == NULL)
            return SS_ENOMEM;
        memset(change->queued_parts, 0, 4 * sizeof(uint64_t));
    }
    ss_change_spread(core, change);
    return ss_outbox_plan(core, number);
}

static int ss_plan_rooms(struct ss_core *core) {
    const size_t n = core->plan.changes.count;
    size_t graves = n * 3;
    for (size_t i = 0; i < n; i++) {
        const struct ss_thing *thing = ss_thing_at(core, core->plan.changes.items[i].number);
        graves += core->plan.changes.items[i].graves;
        graves += thing->overlay != 0 ? core->overlays.items[thing->overlay - 1].count + 1U : 0U;
    }
    const struct ss_alloc *alloc = ss_memory(core);
    const bool room = ss_array_room(&core->graveyard, alloc, graves, SIZE_MAX / 16) && ss_array_room(&core->stale, alloc, n, SS_PLAN_MAX) &&
                      ss_array_room(&core->live, alloc, n, SS_PLAN_MAX) && ss_array_room(&core->settling, alloc, n, SS_PLAN_MAX) &&
                      ss_clients_room(core) && ss_fx_room(core, SS_MAX_CLIENTS);
    return room ? SS_OK : SS_ENOMEM;
}

int ss_plan_finish(struct ss_core *core) {
    for (uint32_t i = 0; i < core->plan.changes.count; i++) {
        if (ss_change_prepare(core, i) != SS_OK)
            return SS_ENOMEM;
    }
    for (uint32_t i = 0; i < core->plan.changes.count; i++) {
        if (core->plan.changes.items[i].store && ss_record_push(core, &core->plan.changes.items[i]) != SS_OK)
            return SS_ENOMEM;
    }
    return ss_plan_rooms(core);
}
