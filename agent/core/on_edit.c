// SPDX-License-Identifier: Apache-2.0
// A client edited: checked, stamped, stored; acknowledged when it is durable and the blobs it names are here.
#include "core/blobs.h"
#include "core/dirty.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/missing.h"
#include "core/overlay.h"
#include "core/plan.h"
#include "core/record.h"
#include "util/value.h"

enum { SS_ACKS_MAX = 1 << 24 };

// ss_edit_fault is the first thing wrong with an edit.
struct ss_edit_fault {
    enum ss_error error;
    const char *cause, *text;
    struct ss_slice kind, field;
    struct ss_uuid uuid;
};

static void ss_ignore_blob(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    (void)context;
    (void)sha256;
    (void)size;
}

static void ss_check_value(const struct ss_batch *batch, size_t row, size_t column, struct ss_edit_fault *fault) {
    const struct ss_slice value = batch->values[row * batch->columns + column];
    if (value.len > SS_MAX_VALUE)
        *fault = (struct ss_edit_fault){SS_ELIMIT, "limit", "a value is larger than 64 KiB; send it as a blob", {0}, {0}, {{0}}};
    else if (!ss_value_well_formed(value, SS_MAX_DEPTH))
        *fault = (struct ss_edit_fault){SS_EINVAL, "malformed", "a value is not one msgpack value at most 16 deep", {0}, {0}, {{0}}};
    else if (ss_value_blobs(value, ss_ignore_blob, NULL) < 0)
        *fault =
            (struct ss_edit_fault){SS_EINVAL, "malformed", "a value looks like a blob or a paged array but is not one", {0}, {0}, {{0}}};
    else
        return;
    fault->kind = batch->kind;
    fault->uuid = batch->ids[row];
    fault->field = batch->names[column];
}

static void ss_check_batch(const struct ss_batch *batch, struct ss_edit_fault *fault) {
    if (!ss_kind_valid(batch->kind)) {
        *fault = (struct ss_edit_fault){SS_ELIMIT, "limit", "a kind is 1 to 32 of a-z, 0-9 and _", batch->kind, {0}, {{0}}};
        return;
    }
    for (size_t c = 0; c < batch->columns && fault->error == SS_OK; c++) {
        if (!ss_name_valid(batch->names[c]))
            *fault = (struct ss_edit_fault){SS_ELIMIT,   "limit",         "a field's name is a path of at most 255 bytes",
                                            batch->kind, batch->names[c], {{0}}};
    }
    for (size_t i = 0; i < batch->rows && fault->error == SS_OK; i++) {
        for (size_t c = 0; c < batch->columns && fault->error == SS_OK; c++)
            ss_check_value(batch, i, c, fault);
    }
}

static int ss_edit_refuse(struct ss_core *core, const struct ss_ev_edit *edit, const struct ss_edit_fault *fault) {
    if (!ss_fx_room(core, 1))
        return SS_ENOMEM;
    ss_fx_refuse(core, edit->client, edit->id, fault->error, fault->cause, fault->text);
    struct ss_effect *effect = &core->effects.items[core->effects.count - 1];
    effect->refused.kind = fault->kind;
    effect->refused.uuid = fault->uuid;
    effect->refused.field = fault->field;
    return SS_OK;
}

// ss_columns puts the names of a batch in order; `value.len` of each is the column it came from.
static int ss_columns(struct ss_core *core, const struct ss_batch *batch, struct ss_incoming *columns) {
    for (size_t c = 0; c < batch->columns; c++) {
        const uint32_t name = ss_names_intern(&core->names, batch->names[c]);
        if (name == SS_NONE)
            return SS_ENOMEM;
        columns[c] = (struct ss_incoming){.name = name, .value = {NULL, c}};
    }
    return ss_incoming_sort(core, columns, (uint32_t)batch->columns) ? SS_OK : SS_EINVAL;
}

static int ss_edit_cell(struct ss_core *core, uint32_t thing, bool live, struct ss_incoming *incoming) {
    if ((incoming->flags & SS_CELL_BLOB) == 0) {
        incoming->flags = live ? SS_CELL_LIVE | SS_CELL_UNSETTLED : 0U;
        return SS_OK;
    }
    if (!ss_blobs_interest(core, thing, incoming->value))
        return SS_ENOMEM;
    if (!ss_blobs_have(core, incoming->value, SS_BLOB_UPLOADED))
        incoming->flags |= SS_CELL_HELD;
    return SS_OK;
}

// What is new here cannot be dragged, since nobody would know of what, nor what hides other fields or names blobs: such a row is settled at once.
static bool ss_edit_live(const struct ss_core *core, const struct ss_ev_edit *edit, const struct ss_thing *thing,
                         const struct ss_incoming *incoming, uint32_t count) {
    bool live = edit->live && thing->count > 0 && (thing->flags & SS_THING_DELETED) == 0;
    for (uint32_t i = 0; i < count && live; i++)
        live = incoming[i].flags == 0 && ss_overlay_may(core, incoming[i].name, incoming[i].value);
    return live;
}

