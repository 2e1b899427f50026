// SPDX-License-Identifier: Apache-2.0
// After 30 days a deleted entity shrinks to UUID and stamp, kept for ever; the broker's copy is cleared by the first in rank.
#include "core/handlers.h"
#include "core/plan.h"
#include "core/repair.h"

enum { SS_SWEEP_MS = 6 * 3600 * 1000, SS_SWEEP_THINGS = 256, SS_SWEEP_PAUSE_MS = 50 };

static bool ss_tombstone_due(const struct ss_core *core, const struct ss_thing *thing) {
    const uint32_t state = thing->flags & (SS_THING_DELETED | SS_THING_SHRUNK | SS_THING_QUEUED);
    if (state != SS_THING_DELETED)
        return false;
    const struct ss_cell *deleted = ss_cells_get(&core->names, thing->cells, thing->count, core->word.deleted);
    return ss_stamp_ms(&deleted->stamp) + SS_TOMBSTONE_S * 1000ULL < ss_clock_now(&core->clock);
}

static int ss_tombstone_shrink(struct ss_core *core, uint32_t number) {
    const uint32_t at = ss_plan_change(core, number);
    if (at == SS_NONE || ss_plan_copy(core, at) != SS_OK)
        return SS_ENOMEM;
    struct ss_change *change = &core->plan.changes.items[at];
    const bool parted = (change->flags & SS_THING_PARTED) != 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < change->count; i++) {
        const int part = ss_field_part(core, change->cells[i].name);
        if (parted && part >= 0)
            ss_bit_set(change->stored, (unsigned)part);
        if (change->cells[i].name == core->word.deleted)
            change->cells[kept++] = change->cells[i];
    }
    change->graves += change->count - kept;
    change->count = kept;
    change->flags |= SS_THING_SHRUNK;
    return SS_OK;
}

static int ss_tombstone_clear(struct ss_core *core, const struct ss_change *change) {
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    if (ss_rank(core, &thing->uuid) != 0)
        return SS_OK;
    if (!ss_fx_room(core, 257))
        return SS_ENOMEM;
    for (int part = -1; part < 256; part++) {
        if (part >= 0 && !ss_bit(change->stored, (unsigned)part))
            continue;
        struct ss_effect *effect = ss_fx_push(core, SS_FX_CLEAR_STATE);
        effect->state.entity = (struct ss_entity){.kind = ss_names_text(&core->names, thing->kind), .uuid = thing->uuid};
        effect->state.part = part;
    }
    return SS_OK;
}

static int ss_tombstone_plan(struct ss_core *core) {
    uint32_t done = 0;
    for (uint32_t i = 0; i < core->scene.things.count && done < SS_SWEEP_THINGS; i++) {
        if (!ss_tombstone_due(core, ss_thing_at(core, i)))
            continue;
        if (ss_tombstone_shrink(core, i) != SS_OK)
            return SS_ENOMEM;
        done++;
    }
    if (ss_plan_finish(core) != SS_OK)
        return SS_ENOMEM;
    for (uint32_t i = 0; i < core->plan.changes.count; i++) {
        if (ss_tombstone_clear(core, &core->plan.changes.items[i]) != SS_OK)
            return SS_ENOMEM;
    }
    return done == SS_SWEEP_THINGS ? 1 : SS_OK;
}

void ss_tombstone_sweep(struct ss_core *core) {
    if (!core->connected) {
        ss_timer_by(core, SS_TIMER_SWEEP, core->now + SS_SWEEP_MS);
        return;
    }
    ss_plan_begin(core, -1);
    int result = ss_tombstone_plan(core);
    if (result < 0)
        ss_plan_abort(core);
    else
        ss_plan_commit(core);
    ss_timer_by(core, SS_TIMER_SWEEP, core->now + (result == SS_OK ? SS_SWEEP_MS : SS_SWEEP_PAUSE_MS));
}
