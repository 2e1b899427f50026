// SPDX-License-Identifier: Apache-2.0
// Part of an answer to our `sync` arrived: merged at once; with the last part the answerer's vector becomes ours, too.
#include "core/aside.h"
#include "core/clone.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/peers.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/repair.h"
#include "core/replayed.h"
#include "core/sync.h"

static int ss_sync_touches(struct ss_core *core, uint32_t change, const struct ss_vector *touched) {
    for (size_t i = 0; i < touched->count; i++) {
        if (!ss_vectors_count(&core->vectors, &touched->entries[i].from))
            continue;
        const uint32_t line = ss_vectors_take(&core->vectors, &touched->entries[i].from);
        if (line == SS_NONE || ss_plan_touch(core, change, line, touched->entries[i].seq) != SS_OK)
            return SS_ENOMEM;
    }
    return SS_OK;
}

static int ss_sync_entity(struct ss_core *core, const struct ss_entity *entity, const struct ss_vector *touched) {
    struct ss_incoming *incoming = NULL;
    const char *cause = NULL;
    const uint32_t count = (uint32_t)entity->field_count;
    int error = ss_incoming_of(core, entity, &incoming, &cause);
    if (error == SS_ENOMEM)
        return error;
    if (error != SS_OK) {
        ss_fx_refuse(core, 0, 0, (enum ss_error)error, cause, "an entity of a sync exceeds v1's limits or has a field twice");
        return SS_OK;
    }
    const enum ss_aside_result aside = ss_aside_check(core, entity, incoming, count);
    if (aside != SS_ASIDE_NO)
        return aside == SS_ASIDE_NO_MEMORY ? SS_ENOMEM : SS_OK;
    const uint32_t thing = ss_thing_take(core, entity->kind, &entity->uuid);
    const uint32_t change = thing != SS_NONE ? ss_plan_change(core, thing) : SS_NONE;
    if (change == SS_NONE || ss_plan_merge(core, change, incoming, count) != SS_OK)
        return SS_ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        ss_clock_observe(&core->clock, &incoming[i].stamp);
    return ss_sync_touches(core, change, touched);
}

// The lines as they will be once this is committed; nothing of ours is taken from others.
static int ss_sync_adopt(struct ss_core *core, const struct ss_vector *vector, bool commit) {
    for (size_t i = 0; i < vector->count; i++) {
        const struct ss_vector_entry *entry = &vector->entries[i];
        if (!ss_vectors_count(&core->vectors, &entry->from))
            continue;
        const uint32_t number = ss_vectors_take(&core->vectors, &entry->from);
        if (number == SS_NONE)
            return SS_ENOMEM;
        if (number == core->own_line)
            continue;
        struct ss_line *line = &core->vectors.lines.items[number];
        struct ss_line adopted = *line;
        if (!ss_line_adopt(&adopted, entry->seq))
            continue;
        if (commit)
            *line = adopted;
        else if (ss_record_line(core, &entry->from, adopted.seq) != SS_OK)
            return SS_ENOMEM;
    }
    return SS_OK;
}

static int ss_sync_plan(struct ss_core *core, const struct ss_ev_sync_reply *reply) {
    for (size_t i = 0; i < reply->entity_count; i++) {
        if (ss_sync_entity(core, &reply->entities[i], &reply->touched[i]) != SS_OK)
            return SS_ENOMEM;
    }
    if (reply->last && ss_sync_adopt(core, &reply->vector, false) != SS_OK)
        return SS_ENOMEM;
    return ss_plan_finish(core);
}

// What a peer has and the broker had not is retained again, by the first who notices. What is not heard of yet the replay may still bring.
static void ss_sync_commit(struct ss_core *core, uint32_t *changed) {
    size_t count = 0;
    for (size_t i = 0; i < core->plan.changes.count; i++) {
        if (core->plan.changes.items[i].changed)
            changed[count++] = core->plan.changes.items[i].number;
    }
    ss_plan_commit(core);
    for (size_t i = 0; i < count; i++) {
        if (core->checked || ss_replayed_heard(core, ss_thing_at(core, changed[i])))
            ss_repair_whole(core, changed[i]);
    }
}

static void ss_sync_done(struct ss_core *core) {
    core->answered = true;
    ss_sync_stop(core, false);
    ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
    ss_timer_by(core, SS_TIMER_WANT, core->now + SS_GRACE_MS);
    if (core->scene.alive > 0)
        ss_sync_known(core);
    else
        ss_timer_by(core, SS_TIMER_QUIET, core->now + SS_QUIET_MS);
}

int ss_on_sync_replied(struct ss_core *core, const struct ss_event *event) {
    const struct ss_ev_sync_reply *reply = &event->sync_replied;
    if (!core->sync.active || core->sync.fetching || reply->call != core->sync.call || !ss_origin_equal(&reply->from, &core->sync.peer) ||
        reply->part < core->sync.part)
        return SS_OK;
    if (reply->part > core->sync.part) {
        ss_sync_stop(core, true);
        return SS_OK;
    }
    if (reply->blob.size > 0)
        return ss_sync_fetch(core, &reply->from, &reply->blob, false) ? SS_OK : SS_ENOMEM;
    if (reply->last && ss_vector_seq(&reply->vector, &core->clock.origin) >= core->next_seq && ss_clone_leave(core) != SS_OK)
        return SS_ENOMEM;
    ss_plan_begin(core, -1);
    uint32_t *changed = ss_scratch_take(&core->scratch, (reply->entity_count + 1) * sizeof *changed);
    if (changed == NULL || ss_sync_plan(core, reply) != SS_OK) {
        ss_plan_abort(core);
        return SS_ENOMEM;
    }
    ss_sync_commit(core, changed);
    core->sync.part++;
    ss_timer_stop(core, SS_TIMER_SYNC);
    ss_timer_by(core, SS_TIMER_SYNC, core->now + SS_SYNC_TIMEOUT_MS);
    if (reply->last) {
        ss_sync_adopt(core, &reply->vector, true);
        ss_sync_done(core);
    }
    return SS_OK;
}