static int ss_edit_row(struct ss_core *core, const struct ss_ev_edit *edit, uint32_t number, struct ss_incoming *incoming, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        incoming[i].flags = ss_blob_flags(incoming[i].value);
    const bool live = ss_edit_live(core, edit, ss_thing_at(core, number), incoming, count);
    for (uint32_t i = 0; i < count; i++) {
        if (ss_edit_cell(core, number, live, &incoming[i]) != SS_OK)
            return SS_ENOMEM;
    }
    const uint32_t change = ss_plan_change(core, number);
    if (change == SS_NONE || ss_plan_merge(core, change, incoming, count) != SS_OK)
        return SS_ENOMEM;
    if (!core->plan.changes.items[change].changed)
        return SS_OK;
    if (live)
        core->plan.changes.items[change].flags |= SS_THING_UNSETTLED;
    else
        ss_plan_publish_changed(core, change);
    return SS_OK;
}

static int ss_edit_batch(struct ss_core *core, const struct ss_ev_edit *edit, const struct ss_batch *batch, const struct ss_stamp *stamp) {
    struct ss_incoming *columns = ss_scratch_take(&core->scratch, (batch->columns + 1) * 2 * sizeof *columns);
    const uint32_t kind = ss_names_intern(&core->names, batch->kind);
    if (columns == NULL || kind == SS_NONE)
        return SS_ENOMEM;
    int error = ss_columns(core, batch, columns);
    struct ss_incoming *incoming = columns + batch->columns;
    for (size_t i = 0; i < batch->rows && error == SS_OK; i++) {
        const uint32_t number = ss_scene_take(&core->scene, kind, &batch->ids[i]);
        for (size_t c = 0; c < batch->columns; c++)
            incoming[c] = (struct ss_incoming){columns[c].name, 0, batch->values[i * batch->columns + columns[c].value.len], *stamp};
        error = number == SS_NONE ? SS_ENOMEM : ss_edit_row(core, edit, number, incoming, (uint32_t)batch->columns);
    }
    return error;
}

// The blobs that the acknowledgement waits for.
static int ss_edit_ack(struct ss_core *core, const struct ss_ev_edit *edit) {
    const struct ss_alloc *alloc = ss_memory(core);
    if (!ss_array_room(&core->acks, alloc, 1, SS_ACKS_MAX) ||
        !ss_array_room(&core->ack_blobs, alloc, core->named_blobs.count, SS_ACKS_MAX) || !ss_fx_room(core, core->named_blobs.count + 1))
        return SS_ENOMEM;
    struct ss_ack ack = {.client = edit->client, .id = edit->id, .txn = core->last_txn, .serial = ++core->serial};
    const size_t before = core->ack_blobs.count;
    for (size_t i = 0; i < core->named_blobs.count; i++) {
        const uint32_t blob = core->named_blobs.items[i];
        bool known = (core->blobs.all.items[blob].flags & SS_BLOB_PRESENT) != 0;
        for (size_t k = before; k < core->ack_blobs.count && !known; k++)
            known = core->ack_blobs.items[k].blob == blob;
        if (!known)
            ss_array_push(&core->ack_blobs, (struct ss_ack_blob){ack.serial, blob});
    }
    ack.blobs = (uint32_t)(core->ack_blobs.count - before);
    ss_array_push(&core->acks, ack);
    return SS_OK;
}

static void ss_edit_blobs(struct ss_core *core) {
    for (size_t i = 0; i < core->named_blobs.count; i++) {
        const uint32_t blob = core->named_blobs.items[i];
        if ((core->blobs.all.items[blob].flags & SS_BLOB_PRESENT) != 0)
            ss_blob_upload(core, blob);
        else
            ss_missing_hope(core, blob);
    }
}

static int ss_edit_plan(struct ss_core *core, const struct ss_ev_edit *edit) {
    const struct ss_stamp stamp = ss_clock_next(&core->clock);
    core->named_blobs.count = 0;
    int error = SS_OK;
    for (size_t i = 0; i < edit->batch_count && error == SS_OK; i++)
        error = ss_edit_batch(core, edit, &edit->batches[i], &stamp);
    error = error == SS_OK ? ss_plan_finish(core) : error;
    if (error == SS_OK && core->txn != 0 && ss_clock_raise(&core->clock))
        error = ss_record_clock(core);
    return error == SS_OK ? ss_edit_ack(core, edit) : error;
}

int ss_on_edit(struct ss_core *core, const struct ss_event *event) {
    const struct ss_ev_edit *edit = &event->edit;
    const int client = ss_client_find(core, edit->client);
    if (client < 0)
        return SS_EINVAL;
    struct ss_edit_fault fault = {0};
    for (size_t i = 0; i < edit->batch_count && fault.error == SS_OK; i++)
        ss_check_batch(&edit->batches[i], &fault);
    if (fault.error != SS_OK)
        return ss_edit_refuse(core, edit, &fault);
    const uint64_t ceiling = core->clock.ceiling_ms;
    ss_plan_begin(core, client);
    int error = ss_edit_plan(core, edit);
    if (error != SS_OK) {
        ss_plan_abort(core);
        core->clock.ceiling_ms = ceiling;
        fault = (struct ss_edit_fault){SS_EINVAL, "malformed", "a batch has a column twice", {0}, {0}, {{0}}};
        return error == SS_EINVAL ? ss_edit_refuse(core, edit, &fault) : error;
    }
    ss_plan_commit(core);
    ss_edit_blobs(core);
    return SS_OK;
}
