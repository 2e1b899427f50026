// SPDX-License-Identifier: Apache-2.0
#include "core/clone.h"

#include "core/outbox.h"
#include "core/plan.h"
#include "core/record.h"

static int ss_clone_publish(struct ss_core *core, uint32_t number) {
    const uint32_t change = ss_plan_change(core, number);
    if (change == SS_NONE)
        return SS_ENOMEM;
    ss_plan_publish(core, change, -1);
    const struct ss_thing *thing = ss_thing_at(core, number);
    for (uint32_t i = 0; (thing->flags & SS_THING_PARTED) != 0 && i < thing->count; i++)
        ss_plan_publish(core, change, ss_field_part(core, thing->cells[i].name));
    return SS_OK;
}

static bool ss_clone_since_start(const struct ss_core *core, const struct ss_thing *thing, uint32_t old_line) {
    for (uint32_t i = 0; i < thing->touch_count; i++) {
        if (thing->touches[i].from == old_line && thing->touches[i].seq >= core->start_seq)
            return true;
    }
    return false;
}

static int ss_clone_plan(struct ss_core *core, uint32_t old_line) {
    for (size_t i = core->outbox.head; i < core->outbox.entries.count; i++) {
        const struct ss_outgoing *entry = &core->outbox.entries.items[i];
        if (entry->state != SS_OUT_DONE && (ss_clone_publish(core, entry->thing) != SS_OK ||
                                            ss_record_outgoing(core, entry->seq, entry->thing, entry->part, true) != SS_OK))
            return SS_ENOMEM;
    }
    for (uint32_t i = 0; i < core->scene.things.count; i++) {
        if (ss_clone_since_start(core, ss_thing_at(core, i), old_line) && ss_clone_publish(core, i) != SS_OK)
            return SS_ENOMEM;
    }
    const struct ss_line *old = &core->vectors.lines.items[old_line];
    if (ss_record_origin(core) != SS_OK || ss_record_own(core) != SS_OK || ss_record_line(core, &old->from, core->start_seq - 1) != SS_OK)
        return SS_ENOMEM;
    return ss_plan_finish(core) == SS_OK && ss_fx_room(core, 1) ? SS_OK : SS_ENOMEM;
}

// What waits would else be taken to carry the newest values under the new numbers, too.
static void ss_clone_queued(struct ss_core *core, bool queued) {
    for (size_t i = core->outbox.head; i < core->outbox.entries.count; i++) {
        const struct ss_outgoing *entry = &core->outbox.entries.items[i];
        if (!entry->sent)
            ss_outbox_mark(core, entry, queued);
    }
}

static void ss_clone_outbox(struct ss_core *core, size_t old_count) {
    struct ss_outbox *outbox = &core->outbox;
    outbox->entries.count -= old_count;
    if (outbox->entries.count > 0)
        memmove(outbox->entries.items, outbox->entries.items + old_count, outbox->entries.count * sizeof *outbox->entries.items);
    outbox->head = outbox->next = outbox->flying = 0;
}

int ss_clone_leave(struct ss_core *core) {
    const struct ss_origin old_origin = core->clock.origin;
    const uint32_t old_line = core->own_line;
    const uint64_t old_next = core->next_seq;
    const size_t old_count = core->outbox.entries.count;
    struct ss_origin origin;
    ss_store_be(origin.b, sizeof origin.b, ss_random(core));
    const uint32_t line = ss_vectors_take(&core->vectors, &origin);
    if (line == SS_NONE)
        return SS_ENOMEM;
    core->clock.origin = origin;
    core->own_line = line;
    core->next_seq = 1;
    ss_clone_queued(core, false);
    ss_plan_begin(core, -1);
    if (ss_clone_plan(core, old_line) != SS_OK) {
        ss_plan_abort(core);
        core->clock.origin = old_origin;
        core->own_line = old_line;
        core->next_seq = old_next;
        ss_clone_queued(core, true);
        return SS_ENOMEM;
    }
    ss_plan_commit(core);
    ss_clone_outbox(core, old_count);
    core->vectors.lines.items[old_line].seq = core->start_seq - 1;
    core->vectors.lines.items[old_line].ahead_count = 0;
    core->start_seq = 1;
    ss_fx_push(core, SS_FX_NEW_ORIGIN)->new_origin = origin;
    core->standing = core->effects.count;
    ss_timer_by(core, SS_TIMER_PEER, core->now);
    return SS_OK;
}
