// SPDX-License-Identifier: Apache-2.0
#include "core/overlay.h"

#include "core/dirty.h"
#include "core/handlers.h"
#include "util/value.h"

enum { SS_OVERLAYS_MAX = 1 << 20 };

const struct ss_cell *ss_overlay_cell(const struct ss_core *core, const struct ss_thing *thing, uint32_t name) {
    const struct ss_overlay *overlay = &core->overlays.items[thing->overlay - 1];
    return ss_cells_get(&core->names, overlay->cells, overlay->count, name);
}

// The values stay until the next step, whose effects may not point at them any more.
static void ss_overlay_bury(struct ss_core *core, void *memory) {
    if (memory != NULL)
        ss_array_push(&core->graveyard, memory);
}

static void ss_overlay_drop(struct ss_core *core, uint32_t number) {
    struct ss_overlay *overlay = &core->overlays.items[number];
    ss_overlay_bury(core, overlay->cells);
    ss_thing_at(core, overlay->thing)->overlay = 0;
    *overlay = core->overlays.items[--core->overlays.count];
    if (number < core->overlays.count)
        ss_thing_at(core, overlay->thing)->overlay = number + 1;
}

static void ss_overlay_remove(struct ss_core *core, struct ss_overlay *overlay, struct ss_cell *cell) {
    ss_overlay_bury(core, ss_cell_memory(cell));
    const size_t at = (size_t)(cell - overlay->cells);
    overlay->count--;
    memmove(cell, cell + 1, (overlay->count - at) * sizeof *cell);
}

void ss_overlay_end(struct ss_core *core, uint32_t number) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if (thing->overlay == 0)
        return;
    struct ss_overlay *overlay = &core->overlays.items[thing->overlay - 1];
    for (uint32_t i = overlay->count; i-- > 0;) {
        struct ss_cell *shown = &overlay->cells[i];
        struct ss_cell *cell = ss_cells_get(&core->names, thing->cells, thing->count, shown->name);
        if (cell != NULL && ss_stamp_compare(&cell->stamp, &shown->stamp) < 0) {
            cell->flags &= ~(unsigned)SS_CELL_NEWS & 0xffU;
            continue;
        }
        if (cell != NULL)
            cell->flags = (cell->flags & ~(unsigned)SS_CELL_OVERLAID & 0xffU) | SS_CELL_NEWS;
        ss_overlay_remove(core, overlay, shown);
    }
    if (overlay->count == 0)
        ss_overlay_drop(core, thing->overlay - 1);
}

static struct ss_overlay *ss_overlay_take(struct ss_core *core, uint32_t number) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if (thing->overlay == 0) {
        if (!ss_array_room(&core->overlays, ss_memory(core), 1, SS_OVERLAYS_MAX))
            return NULL;
        ss_array_push(&core->overlays, (struct ss_overlay){.thing = number});
        thing->overlay = (uint32_t)core->overlays.count;
    }
    return &core->overlays.items[thing->overlay - 1];
}

// What hides or reveals other fields is not dragged: when the overlay ends, they would have to be given again.
bool ss_overlay_may(const struct ss_core *core, uint32_t name, struct ss_slice value) {
    return name != core->word.topology && name != core->word.deleted && name != core->word.parts && !ss_value_is_nil(value);
}

// The cells that may be shown over settled ones that are older.
static uint32_t ss_overlay_newer(struct ss_core *core, struct ss_thing *thing, struct ss_incoming *incoming, uint32_t count) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct ss_cell *cell = ss_cells_get(&core->names, thing->cells, thing->count, incoming[i].name);
        if (cell == NULL || ss_stamp_compare(&incoming[i].stamp, &cell->stamp) <= 0 || incoming[i].flags != 0)
            continue;
        if (!ss_overlay_may(core, cell->name, incoming[i].value) || ss_value_is_nil(ss_cell_value(cell)))
            continue;
        incoming[kept++] = incoming[i];
    }
    return kept;
}

