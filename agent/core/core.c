// SPDX-License-Identifier: Apache-2.0
#include "core/core.h"

#include <stdlib.h>

#include "core/blobs.h"
#include "core/handlers.h"
#include "core/outbox.h"
#include "core/overlay.h"
#include "core/plan.h"
#include "core/sync.h"

enum { SS_EFFECTS_KEPT = 1024 }; // what a large step needed is given back

uint32_t ss_thing_take(struct ss_core *core, struct ss_slice kind, const struct ss_uuid *uuid) {
    const uint32_t name = ss_names_intern(&core->names, kind);
    return name == SS_NONE ? SS_NONE : ss_scene_take(&core->scene, name, uuid);
}

static bool ss_core_init(struct ss_core *core) {
    const struct ss_alloc *alloc = &core->config.alloc;
    core->random = core->config.random_seed;
    const uint64_t seed = ss_random(core);
    core->names.alloc = core->scene.alloc = core->vectors.alloc = alloc;
    core->names.seed = core->scene.seed = core->vectors.seed = seed;
    core->clock.origin = core->config.origin;
    core->next_call = ss_random(core) >> 1;
    core->next_seq = core->start_seq = 1;
    ss_scratch_init(&core->scratch, alloc);
    for (int i = 0; i < SS_TIMER_COUNT; i++)
        core->due[i] = SS_NEVER;
    core->woken = SS_NEVER;
    core->republish = core->resave = SS_NONE;
    core->hasher = ss_sha256_create();
    core->word.deleted = ss_names_intern(&core->names, ss_slice_text("deleted"));
    core->word.parts = ss_names_intern(&core->names, ss_slice_text("parts"));
    core->word.topology = ss_names_intern(&core->names, ss_slice_text("topology"));
    core->own_line = ss_vectors_take(&core->vectors, &core->clock.origin);
    return core->hasher != NULL && core->word.deleted != SS_NONE && core->word.parts != SS_NONE && core->word.topology != SS_NONE &&
           core->own_line != SS_NONE;
}

struct ss_core_config ss_core_defaults(struct ss_alloc alloc, const struct ss_origin *origin) {
    return (struct ss_core_config){.alloc = alloc,
                                   .origin = *origin,
                                   .settle_ms = 250,
                                   .settle_long_ms = 2000,
                                   .live_tick_ms = 16,
                                   .live_expiry_ms = 10000,
                                   .rank_delay_ms = 250,
                                   .peer_interval_ms = 10000,
                                   .max_inflight = 64,
                                   .checkpoint_ms = 60000,
                                   .snapshot_bytes = 4 << 20};
}

struct ss_core *ss_core_create(const struct ss_core_config *config) {
    struct ss_core *core = ss_alloc_take(&config->alloc, sizeof *core);
    if (core == NULL)
        return NULL;
    memset(core, 0, sizeof *core);
    core->config = *config;
    if (ss_core_init(core))
        return core;
    ss_core_destroy(core);
    return NULL;
}

static void ss_core_rest(struct ss_core *core) {
    for (size_t i = 0; i < core->graveyard.count; i++)
        ss_alloc_free(ss_memory(core), core->graveyard.items[i]);
    core->graveyard.count = 0;
    core->effects.count = 0;
    ss_scratch_reset(&core->scratch);
    if (core->effects.capacity > SS_EFFECTS_KEPT)
        ss_array_finish(&core->effects, ss_memory(core));
    if (core->graveyard.capacity > SS_EFFECTS_KEPT)
        ss_array_finish(&core->graveyard, ss_memory(core));
    if (core->plan.changes.capacity > SS_EFFECTS_KEPT)
        ss_array_finish(&core->plan.changes, ss_memory(core));
    if (core->plan.undo.capacity > SS_EFFECTS_KEPT)
        ss_array_finish(&core->plan.undo, ss_memory(core));
}

static void ss_clients_finish(struct ss_core *core) {
    for (int i = 0; i < SS_MAX_CLIENTS; i++) {
        ss_array_finish(&core->clients[i].kinds, ss_memory(core));
        ss_array_finish(&core->clients[i].barriers, ss_memory(core));
        ss_alloc_free(ss_memory(core), core->clients[i].queue);
    }
}

