// SPDX-License-Identifier: Apache-2.0
// A blob is here, is in the store, or is missing there: whoever waited for that goes on.
#include "core/blobs.h"
#include "core/checkpoint.h"
#include "core/dirty.h"
#include "core/handlers.h"
#include "core/missing.h"
#include "core/plan.h"
#include "core/sync.h"

enum { SS_BLOB_FIRST_MS = 1000, SS_BLOB_MOST_MS = 30000 };

static void ss_blob_acks(struct ss_core *core, uint32_t blob) {
    size_t kept = 0;
    for (size_t i = 0; i < core->ack_blobs.count; i++) {
        const struct ss_ack_blob wait = core->ack_blobs.items[i];
        if (wait.blob != blob) {
            core->ack_blobs.items[kept++] = wait;
            continue;
        }
        for (size_t k = 0; k < core->acks.count; k++)
            core->acks.items[k].blobs -= core->acks.items[k].serial == wait.serial;
    }
    core->ack_blobs.count = kept;
}

// Those who have yet to get something of a thing, be it for want of a blob.
static uint32_t ss_blob_clients(const struct ss_thing *thing) {
    uint32_t clients = thing->waiting;
    for (uint32_t i = 0; i < thing->count; i++)
        clients |= (thing->cells[i].flags & SS_CELL_BLOB) != 0 ? thing->cells[i].clients : 0U;
    return clients;
}

static bool ss_thing_held(const struct ss_thing *thing) { return (thing->flags & SS_THING_HELD) != 0; }

int ss_on_blob_present(struct ss_core *core, const struct ss_event *event) {
    const uint32_t number = ss_blob_take(core, &event->blob.sha256, 0);
    if (number == SS_NONE || !ss_clients_room(core) || !ss_fx_room(core, 1 + SS_FX_SPARE))
        return SS_ENOMEM;
    ss_sync_blob_here(core, &event->blob.sha256);
    struct ss_blob *blob = &core->blobs.all.items[number];
    const bool lost = (blob->flags & SS_BLOB_LOST) != 0; // others have been told of it without its being in the store
    blob->flags = (blob->flags & (SS_BLOB_UPLOADED | SS_BLOB_UPLOADING)) | SS_BLOB_PRESENT;
    ss_missing_found(core, blob);
    ss_blob_acks(core, number);
    bool held = lost;
    size_t kept = 0;
    for (size_t i = 0; i < blob->things.count; i++) {
        const uint32_t at = blob->things.items[i];
        struct ss_thing *thing = ss_thing_at(core, at);
        ss_clients_queue(core, at, ss_blob_clients(thing));
        held |= ss_thing_held(thing);
        if (ss_thing_held(thing))
            blob->things.items[kept++] = at;
    }
    blob->things.count = kept;
    if (held)
        ss_blob_upload(core, number);
    return SS_OK;
}

// What was held for its blobs goes out.
int ss_blob_release(struct ss_core *core, uint32_t number) {
    const uint32_t change = ss_plan_change(core, number);
    if (change == SS_NONE || ss_plan_copy(core, change) != SS_OK)
        return SS_ENOMEM;
    struct ss_change *made = &core->plan.changes.items[change];
    for (uint32_t i = 0; i < made->count; i++) {
        struct ss_cell *cell = &made->cells[i];
        if ((cell->flags & SS_CELL_HELD) == 0 || !ss_blobs_have(core, ss_cell_value(cell), SS_BLOB_UPLOADED | SS_BLOB_LOST))
            continue;
        cell->flags &= ~(unsigned)SS_CELL_HELD & 0xffU;
        const int part = (made->flags & SS_THING_PARTED) != 0 ? ss_field_part(core, cell->name) : -1;
        ss_plan_publish(core, change, part);
        if (part >= 0)
            ss_bit_set(made->stored, (unsigned)part);
    }
    return SS_OK;
}