static void ss_overlay_news(struct ss_core *core, uint32_t number, const struct ss_overlay *overlay) {
    struct ss_thing *thing = ss_thing_at(core, number);
    for (uint32_t i = 0; i < overlay->count; i++) {
        struct ss_cell *shown = &overlay->cells[i];
        if ((shown->flags & SS_CELL_CHANGED) == 0)
            continue;
        shown->flags = 0;
        struct ss_cell *cell = ss_cells_get(&core->names, thing->cells, thing->count, shown->name);
        if (cell != NULL)
            cell->flags |= SS_CELL_OVERLAID | SS_CELL_NEWS;
    }
    ss_clients_news(core, number, 0);
    for (uint32_t i = 0; i < thing->count; i++)
        thing->cells[i].flags &= ~(unsigned)SS_CELL_NEWS & 0xffU;
}

static void ss_overlay_visit(void *context, void *memory) { ss_overlay_bury(context, memory); }

void ss_overlay_show(struct ss_core *core, uint32_t number, struct ss_incoming *incoming, uint32_t count) {
    struct ss_thing *thing = ss_thing_at(core, number);
    count = ss_overlay_newer(core, thing, incoming, count);
    if (count == 0 || !ss_clients_room(core))
        return;
    const uint32_t old_count = thing->overlay != 0 ? core->overlays.items[thing->overlay - 1].count : 0;
    if (!ss_array_room(&core->graveyard, ss_memory(core), old_count + count + 2, SIZE_MAX / 16))
        return;
    struct ss_overlay *overlay = ss_overlay_take(core, number);
    if (overlay == NULL)
        return;
    const struct ss_merge merge = {ss_memory(core), &core->scratch, &core->names, false, SS_NONE};
    struct ss_cells before = {overlay->cells, overlay->count};
    struct ss_cells after;
    struct ss_merged merged;
    if (!ss_merge_cells(&merge, before.items, before.count, incoming, count, &after, &merged))
        merged.changed = 0;
    if (merged.changed > 0) {
        ss_cells_lost(&core->names, &before, &after, ss_overlay_visit, core);
        ss_overlay_bury(core, before.items);
        overlay->cells = after.items;
        overlay->count = after.count;
        overlay->expires_ms = core->now + core->config.live_expiry_ms;
        ss_timer_by(core, SS_TIMER_OVERLAY, overlay->expires_ms);
        ss_overlay_news(core, number, overlay);
    }
    if (overlay->count == 0)
        ss_overlay_drop(core, thing->overlay - 1);
}

// Silence: the settled values are shown again.
static bool ss_overlay_silent(struct ss_core *core, uint32_t number) {
    struct ss_overlay *overlay = &core->overlays.items[number];
    struct ss_thing *thing = ss_thing_at(core, overlay->thing);
    const uint32_t at = overlay->thing;
    if (!ss_clients_room(core) || !ss_array_room(&core->graveyard, ss_memory(core), overlay->count + 1U, SIZE_MAX / 16))
        return false;
    for (uint32_t i = 0; i < overlay->count; i++) {
        struct ss_cell *cell = ss_cells_get(&core->names, thing->cells, thing->count, overlay->cells[i].name);
        if (cell != NULL)
            cell->flags = (cell->flags & ~(unsigned)SS_CELL_OVERLAID & 0xffU) | SS_CELL_NEWS;
        ss_overlay_bury(core, ss_cell_memory(&overlay->cells[i]));
    }
    ss_overlay_drop(core, number);
    ss_clients_news(core, at, 0);
    for (uint32_t i = 0; i < thing->count; i++)
        thing->cells[i].flags &= ~(unsigned)SS_CELL_NEWS & 0xffU;
    return true;
}

void ss_overlay_expire(struct ss_core *core) {
    for (uint32_t i = (uint32_t)core->overlays.count; i-- > 0;) {
        const uint64_t expires = core->overlays.items[i].expires_ms;
        if (expires > core->now)
            ss_timer_by(core, SS_TIMER_OVERLAY, expires);
        else if (!ss_overlay_silent(core, i))
            ss_timer_by(core, SS_TIMER_OVERLAY, core->now + SS_RETRY_MS);
    }
}

void ss_overlays_finish(struct ss_core *core) {
    for (size_t i = 0; i < core->overlays.count; i++) {
        struct ss_overlay *overlay = &core->overlays.items[i];
        for (uint32_t c = 0; c < overlay->count; c++)
            ss_alloc_free(ss_memory(core), ss_cell_memory(&overlay->cells[c]));
        ss_alloc_free(ss_memory(core), overlay->cells);
    }
    ss_array_finish(&core->overlays, ss_memory(core));
}
