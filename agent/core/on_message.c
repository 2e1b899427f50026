// SPDX-License-Identifier: Apache-2.0
// A state message arrived: merged, stored, counted, shown, and where our copy is newer repaired.
#include "core/aside.h"
#include "core/clone.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/repair.h"
#include "core/replayed.h"

enum { SS_CROSS_MS = 1000 };

// What is counted once the message is committed.
struct ss_count {
    uint32_t line; // SS_NONE: nothing
    struct ss_line value;
};

// Retained messages fill values; only fresh ones count for the version vector.
static int ss_state_count(struct ss_core *core, const struct ss_ev_state *state, uint32_t line, struct ss_count *count) {
    count->line = SS_NONE;
    if (state->retained || line == core->own_line)
        return SS_OK;
    count->line = line;
    count->value = core->vectors.lines.items[line];
    return ss_line_note(&count->value, state->seq) ? ss_record_line(core, &state->from, count->value.seq) : SS_OK;
}

static int ss_state_plan(struct ss_core *core, const struct ss_ev_state *state, uint32_t thing, struct ss_incoming *incoming,
                         uint32_t fields, struct ss_count *count) {
    const uint32_t change = ss_plan_change(core, thing);
    if (change == SS_NONE || ss_plan_merge(core, change, incoming, fields) != SS_OK)
        return SS_ENOMEM;
    count->line = SS_NONE;
    if (state->numbered) {
        const uint32_t line = ss_vectors_take(&core->vectors, &state->from);
        if (line == SS_NONE || ss_plan_touch(core, change, line, state->seq) != SS_OK || ss_state_count(core, state, line, count) != SS_OK)
            return SS_ENOMEM;
    }
    return ss_plan_finish(core);
}

// Whether a message may have reached the broker before one that was sent without knowing it, by us or, where we look after what the broker
// retains, by anybody: the latter would be what is retained.
static bool ss_state_crossed(struct ss_core *core, struct ss_thing *thing, uint32_t line) {
    const bool lately = thing->said_ms != 0 && (uint32_t)core->now - thing->said_ms < SS_CROSS_MS;
    const bool crossed = lately && thing->said_by != line;
    if (core->keeper && line != SS_NONE && !(lately && thing->said_by == core->own_line)) {
        thing->said_ms = (uint32_t)core->now;
        thing->said_by = line;
    }
    return crossed;
}

static int ss_state_merge(struct ss_core *core, const struct ss_ev_state *state, struct ss_incoming *incoming, uint32_t fields) {
    const uint32_t thing = ss_thing_take(core, state->entity.kind, &state->entity.uuid);
    struct ss_count count;
    if (thing == SS_NONE)
        return SS_ENOMEM;
    ss_plan_begin(core, -1);
    if (ss_state_plan(core, state, thing, incoming, fields, &count) != SS_OK) {
        ss_plan_abort(core);
        return SS_ENOMEM;
    }
    const bool changed = core->plan.changes.items[ss_thing_at(core, thing)->change - 1].changed;
    ss_plan_commit(core);
    core->checkpoint.stale |= changed && count.line == SS_NONE;
    if (count.line != SS_NONE) {
        if (count.value.seq != core->vectors.lines.items[count.line].seq)
            ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
        core->vectors.lines.items[count.line] = count.value;
    }
    for (uint32_t i = 0; i < fields; i++)
        ss_clock_observe(&core->clock, &incoming[i].stamp);
    if (state->retained || state->numbered) // what agents say is retained, too
        ss_replayed_note(core, ss_thing_at(core, thing), state->part, state->retained);
    const bool crossed = ss_state_crossed(core, ss_thing_at(core, thing), count.line);
    ss_repair_after(core, thing, state->part, incoming, fields, changed && (!state->numbered || crossed));
    return SS_OK;
}

int ss_on_state(struct ss_core *core, const struct ss_event *event) {
    struct ss_ev_state counted = event->state;
    const struct ss_ev_state *state = &counted;
    counted.numbered = counted.numbered && ss_vectors_count(&core->vectors, &counted.from);
    struct ss_incoming *incoming = NULL;
    const char *cause = NULL;
    const uint32_t fields = (uint32_t)state->entity.field_count;
    int error = ss_incoming_of(core, &state->entity, &incoming, &cause);
    if (error == SS_ENOMEM)
        return error;
    if (error != SS_OK) {
        ss_fx_refuse(core, 0, 0, (enum ss_error)error, cause, "a state message exceeds v1's limits or has a field twice");
        return SS_OK;
    }
    if (state->numbered && ss_origin_equal(&state->from, &core->clock.origin) && state->seq >= core->next_seq &&
        ss_clone_leave(core) != SS_OK)
        return SS_ENOMEM;
    core->brought |= state->retained;
    if (core->replayed && state->retained && core->due[SS_TIMER_QUIET] != SS_NEVER)
        core->due[SS_TIMER_QUIET] = core->now + SS_QUIET_MS;
    switch (ss_aside_check(core, &state->entity, incoming, fields)) {
    case SS_ASIDE_NO: return ss_state_merge(core, state, incoming, fields);
    case SS_ASIDE_NO_MEMORY: return SS_ENOMEM;
    default: return SS_OK;
    }
}
