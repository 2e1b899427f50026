// SPDX-License-Identifier: Apache-2.0
// What was stored is durable, or was refused by the disk and is stored again by and by.
#include "core/handlers.h"
#include "core/outbox.h"
#include "core/plan.h"
#include "core/record.h"

enum { SS_RESAVE_MS = 1000, SS_RESAVE_MOST_MS = 5000, SS_RESAVE_THINGS = 512 };

// Acknowledgements are in the order of their transactions; those that wait for blobs may stay behind.
void ss_acks_pump(struct ss_core *core) {
    size_t kept = 0;
    size_t at = 0;
    for (; at < core->acks.count && core->acks.items[at].txn <= core->stored_txn; at++) {
        const struct ss_ack ack = core->acks.items[at];
        if (ack.blobs > 0 || !ss_fx_room(core, 1)) {
            core->acks.items[kept++] = ack;
            continue;
        }
        struct ss_effect *effect = ss_fx_push(core, SS_FX_ACK);
        effect->ack.client = ack.client;
        effect->ack.id = ack.id;
    }
    if (kept == at)
        return;
    memmove(core->acks.items + kept, core->acks.items + at, (core->acks.count - at) * sizeof *core->acks.items);
    core->acks.count -= at - kept;
}

int ss_on_stored(struct ss_core *core, const struct ss_event *event) {
    if (event->stored.txn > core->stored_txn)
        core->stored_txn = event->stored.txn;
    return SS_OK;
}

// The values stay in memory and are stored again; nothing is published before that has succeeded, so that no seq is given out twice.
int ss_on_store_failed(struct ss_core *core, const struct ss_event *event) {
    if (!ss_fx_room(core, core->acks.count + 1))
        return SS_ENOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < core->acks.count; i++) {
        const struct ss_ack ack = core->acks.items[i];
        if (ack.txn == event->stored.txn)
            ss_fx_refuse(core, ack.client, ack.id, SS_ENOMEM, "disk", "the disk refused the edit; make room on it and edit again");
        else
            core->acks.items[kept++] = ack;
    }
    core->acks.count = kept;
    const uint64_t delay = core->resave_delay_ms * 2ULL;
    core->resave_delay_ms = (uint32_t)(delay < SS_RESAVE_MS ? SS_RESAVE_MS : delay > SS_RESAVE_MOST_MS ? SS_RESAVE_MOST_MS : delay);
    core->failed_ms = core->now;
    core->resave = 0;
    ss_timer_stop(core, SS_TIMER_RESAVE);
    ss_timer_by(core, SS_TIMER_RESAVE, core->now + core->resave_delay_ms);
    return SS_OK;
}

static int ss_resave_things(struct ss_core *core, uint32_t *next) {
    const uint32_t end = (uint32_t)core->scene.things.count;
    for (uint32_t done = 0; *next < end && done < SS_RESAVE_THINGS; (*next)++) {
        if (ss_thing_at(core, *next)->count == 0)
            continue;
        const uint32_t change = ss_plan_change(core, *next);
        if (change == SS_NONE)
            return SS_ENOMEM;
        struct ss_change *made = &core->plan.changes.items[change];
        made->store = true;
        if ((made->flags & SS_THING_PARTED) != 0)
            memset(made->stored, 0xff, sizeof made->stored);
        done++;
    }
    return ss_plan_finish(core);
}

static int ss_resave_rest(struct ss_core *core) {
    for (size_t i = core->outbox.head; i < core->outbox.entries.count; i++) {
        struct ss_outgoing *entry = &core->outbox.entries.items[i];
        if (entry->state != SS_OUT_DONE && ss_record_outgoing(core, entry->seq, entry->thing, entry->part, false) != SS_OK)
            return SS_ENOMEM;
    }
    for (size_t i = 0; i < core->vectors.lines.count; i++) {
        const struct ss_line *line = &core->vectors.lines.items[i];
        if (i != core->own_line && ss_record_line(core, &line->from, line->seq) != SS_OK)
            return SS_ENOMEM;
    }
    return ss_record_clock(core) == SS_OK ? ss_record_origin(core) : SS_ENOMEM;
}

// Stores some things at a time and at last the rest, then waits for that transaction.
void ss_resave_run(struct ss_core *core) {
    if (core->resave == SS_NONE)
        return;
    uint32_t next = core->resave;
    ss_plan_begin(core, -1);
    int error = ss_resave_things(core, &next);
    if (error == SS_OK && next == core->scene.things.count)
        error = ss_resave_rest(core);
    if (error != SS_OK) {
        ss_plan_abort(core);
        ss_timer_by(core, SS_TIMER_RESAVE, core->now + SS_RETRY_MS);
        return;
    }
    ss_plan_commit(core);
    core->resave = next;
    if (next < core->scene.things.count) {
        ss_timer_by(core, SS_TIMER_RESAVE, core->now + 1);
        return;
    }
    core->resave = SS_NONE;
    core->failed_ms = 0;
    for (size_t i = core->outbox.head; i < core->outbox.entries.count; i++)
        core->outbox.entries.items[i].txn = core->txn;
}
