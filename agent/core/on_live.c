// SPDX-License-Identifier: Apache-2.0
// Dragging: what peers drag is laid over, what our clients drag goes out at every tick and settles when it rests.
#include "core/entity.h"
#include "core/handlers.h"
#include "core/overlay.h"
#include "core/plan.h"
#include "core/record.h"

static bool ss_live_valid(const struct ss_ev_live *live) {
    bool valid = ss_kind_valid(live->batch.kind);
    for (size_t c = 0; c < live->batch.columns && valid; c++)
        valid = ss_name_valid(live->batch.names[c]);
    for (size_t i = 0; i < live->batch.rows * live->batch.columns && valid; i++)
        valid = ss_value_valid(live->batch.values[i]);
    return valid;
}

static void ss_live_row(struct ss_core *core, const struct ss_ev_live *live, size_t row, uint32_t number, const uint32_t *names,
                        struct ss_incoming *incoming) {
    const struct ss_batch *batch = &live->batch;
    for (size_t c = 0; c < batch->columns; c++) {
        const struct ss_slice value = batch->values[row * batch->columns + c];
        incoming[c] = (struct ss_incoming){names[c], ss_blob_flags(value), value, live->stamps[row]};
    }
    if (ss_incoming_sort(core, incoming, (uint32_t)batch->columns))
        ss_overlay_show(core, number, incoming, (uint32_t)batch->columns);
}

// Live may be lost: what is unknown, ahead of its time or without memory is left out.
int ss_on_live(struct ss_core *core, const struct ss_event *event) {
    const struct ss_ev_live *live = &event->live;
    const struct ss_batch *batch = &live->batch;
    if (ss_origin_equal(&live->from, &core->clock.origin))
        return SS_OK;
    if (!ss_live_valid(live)) {
        ss_fx_refuse(core, 0, 0, SS_ELIMIT, "limit", "a live message exceeds v1's limits");
        return SS_OK;
    }
    const uint32_t kind = ss_names_find(&core->names, batch->kind);
    uint32_t *names = ss_scratch_take(&core->scratch, (batch->columns + 1) * sizeof *names);
    struct ss_incoming *incoming = ss_scratch_take(&core->scratch, (batch->columns + 1) * sizeof *incoming);
    if (kind == SS_NONE || names == NULL || incoming == NULL)
        return SS_OK;
    for (size_t c = 0; c < batch->columns; c++) {
        names[c] = ss_names_find(&core->names, batch->names[c]);
        if (names[c] == SS_NONE)
            return SS_OK;
    }
    for (size_t i = 0; i < batch->rows; i++) {
        const uint32_t number = ss_scene_find(&core->scene, kind, &batch->ids[i]);
        if (number == SS_NONE || ss_clock_ahead(&core->clock, &live->stamps[i]) > SS_FUTURE_ASIDE_MS)
            continue;
        ss_clock_observe(&core->clock, &live->stamps[i]);
        ss_live_row(core, live, i, number, names, incoming);
    }
    return SS_OK;
}

// ---- settling ------------------------------------------------------------------------------------------------------------

static bool ss_live_rested(const struct ss_core *core, const struct ss_settling *drag, uint64_t *due) {
    const uint64_t rest = drag->last_ms + core->config.settle_ms;
    const uint64_t most = drag->first_ms + core->config.settle_long_ms;
    *due = rest < most ? rest : most;
    return *due <= core->now;
}

// What a drag has been settled by something else meanwhile is planned without effect and leaves the list by commit.
void ss_live_settle(struct ss_core *core) {
    const uint64_t ceiling = core->clock.ceiling_ms;
    int error = SS_OK;
    ss_plan_begin(core, -1);
    for (size_t i = 0; i < core->settling.count && error == SS_OK; i++) {
        uint64_t due;
        if (!ss_live_rested(core, &core->settling.items[i], &due)) {
            ss_timer_by(core, SS_TIMER_SETTLE, due);
            continue;
        }
        const uint32_t change = ss_plan_change(core, core->settling.items[i].thing);
        if (change == SS_NONE)
            error = SS_ENOMEM;
        else
            ss_plan_publish_changed(core, change);
    }
    error = error == SS_OK ? ss_plan_finish(core) : error;
    if (error == SS_OK && core->txn != 0 && ss_clock_raise(&core->clock))
        error = ss_record_clock(core);
    if (error == SS_OK) {
        ss_plan_commit(core);
        return;
    }
    ss_plan_abort(core);
    core->clock.ceiling_ms = ceiling;
    ss_timer_by(core, SS_TIMER_SETTLE, core->now + SS_RETRY_MS);
}
