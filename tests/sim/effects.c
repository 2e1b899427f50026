// SPDX-License-Identifier: Apache-2.0
// What the daemon's edges do with effects, with delays and faults.
#include "sim.h"

static void sim_publish_state(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(effect->type == SS_FX_CLEAR_STATE ? SIM_CLEAR : SIM_STATE);
    message->state.entity = sim_copy_entity(message, &effect->state.entity);
    message->state.part = effect->state.part;
    message->state.numbered = true;
    message->state.from = sim->agent[agent].origin;
    message->state.seq = effect->state.seq;
    sim_broker_up(sim, agent, message, effect->type == SS_FX_CLEAR_STATE ? 0 : effect->state.token);
}

static void sim_publish_live(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(SIM_LIVE);
    message->live.from = sim->agent[agent].origin;
    sim_copy_live(message, &effect->live.batch, effect->live.stamps);
    sim_broker_up(sim, agent, message, 0);
}

static void sim_publish_peer(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(SIM_PEER);
    message->peer.origin = sim->agent[agent].origin;
    message->peer.vector = sim_copy_vector(message, &effect->peer.vector);
    message->peer.digest = effect->peer.digest;
    message->peer.entities = effect->peer.entities;
    message->peer.ready = effect->peer.ready;
    message->peer.keeps = effect->peer.keeps;
    const struct ss_clock *clock = &sim->agent[agent].core->clock;
    message->peer.time_ms = clock->wall_ms + (uint64_t)(clock->of_store ? clock->offset_ms : 0);
    message->peer.missing_count = effect->peer.missing_count;
    message->peer.missing =
        ss_scratch_copy(&message->memory, effect->peer.missing, effect->peer.missing_count * sizeof *effect->peer.missing);
    sim_broker_up(sim, agent, message, 0);
}

static void sim_call(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(SIM_CALL);
    message->to = effect->call_sync.to;
    message->call.from = sim->agent[agent].origin;
    message->call.call = effect->call_sync.call;
    message->call.vector = sim_copy_vector(message, &effect->call_sync.vector);
    message->call.buckets = sim_copy_slice(message, effect->call_sync.buckets);
    message->call.blobs = effect->call_sync.blobs;
    sim_broker_up(sim, agent, message, 0);
}

static void sim_reply(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(SIM_REPLY);
    message->to = effect->reply.to;
    sim_copy_reply(message, &effect->reply.reply);
    sim_broker_up(sim, agent, message, 0);
}

static void sim_publish_checkpoint(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_message *message = sim_message_create(SIM_CHECKPOINT);
    message->checkpoint = effect->checkpoint;
    message->checkpoint.vector = sim_copy_vector(message, &effect->checkpoint.vector);
    sim->checkpoints++;
    sim_tell(sim, agent, "publishes a checkpoint");
    sim_broker_up(sim, agent, message, 0);
}

static void sim_later(struct sim *sim, int agent, int type, uint64_t delay, const struct ss_effect *effect) {
    struct sim_event event = {
        .at = sim->now + 1 + sim_random(sim, delay), .type = (unsigned)type, .agent = agent, .life = sim->agent[agent].life};
    if (effect != NULL)
        event.sha256 = effect->blob.sha256;
    sim_push(sim, event);
}

// One transaction is durable after the ones before it.
static void sim_commit_later(struct sim *sim, int agent, uint64_t txn) {
    struct sim_agent *at = &sim->agent[agent];
    const uint64_t done = sim->now + 1 + sim_random(sim, 20);
    at->disk_last = done > at->disk_last ? done : at->disk_last;
    sim_push(sim, (struct sim_event){.at = at->disk_last, .type = SIM_STORED, .agent = agent, .life = at->life, .number = txn});
}

static void sim_wake(struct sim *sim, int agent, uint64_t at_ms) {
    struct sim_agent *at = &sim->agent[agent];
    at->wake_at = at_ms + at->boot_ms - 1;
    at->wake_at = at->wake_at > sim->now ? at->wake_at : sim->now;
    sim_push(sim, (struct sim_event){.at = at->wake_at, .type = SIM_WAKE, .agent = agent, .life = at->life});
}

static void sim_effect_out(struct sim *sim, int agent, const struct ss_effect *effect) {
    switch (effect->type) {
    case SS_FX_PUBLISH_STATE:
    case SS_FX_CLEAR_STATE: sim_publish_state(sim, agent, effect); break;
    case SS_FX_PUBLISH_LIVE: sim_publish_live(sim, agent, effect); break;
    case SS_FX_PUBLISH_PEER: sim_publish_peer(sim, agent, effect); break;
    case SS_FX_CALL_SYNC: sim_call(sim, agent, effect); break;
    case SS_FX_REPLY_SYNC: sim_reply(sim, agent, effect); break;
    case SS_FX_SNAPSHOT: sim_snapshot_part(sim, agent, effect); break;
    case SS_FX_READ_SNAPSHOT: sim_snapshot_read(sim, agent, effect); break;
    case SS_FX_PUBLISH_CHECKPOINT: sim_publish_checkpoint(sim, agent, effect); break;
    case SS_FX_FETCH_BLOB: sim_later(sim, agent, SIM_BLOB_FETCH, 300, effect); break;
    case SS_FX_UPLOAD_BLOB: sim_later(sim, agent, SIM_BLOB_UPLOAD, 1000, effect); break;
    case SS_FX_NEW_ORIGIN: sim_new_origin(sim, agent, &effect->new_origin); break;
    case SS_FX_REREAD: sim_broker_replay(sim, agent, SIM_STATES); break;
    default: break;
    }
}

static void sim_effect(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_agent *at = &sim->agent[agent];
    switch (effect->type) {
    case SS_FX_WAKE: sim_wake(sim, agent, effect->wake.at_ms); break;
    case SS_FX_STORE: sim_record_append(&at->queue, effect->store.txn, effect->store.key, effect->store.value); break;
    case SS_FX_ACK: sim_client_ack(sim, agent, effect->ack.id, true); break;
    case SS_FX_REFUSED:
        sim->refusals++;
        if (effect->refused.client != 0)
            sim_client_ack(sim, agent, effect->refused.id, false);
        break;
    case SS_FX_CHANGES_WAIT: sim_later(sim, agent, SIM_READY, 50, NULL); break;
    case SS_FX_CHANGE: sim_client_change(sim, agent, effect); break;
    case SS_FX_JOINED: at->joined = true; break;
    case SS_FX_SYNCED: at->synced = effect->ack.id; break;
    default: sim_effect_out(sim, agent, effect); break;
    }
}

void sim_effects(struct sim *sim, int agent, const struct ss_effects *effects) {
    uint64_t txn = 0;
    for (size_t i = 0; i < effects->count; i++) {
        if (effects->items[i].type == SS_FX_STORE)
            txn = effects->items[i].store.txn;
        sim_effect(sim, agent, &effects->items[i]);
    }
    if (txn != 0)
        sim_commit_later(sim, agent, txn);
}