int ss_on_blob_uploaded(struct ss_core *core, const struct ss_event *event) {
    const uint32_t number = ss_blob_take(core, &event->blob.sha256, 0);
    if (number == SS_NONE)
        return SS_ENOMEM;
    struct ss_blob *blob = &core->blobs.all.items[number];
    const uint32_t flags = blob->flags;
    blob->flags |= SS_BLOB_UPLOADED;
    ss_plan_begin(core, -1);
    int error = SS_OK;
    for (size_t i = 0; i < blob->things.count && error == SS_OK; i++) {
        if (ss_thing_held(ss_thing_at(core, blob->things.items[i])))
            error = ss_blob_release(core, blob->things.items[i]);
    }
    error = error == SS_OK ? ss_plan_finish(core) : error;
    if (error != SS_OK) {
        ss_plan_abort(core);
        blob->flags = flags;
        return error;
    }
    ss_plan_commit(core);
    blob->flags &= ~(uint32_t)SS_BLOB_UPLOADING;
    ss_checkpoint_uploaded(core, &event->blob.sha256);
    if ((blob->flags & SS_BLOB_PRESENT) != 0)
        ss_array_finish(&blob->things, ss_memory(core));
    return SS_OK;
}

int ss_on_blob_missing(struct ss_core *core, const struct ss_event *event) {
    const uint32_t number = ss_blob_find(core, &event->blob.sha256);
    struct ss_blob *blob = number != SS_NONE ? &core->blobs.all.items[number] : NULL;
    const bool asked = blob != NULL && (blob->flags & (SS_BLOB_FETCHING | SS_BLOB_MISSING)) != 0; // else it is another scene's
    if (!asked || (blob->flags & SS_BLOB_PRESENT) != 0)
        return SS_OK;
    blob->flags = (blob->flags & ~(uint32_t)SS_BLOB_FETCHING) | SS_BLOB_MISSING;
    blob->delay_ms = blob->delay_ms == 0 ? SS_BLOB_FIRST_MS : blob->delay_ms * 2 > SS_BLOB_MOST_MS ? SS_BLOB_MOST_MS : blob->delay_ms * 2;
    blob->retry_ms = core->now + blob->delay_ms;
    ss_timer_by(core, SS_TIMER_BLOB, blob->retry_ms);
    ss_missing_begin(core, blob);
    ss_sync_blob_missing(core, &event->blob.sha256);
    return SS_OK;
}

int ss_on_blob_gone(struct ss_core *core, const struct ss_event *event) {
    const uint32_t number = ss_blob_find(core, &event->blob.sha256);
    if (number != SS_NONE)
        core->blobs.all.items[number].flags &= ~(uint32_t)(SS_BLOB_PRESENT | SS_BLOB_UPLOADING);
    return SS_OK;
}

static void ss_blob_again(struct ss_core *core, uint32_t number) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    blob->flags &= ~(uint32_t)SS_BLOB_MISSING;
    if ((blob->flags & SS_BLOB_PRESENT) == 0) {
        const bool wanted = (blob->flags & SS_BLOB_WANTED) != 0;
        blob->flags &= ~(uint32_t)SS_BLOB_WANTED;
        ss_blob_fetch(core, number, wanted);
    } else {
        ss_blob_upload(core, number);
    }
}

void ss_blob_retry(struct ss_core *core) {
    for (uint32_t i = 0; i < core->blobs.all.count; i++) {
        const struct ss_blob *blob = &core->blobs.all.items[i];
        ss_missing_run(core, i);
        if ((blob->flags & SS_BLOB_MISSING) == 0)
            continue;
        if (blob->retry_ms > core->now)
            ss_timer_by(core, SS_TIMER_BLOB, blob->retry_ms);
        else
            ss_blob_again(core, i);
    }
}

// ---- start -------------------------------------------------------------------------------------------------------------

int ss_blobs_start(struct ss_core *core) {
    core->named_blobs.count = 0;
    for (uint32_t i = 0; i < core->scene.things.count; i++) {
        const struct ss_thing *thing = ss_thing_at(core, i);
        for (uint32_t c = 0; c < thing->count && ss_thing_held(thing); c++) {
            const struct ss_cell *cell = &thing->cells[c];
            if ((cell->flags & SS_CELL_HELD) != 0 && !ss_blobs_interest(core, i, ss_cell_value(cell)))
                return SS_ENOMEM;
        }
    }
    for (size_t i = 0; i < core->named_blobs.count; i++)
        ss_blob_fetch(core, core->named_blobs.items[i], true);
    return SS_OK;
}
