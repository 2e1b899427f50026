// SPDX-License-Identifier: Apache-2.0
#include "core/outbox.h"

#include <stdlib.h>

#include "core/entity.h"
#include "core/record.h"
#include "core/replayed.h"

enum { SS_OUTBOX_MAX = 1 << 26 };

static int ss_outbox_seq(struct ss_core *core, uint32_t change, int part) {
    const uint64_t seq = core->next_seq + core->plan.seqs++;
    const uint32_t thing = core->plan.changes.items[change].number;
    int error = ss_plan_touch(core, change, core->own_line, seq);
    return error != SS_OK ? error : ss_record_outgoing(core, seq, thing, part, false);
}

// What already waits to be sent carries the newest values when it goes; it needs no other seq.
int ss_outbox_plan(struct ss_core *core, uint32_t number) {
    struct ss_change *change = &core->plan.changes.items[number];
    const uint64_t before = core->plan.seqs;
    change->base_seq = change->base && !ss_thing_queued(ss_thing_at(core, change->number), -1);
    if (change->base_seq && ss_outbox_seq(core, number, -1) != SS_OK)
        return SS_ENOMEM;
    for (int part = 0; part < 256 && ss_bits_any(change->parts); part++) {
        if (!ss_bit(change->parts, (unsigned)part))
            continue;
        if (ss_thing_queued(ss_thing_at(core, change->number), part))
            change->parts[part / 64] &= ~((uint64_t)1 << part % 64);
        else if (ss_outbox_seq(core, number, part) != SS_OK)
            return SS_ENOMEM;
    }
    const size_t more = (size_t)(core->plan.seqs - before);
    return more == 0 || ss_array_room(&core->outbox.entries, ss_memory(core), (size_t)core->plan.seqs, SS_OUTBOX_MAX) ? SS_OK : SS_ENOMEM;
}

void ss_outbox_mark(struct ss_core *core, const struct ss_outgoing *entry, bool queued) {
    struct ss_thing *thing = ss_thing_at(core, entry->thing);
    if (entry->part < 0) {
        thing->flags = queued ? thing->flags | SS_THING_QUEUED : thing->flags & ~(uint32_t)SS_THING_QUEUED;
        return;
    }
    const uint64_t bit = (uint64_t)1 << entry->part % 64;
    uint64_t *bits = &thing->queued_parts[entry->part / 64];
    *bits = queued ? *bits | bit : *bits & ~bit;
}

static void ss_outbox_push(struct ss_core *core, uint64_t seq, uint32_t number, int part) {
    ss_array_push(&core->outbox.entries, (struct ss_outgoing){.seq = seq, .txn = core->txn, .thing = number, .part = (int16_t)part});
    ss_outbox_mark(core, &core->outbox.entries.items[core->outbox.entries.count - 1], true);
}

// Who has heard a number does not ask for it again: what is edited from now on needs another, though this one will carry it, too.
static void ss_outbox_was_sent(struct ss_core *core, struct ss_outgoing *entry) {
    entry->sent = true;
    ss_outbox_mark(core, entry, false);
}

void ss_outbox_commit(struct ss_core *core, const struct ss_change *change, uint64_t *seq) {
    if (change->base_seq)
        ss_outbox_push(core, (*seq)++, change->number, -1);
    for (int part = 0; part < 256 && ss_bits_any(change->parts); part++) {
        if (ss_bit(change->parts, (unsigned)part))
            ss_outbox_push(core, (*seq)++, change->number, part);
    }
}

int ss_outbox_restore(struct ss_core *core, uint64_t seq, uint32_t number, int part) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if (!ss_array_room(&core->outbox.entries, ss_memory(core), 1, SS_OUTBOX_MAX))
        return SS_ENOMEM;
    if (part >= 0 && thing->queued_parts == NULL) {
        thing->queued_parts = ss_alloc_take(ss_memory(core), 4 * sizeof(uint64_t));
        if (thing->queued_parts == NULL)
            return SS_ENOMEM;
        memset(thing->queued_parts, 0, 4 * sizeof(uint64_t));
    }
    ss_outbox_push(core, seq, number, part);
    ss_outbox_was_sent(core, &core->outbox.entries.items[core->outbox.entries.count - 1]);
    core->next_seq = seq >= core->next_seq ? seq + 1 : core->next_seq;
    return SS_OK;
}

static int ss_outgoing_compare(const void *a, const void *b) {
    const uint64_t left = ((const struct ss_outgoing *)a)->seq;
    const uint64_t right = ((const struct ss_outgoing *)b)->seq;
    return (left > right) - (left < right);
}

void ss_outbox_start(struct ss_core *core) {
    struct ss_outbox *outbox = &core->outbox;
    if (outbox->entries.count > 0)
        qsort(outbox->entries.items, outbox->entries.count, sizeof *outbox->entries.items, ss_outgoing_compare);
    ss_own_line(core)->seq = outbox->entries.count > 0 ? outbox->entries.items[0].seq - 1 : core->next_seq - 1;
}

static void ss_outbox_compact(struct ss_outbox *outbox) {
    size_t kept = 0;
    for (size_t i = outbox->head; i < outbox->entries.count; i++) {
        if (outbox->entries.items[i].state != SS_OUT_DONE)
            outbox->entries.items[kept++] = outbox->entries.items[i];
    }
    outbox->entries.count = kept;
    outbox->head = 0;
}

