// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"
#include "core/dirty.h"
#include "core/outbox.h"
#include "core/overlay.h"
#include "core/patch.h"
#include "core/plan.h"

static void ss_commit_bury(void *context, void *memory) {
    struct ss_core *core = context;
    if (memory != NULL)
        ss_array_push(&core->graveyard, memory);
}

static void ss_commit_count(struct ss_core *core, const struct ss_thing *thing, int by) {
    if (thing->count == 0)
        return;
    core->scene.present += (uint64_t)(int64_t)by;
    if ((thing->flags & SS_THING_DELETED) == 0)
        core->scene.alive += (uint64_t)(int64_t)by;
    if ((thing->flags & SS_THING_HELD) != 0)
        core->scene.held += (uint64_t)(int64_t)by;
}

// What was there before lives until the next step: effects of this one may point into it.
static void ss_commit_cells(struct ss_core *core, struct ss_thing *thing, const struct ss_change *change) {
    const struct ss_cells before = {thing->cells, thing->count};
    const struct ss_cells after = {change->cells, change->count};
    ss_cells_lost(&core->names, &before, &after, ss_commit_bury, core);
    ss_commit_bury(core, thing->cells);
    thing->cells = change->cells;
    thing->count = change->count;
    thing->size = change->size;
}

static void ss_commit_live(struct ss_core *core, uint32_t number, struct ss_thing *thing) {
    if ((thing->flags & SS_THING_LIVE) == 0) {
        thing->flags |= SS_THING_LIVE;
        ss_array_push(&core->live, number);
    }
    const uint64_t next = core->ticked_ms + core->config.live_tick_ms;
    ss_timer_by(core, SS_TIMER_LIVE, next > core->now ? next : core->now);
}

static void ss_commit_settling(struct ss_core *core, uint32_t number, struct ss_thing *thing) {
    if (thing->settling == 0) {
        ss_array_push(&core->settling, (struct ss_settling){number, core->now, core->now});
        thing->settling = (uint32_t)core->settling.count;
    }
    core->settling.items[thing->settling - 1].last_ms = core->now;
    ss_timer_by(core, SS_TIMER_SETTLE, core->now + core->config.settle_ms);
}

static void ss_commit_settled(struct ss_core *core, struct ss_thing *thing) {
    for (uint32_t i = 0; i < thing->count; i++)
        thing->cells[i].flags &= ~(unsigned)SS_CELL_UNSETTLED & 0xffU;
    if (thing->settling == 0)
        return;
    struct ss_settling *last = &core->settling.items[core->settling.count - 1];
    core->settling.items[thing->settling - 1] = *last;
    ss_thing_at(core, last->thing)->settling = thing->settling;
    core->settling.count--;
    thing->settling = 0;
}

static void ss_commit_news(struct ss_core *core, uint32_t number, struct ss_thing *thing) {
    const uint32_t editor = core->plan.editor != 0 ? 1U << (core->plan.editor - 1) : 0;
    bool live = false;
    ss_overlay_end(core, number);
    ss_clients_news(core, number, editor);
    for (uint32_t i = 0; i < thing->count; i++) {
        struct ss_cell *cell = &thing->cells[i];
        live |= (cell->flags & (SS_CELL_CHANGED | SS_CELL_LIVE)) == (SS_CELL_CHANGED | SS_CELL_LIVE);
        cell->flags &= ~(unsigned)(SS_CELL_CHANGED | SS_CELL_NEWS) & 0xffU;
    }
    if (live)
        ss_commit_live(core, number, thing);
}

static void ss_commit_change(struct ss_core *core, struct ss_change *change, uint64_t *seq) {
    struct ss_thing *thing = ss_thing_at(core, change->number);
    const uint32_t before = thing->flags;
    ss_commit_count(core, thing, -1);
    ss_patch_commit(core, change);
    if (change->cells != NULL)
        ss_commit_cells(core, thing, change);
    thing->flags = change->flags;
    ss_commit_count(core, thing, 1);
    if (change->touches != NULL) {
        ss_commit_bury(core, thing->touches);
        thing->touches = change->touches;
        thing->touch_count = change->touch_count;
    }
    if (change->queued_parts != NULL)
        thing->queued_parts = change->queued_parts;
    thing->change = 0;
    if (change->changed) {
        ss_digest_stale(core, change->number);
        ss_commit_news(core, change->number, thing);
    }
    if ((change->flags & SS_THING_UNSETTLED) != 0 && change->changed && core->plan.editor != 0)
        ss_commit_settling(core, change->number, thing);
    else if ((before & ~change->flags & SS_THING_UNSETTLED) != 0)
        ss_commit_settled(core, thing);
    ss_outbox_commit(core, change, seq);
}

void ss_plan_commit(struct ss_core *core) {
    uint64_t seq = core->next_seq;
    for (size_t i = 0; i < core->plan.changes.count; i++)
        ss_commit_change(core, &core->plan.changes.items[i], &seq);
    core->next_seq = seq;
    core->plan.changes.count = core->plan.undo.count = 0;
    core->plan.seqs = 0;
}
