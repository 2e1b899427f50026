// SPDX-License-Identifier: Apache-2.0
#include "core/aside.h"

#include "core/handlers.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/repair.h"

enum { SS_ASIDE_MAX = 256 };

static struct ss_stamp ss_aside_newest(const struct ss_incoming *incoming, uint32_t count) {
    struct ss_stamp newest = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        if (ss_stamp_compare(&incoming[i].stamp, &newest) > 0)
            newest = incoming[i].stamp;
    }
    return newest;
}

// One entry per entity, the newest.
static struct ss_aside *ss_aside_slot(struct ss_core *core, uint32_t thing, const struct ss_stamp *newest) {
    for (size_t i = 0; i < core->aside.count; i++) {
        struct ss_aside *entry = &core->aside.items[i];
        if (entry->thing == thing)
            return ss_stamp_compare(newest, &entry->newest) > 0 ? entry : NULL;
    }
    if (!ss_array_room(&core->aside, ss_memory(core), 1, SS_ASIDE_MAX))
        return NULL;
    ss_array_push(&core->aside, (struct ss_aside){.thing = thing});
    return &core->aside.items[core->aside.count - 1];
}

static uint64_t ss_aside_due(const struct ss_core *core, const struct ss_stamp *newest) {
    const uint64_t ahead = ss_clock_ahead(&core->clock, newest);
    return core->now + (ahead > SS_FUTURE_ASIDE_MS ? ahead - SS_FUTURE_ASIDE_MS : 0);
}

static enum ss_aside_result ss_aside_take(struct ss_core *core, const struct ss_entity *entity, const struct ss_incoming *incoming,
                                          uint32_t count, const struct ss_stamp *newest) {
    const uint32_t thing = ss_thing_take(core, entity->kind, &entity->uuid);
    const struct ss_slice record = ss_record_cells(core, incoming, count);
    uint8_t *copy = record.data != NULL ? ss_alloc_take(ss_memory(core), record.len) : NULL;
    if (thing == SS_NONE || copy == NULL) {
        ss_alloc_free(ss_memory(core), copy);
        return SS_ASIDE_NO_MEMORY;
    }
    struct ss_aside *entry = ss_aside_slot(core, thing, newest);
    if (entry == NULL) {
        ss_alloc_free(ss_memory(core), copy);
        return SS_ASIDE_TAKEN;
    }
    memcpy(copy, record.data, record.len);
    ss_alloc_free(ss_memory(core), entry->record);
    entry->record = copy;
    entry->len = (uint32_t)record.len;
    entry->newest = *newest;
    ss_timer_by(core, SS_TIMER_ASIDE, ss_aside_due(core, newest));
    ss_fx_refuse(core, 0, 0, SS_EFUTURE, "future", "a stamp is over five minutes ahead; it waits until it is due. Check the clocks");
    return SS_ASIDE_TAKEN;
}

enum ss_aside_result ss_aside_check(struct ss_core *core, const struct ss_entity *entity, const struct ss_incoming *incoming,
                                    uint32_t count) {
    const struct ss_stamp newest = ss_aside_newest(incoming, count);
    const uint64_t ahead = ss_clock_ahead(&core->clock, &newest);
    if (ahead <= SS_FUTURE_ASIDE_MS)
        return SS_ASIDE_NO;
    if (ahead <= SS_FUTURE_REFUSED_MS)
        return ss_aside_take(core, entity, incoming, count, &newest);
    ss_fx_refuse(core, 0, 0, SS_EFUTURE, "future", "a stamp is over a day ahead; it was refused. Check the clocks");
    return SS_ASIDE_REFUSED;
}

static bool ss_aside_merge(struct ss_core *core, const struct ss_aside *entry) {
    struct ss_incoming *incoming;
    uint32_t count;
    ss_plan_begin(core, -1);
    const uint32_t change = ss_plan_change(core, entry->thing);
    if (change == SS_NONE || ss_record_incoming(core, ss_slice_of(entry->record, entry->len), &incoming, &count) != SS_OK ||
        ss_plan_merge(core, change, incoming, count) != SS_OK || ss_plan_finish(core) != SS_OK) {
        ss_plan_abort(core);
        return false;
    }
    const bool news = core->plan.changes.items[change].changed;
    ss_plan_commit(core);
    core->checkpoint.stale |= news;
    for (uint32_t i = 0; i < count; i++)
        ss_clock_observe(&core->clock, &incoming[i].stamp);
    if (news)
        ss_repair_whole(core, entry->thing); // who had it aside may have had the broker retain something older since
    return true;
}

void ss_aside_run(struct ss_core *core) {
    for (size_t i = core->aside.count; i-- > 0;) {
        struct ss_aside *entry = &core->aside.items[i];
        if (ss_clock_ahead(&core->clock, &entry->newest) > SS_FUTURE_ASIDE_MS) {
            ss_timer_by(core, SS_TIMER_ASIDE, ss_aside_due(core, &entry->newest));
        } else if (!ss_aside_merge(core, entry)) {
            ss_timer_by(core, SS_TIMER_ASIDE, core->now + SS_RETRY_MS);
        } else {
            ss_alloc_free(ss_memory(core), entry->record);
            *entry = core->aside.items[--core->aside.count];
        }
    }
}