void ss_outbox_again(struct ss_core *core) {
    struct ss_outbox *outbox = &core->outbox;
    ss_outbox_compact(outbox);
    for (size_t i = 0; i < outbox->entries.count && outbox->flying > 0; i++) {
        if (outbox->entries.items[i].state == SS_OUT_FLYING)
            outbox->flying--;
        outbox->entries.items[i].state = SS_OUT_WAITING;
    }
    outbox->next = 0;
}

static bool ss_outbox_send(struct ss_core *core, struct ss_outgoing *entry) {
    struct ss_thing *thing = ss_thing_at(core, entry->thing);
    struct ss_entity entity;
    if (!ss_fx_room(core, 1) || !ss_entity_of_part(core, thing, entry->part, &entity))
        return false;
    struct ss_effect *effect = ss_fx_push(core, SS_FX_PUBLISH_STATE);
    entry->token = ++core->outbox.next_token;
    entry->state = SS_OUT_FLYING;
    effect->state.token = entry->token;
    effect->state.entity = entity;
    effect->state.part = entry->part;
    effect->state.seq = entry->seq;
    effect->state.expiry_s = (thing->flags & SS_THING_DELETED) != 0 ? SS_TOMBSTONE_S : 0;
    ss_outbox_was_sent(core, entry);
    ss_replayed_note(core, thing, entry->part, false);
    thing->said_ms = (uint32_t)core->now;
    thing->said_by = core->own_line;
    core->outbox.flying++;
    return true;
}

// Room in flight is filled again when half of it is free: one by one, each message would wake every thread and program on its way.
void ss_outbox_pump(struct ss_core *core) {
    struct ss_outbox *outbox = &core->outbox;
    if (outbox->flying > core->config.max_inflight / 2)
        return;
    while (core->connected && outbox->flying < core->config.max_inflight && outbox->next < outbox->entries.count) {
        struct ss_outgoing *entry = &outbox->entries.items[outbox->next];
        if (entry->txn > core->stored_txn || core->failed_ms != 0)
            return;
        if (entry->state != SS_OUT_DONE && !ss_outbox_send(core, entry)) {
            ss_timer_by(core, SS_TIMER_RETRY, core->now + SS_RETRY_MS);
            return;
        }
        outbox->next++;
    }
}

// Forgets what is done at the head, and counts it.
static void ss_outbox_advance(struct ss_core *core) {
    struct ss_outbox *outbox = &core->outbox;
    while (outbox->head < outbox->entries.count && outbox->entries.items[outbox->head].state == SS_OUT_DONE)
        outbox->head++;
    outbox->next = outbox->next > outbox->head ? outbox->next : outbox->head;
    ss_own_line(core)->seq = outbox->head < outbox->entries.count ? outbox->entries.items[outbox->head].seq - 1 : core->next_seq - 1;
    ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
    if (outbox->head == outbox->entries.count) {
        ss_array_finish(&outbox->entries, ss_memory(core));
        outbox->head = outbox->next = 0;
    } else if (outbox->head > 1024 && outbox->head > outbox->entries.count / 2) {
        const size_t gone = outbox->head;
        outbox->next -= gone;
        memmove(outbox->entries.items, outbox->entries.items + gone, (outbox->entries.count - gone) * sizeof *outbox->entries.items);
        outbox->entries.count -= gone;
        outbox->head = 0;
    }
}

static bool ss_outbox_is_others(const struct ss_core *core, const struct ss_outgoing *entry) {
    const struct ss_thing *thing = ss_thing_at(core, entry->thing);
    bool ours = entry->state == SS_OUT_DONE;
    for (uint32_t i = 0; i < thing->count && !ours; i++)
        ours = memcmp(thing->cells[i].stamp.b + 8, core->clock.origin.b, sizeof core->clock.origin.b) == 0;
    return !ours;
}

int ss_outbox_shed(struct ss_core *core) {
    struct ss_outbox *outbox = &core->outbox;
    for (size_t i = outbox->head; i < outbox->entries.count; i++) {
        const struct ss_outgoing *entry = &outbox->entries.items[i];
        if (ss_outbox_is_others(core, entry) && ss_record_outgoing(core, entry->seq, entry->thing, entry->part, true) != SS_OK)
            return SS_ENOMEM;
    }
    for (size_t i = outbox->head; i < outbox->entries.count; i++) {
        struct ss_outgoing *entry = &outbox->entries.items[i];
        if (!ss_outbox_is_others(core, entry))
            continue;
        outbox->flying -= entry->state == SS_OUT_FLYING;
        if (!entry->sent)
            ss_outbox_mark(core, entry, false);
        entry->state = SS_OUT_DONE;
    }
    ss_outbox_advance(core);
    return SS_OK;
}

int ss_outbox_published(struct ss_core *core, uint64_t token) {
    struct ss_outbox *outbox = &core->outbox;
    size_t at = outbox->head;
    while (at < outbox->next && !(outbox->entries.items[at].state == SS_OUT_FLYING && outbox->entries.items[at].token == token))
        at++;
    if (at == outbox->next)
        return SS_OK; // of an earlier connection
    struct ss_outgoing *entry = &outbox->entries.items[at];
    if (ss_record_outgoing(core, entry->seq, entry->thing, entry->part, true) != SS_OK)
        return SS_ENOMEM;
    ss_replayed_note(core, ss_thing_at(core, entry->thing), entry->part, false); // a replay may have begun since it was sent
    entry->state = SS_OUT_DONE;
    outbox->flying--;
    ss_outbox_advance(core);
    return SS_OK;
}