void ss_core_destroy(struct ss_core *core) {
    if (core == NULL)
        return;
    const struct ss_alloc alloc = core->config.alloc;
    ss_core_rest(core);
    ss_overlays_finish(core);
    ss_blobs_finish(core);
    ss_sync_finish(core);
    ss_clients_finish(core);
    for (size_t i = 0; i < core->aside.count; i++)
        ss_alloc_free(&alloc, core->aside.items[i].record);
    ss_scene_finish(&core->scene);
    ss_names_finish(&core->names);
    ss_vectors_finish(&core->vectors);
    ss_scratch_finish(&core->scratch);
    ss_sha256_destroy(core->hasher);
    ss_array_finish(&core->effects, &alloc);
    ss_array_finish(&core->graveyard, &alloc);
    ss_array_finish(&core->plan.changes, &alloc);
    ss_array_finish(&core->plan.undo, &alloc);
    ss_array_finish(&core->outbox.entries, &alloc);
    ss_array_finish(&core->acks, &alloc);
    ss_array_finish(&core->ack_blobs, &alloc);
    ss_array_finish(&core->settling, &alloc);
    ss_array_finish(&core->live, &alloc);
    ss_array_finish(&core->repairs, &alloc);
    ss_array_finish(&core->aside, &alloc);
    ss_array_finish(&core->stale, &alloc);
    ss_array_finish(&core->named_blobs, &alloc);
    ss_array_finish(&core->out[0], &alloc);
    ss_array_finish(&core->out[1], &alloc);
    alloc.resize(alloc.context, core, 0);
}

static int ss_dispatch_local(struct ss_core *core, const struct ss_event *event) {
    switch (event->type) {
    case SS_EV_RESTORED: return ss_on_restored(core, event);
    case SS_EV_START: return ss_on_start(core);
    case SS_EV_CLIENT_JOINED: return ss_on_client_joined(core, event);
    case SS_EV_CLIENT_READY: return ss_on_client_ready(core, event);
    case SS_EV_CLIENT_LEFT: return ss_on_client_left(core, event);
    case SS_EV_EDIT: return ss_on_edit(core, event);
    case SS_EV_CLIENT_SYNC: return ss_on_client_sync(core, event);
    case SS_EV_STORED: return ss_on_stored(core, event);
    case SS_EV_STORE_FAILED: return ss_on_store_failed(core, event);
    case SS_EV_BLOB_PRESENT: return ss_on_blob_present(core, event);
    case SS_EV_BLOB_UPLOADED: return ss_on_blob_uploaded(core, event);
    case SS_EV_BLOB_MISSING: return ss_on_blob_missing(core, event);
    case SS_EV_BLOB_GONE: return ss_on_blob_gone(core, event);
    case SS_EV_CLOCK_OFFSET: return ss_on_clock_offset(core, event);
    case SS_EV_DIGEST_WANTED: return ss_on_digest_wanted(core, event);
    default: return SS_EINVAL;
    }
}

static int ss_dispatch(struct ss_core *core, const struct ss_event *event) {
    switch (event->type) {
    case SS_EV_TIME: return SS_OK;
    case SS_EV_ANSWERED: return ss_on_answered(core);
    case SS_EV_CONNECTED: return ss_on_connected(core, event);
    case SS_EV_DISCONNECTED: return ss_on_disconnected(core);
    case SS_EV_REPLAYED: return ss_on_replayed(core);
    case SS_EV_PUBLISHED: return ss_on_published(core, event);
    case SS_EV_LOOKS_ON: return ss_on_looks_on(core);
    case SS_EV_STATE: return ss_on_state(core, event);
    case SS_EV_LIVE: return ss_on_live(core, event);
    case SS_EV_PEER: return ss_on_peer(core, event);
    case SS_EV_ONLINE: return ss_on_online(core, event);
    case SS_EV_SYNC_CALLED: return ss_on_sync_called(core, event);
    case SS_EV_SYNC_REPLIED: return ss_on_sync_replied(core, event);
    case SS_EV_CHECKPOINT: return ss_on_checkpoint(core, event);
    case SS_EV_SNAPSHOT: return ss_on_snapshot(core, event);
    default: return ss_dispatch_local(core, event);
    }
}

// The room for this effect was made when the step began.
static void ss_core_wake(struct ss_core *core) {
    uint64_t next = SS_NEVER;
    for (int i = 0; i < SS_TIMER_COUNT; i++)
        next = core->due[i] < next ? core->due[i] : next;
    if (next == core->woken || next == SS_NEVER)
        return;
    if (!ss_fx_room(core, 1))
        return;
    ss_fx_push(core, SS_FX_WAKE)->wake.at_ms = next;
    core->woken = next;
}

int ss_core_step(struct ss_core *core, const struct ss_event *event, struct ss_effects *effects) {
    ss_core_rest(core);
    *effects = (struct ss_effects){0};
    if (!ss_fx_room(core, 1))
        return SS_ENOMEM;
    core->now = event->now_ms;
    core->clock.wall_ms = event->wall_ms;
    core->txn = 0;
    core->standing = 0;
    if (core->woken <= core->now)
        core->woken = SS_NEVER;
    int error = ss_dispatch(core, event);
    if (error != SS_OK) {
        core->effects.count = core->standing;
        ss_core_wake(core);
        *effects = (struct ss_effects){core->effects.count, core->effects.items};
        return error;
    }
    if (core->started) {
        ss_timers_run(core);
        ss_acks_pump(core);
        ss_clients_pump(core);
        ss_outbox_pump(core);
        ss_status_pump(core);
        ss_core_wake(core);
    }
    *effects = (struct ss_effects){core->effects.count, core->effects.items};
    return SS_OK;
}
