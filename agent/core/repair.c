// SPDX-License-Identifier: Apache-2.0
#include "core/repair.h"

#include "core/handlers.h"
#include "core/peers.h"
#include "core/plan.h"

enum { SS_REPAIRS_MAX = 1 << 20, SS_REPAIR_FORGET_MS = 60000, SS_REPAIR_DOUBLINGS = 8 };

static uint64_t ss_rank_hash(const struct ss_uuid *uuid, const struct ss_origin *origin) {
    return ss_hash(ss_hash(0, uuid->b, sizeof uuid->b), origin->b, sizeof origin->b);
}

bool ss_rank_before(const struct ss_core *core, const struct ss_uuid *uuid, const struct ss_peer *peer) {
    return ss_peer_present(peer) && peer->ready && ss_rank_hash(uuid, &peer->origin) < ss_rank_hash(uuid, &core->clock.origin);
}

uint32_t ss_rank(const struct ss_core *core, const struct ss_uuid *uuid) {
    uint32_t rank = 0;
    for (size_t i = 0; i < core->peers.count; i++)
        rank += ss_rank_before(core, uuid, &core->peers.items[i]);
    return rank;
}

// Whether our copy has something in the message's part that the message had not, or had older.
static bool ss_repair_lacks(const struct ss_core *core, const struct ss_thing *thing, int part, const struct ss_incoming *incoming,
                            uint32_t count) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < thing->count; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        if ((cell->flags & SS_CELL_HELD) != 0 || ((thing->flags & SS_THING_PARTED) != 0 && ss_field_part(core, cell->name) != part))
            continue;
        while (at < count && ss_names_compare(&core->names, incoming[at].name, cell->name) < 0)
            at++;
        if (at == count || incoming[at].name != cell->name || ss_stamp_compare(&incoming[at].stamp, &cell->stamp) != 0 ||
            !ss_slice_equal(incoming[at].value, ss_cell_value(cell)))
            return true;
    }
    return false;
}

static void ss_repair_cancel(struct ss_core *core, const struct ss_thing *thing, int part) {
    if (thing->repair == 0)
        return;
    struct ss_repair *repair = &core->repairs.items[thing->repair - 1];
    if (part < 0)
        repair->base = false;
    else
        repair->parts[part / 64] &= ~((uint64_t)1 << part % 64);
    if (!repair->base && !ss_bits_any(repair->parts))
        repair->due_ms = SS_NEVER;
}

// Repairs are a service to others: without memory for one it is left to them.
static void ss_repair_want(struct ss_core *core, uint32_t number, int part) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if (ss_looks_on(core))
        return;
    if (thing->repair == 0) {
        if (!ss_array_room(&core->repairs, ss_memory(core), 1, SS_REPAIRS_MAX))
            return;
        ss_array_push(&core->repairs, (struct ss_repair){.thing = number, .due_ms = SS_NEVER, .last_ms = core->now});
        thing->repair = (uint32_t)core->repairs.count;
    }
    struct ss_repair *repair = &core->repairs.items[thing->repair - 1];
    if (part < 0)
        repair->base = true;
    else
        ss_bit_set(repair->parts, (unsigned)part);
    if (repair->due_ms == SS_NEVER) {
        const uint32_t doublings = repair->tries < SS_REPAIR_DOUBLINGS ? repair->tries : SS_REPAIR_DOUBLINGS;
        const uint64_t step = core->config.rank_delay_ms;
        repair->due_ms = core->now + ss_rank(core, &thing->uuid) * step + (repair->tries > 0 ? step << doublings : 0);
    }
    ss_timer_by(core, SS_TIMER_REPAIR, repair->due_ms);
}

void ss_repair_after(struct ss_core *core, uint32_t number, int part, const struct ss_incoming *incoming, uint32_t count, bool forced) {
    const struct ss_thing *thing = ss_thing_at(core, number);
    if (thing->count == 0 || (part >= 0 && (thing->flags & SS_THING_PARTED) == 0))
        return;
    if (!forced && !ss_repair_lacks(core, thing, part, incoming, count)) {
        ss_repair_cancel(core, thing, part);
        return;
    }
    if (!ss_thing_queued(thing, part))
        ss_repair_want(core, number, part);
}

void ss_repair_whole(struct ss_core *core, uint32_t number) {
    const struct ss_thing *thing = ss_thing_at(core, number);
    if ((thing->flags & SS_THING_QUEUED) == 0)
        ss_repair_want(core, number, -1);
    for (uint32_t i = 0; (thing->flags & SS_THING_PARTED) != 0 && i < thing->count; i++) {
        const int part = ss_field_part(core, thing->cells[i].name);
        if (part >= 0 && !ss_thing_queued(thing, part))
            ss_repair_want(core, number, part);
    }
}

void ss_repairs_stop(struct ss_core *core) {
    for (size_t i = 0; i < core->repairs.count; i++) {
        struct ss_repair *repair = &core->repairs.items[i];
        repair->base = false;
        memset(repair->parts, 0, sizeof repair->parts);
        repair->due_ms = SS_NEVER;
    }
}

static void ss_repair_forget(struct ss_core *core, uint32_t at) {
    ss_thing_at(core, core->repairs.items[at].thing)->repair = 0;
    core->repairs.items[at] = core->repairs.items[--core->repairs.count];
    if (at < core->repairs.count)
        ss_thing_at(core, core->repairs.items[at].thing)->repair = at + 1;
}

static int ss_repair_plan(struct ss_core *core) {
    for (size_t i = 0; i < core->repairs.count; i++) {
        const struct ss_repair *repair = &core->repairs.items[i];
        if (repair->due_ms > core->now)
            continue;
        const uint32_t change = ss_plan_change(core, repair->thing);
        if (change == SS_NONE)
            return SS_ENOMEM;
        if (repair->base)
            ss_plan_publish(core, change, -1);
        for (int part = 0; part < 256 && ss_bits_any(repair->parts); part++) {
            if (ss_bit(repair->parts, (unsigned)part))
                ss_plan_publish(core, change, part);
        }
    }
    return ss_plan_finish(core);
}

void ss_repair_run(struct ss_core *core) {
    ss_plan_begin(core, -1);
    if (ss_repair_plan(core) != SS_OK) {
        ss_plan_abort(core);
        ss_timer_by(core, SS_TIMER_REPAIR, core->now + SS_RETRY_MS);
        return;
    }
    ss_plan_commit(core);
    for (uint32_t i = (uint32_t)core->repairs.count; i-- > 0;) {
        struct ss_repair *repair = &core->repairs.items[i];
        if (repair->due_ms <= core->now) {
            repair->tries++;
            repair->last_ms = core->now;
            repair->base = false;
            memset(repair->parts, 0, sizeof repair->parts);
            repair->due_ms = SS_NEVER;
        }
        if (repair->due_ms == SS_NEVER && core->now - repair->last_ms >= SS_REPAIR_FORGET_MS)
            ss_repair_forget(core, i);
        else
            ss_timer_by(core, SS_TIMER_REPAIR, repair->due_ms != SS_NEVER ? repair->due_ms : repair->last_ms + SS_REPAIR_FORGET_MS);
    }
}
