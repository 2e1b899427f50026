// SPDX-License-Identifier: Apache-2.0
// An agent: the core with a disk that commits in order, and a process that can die between any two effects.
#include <stdlib.h>

#include "sim.h"

// One allocation of the step is denied when the fault says so.
static void *sim_resize(void *context, void *memory, size_t size) {
    struct sim_agent *agent = context;
    if (size > 0 && agent->denied_left > 0 && --agent->denied_left == 0)
        return NULL;
    return ss_heap.resize(NULL, memory, size);
}

struct ss_event sim_event_of(const struct sim *sim, int agent, enum ss_event_type type) {
    const struct sim_agent *at = &sim->agent[agent];
    const int64_t wrong = at->skew_ms + at->drift_ppm * (int64_t)sim->now / 1000000;
    return (struct ss_event){
        .type = type, .now_ms = sim->now - at->boot_ms + 1, .wall_ms = 1700000000000U + sim->now + sim->later_ms + (uint64_t)wrong};
}

static int sim_step_denied(struct sim *sim, int agent, struct ss_event *event, struct ss_effects *effects) {
    struct sim_agent *at = &sim->agent[agent];
    const unsigned often = sim->quiet ? 0 : sim->now < at->poor_ms ? 800 : 100;
    for (;;) {
        at->denied_left = often > 0 && sim_chance(sim, often) ? 1 + sim_random(sim, 30) : 0;
        int error = ss_core_step(at->core, event, effects);
        at->denied_left = 0;
        if (error != SS_ENOMEM)
            return error;
        sim->denials++;
        sim_effects(sim, agent, effects);
    }
}

void sim_agent_step(struct sim *sim, int agent, struct ss_event *event) {
    struct sim_agent *at = &sim->agent[agent];
    struct ss_effects effects;
    if (!at->up)
        return;
    sim->steps++;
    int error = sim_step_denied(sim, agent, event, &effects);
    if (error != SS_OK)
        sim_fail(sim, "agent %d: event %d gave error %d", agent, (int)event->type, error);
    if (!sim->quiet && sim_chance(sim, 2) && effects.count > 0) {
        effects.count = sim_random(sim, effects.count + 1);
        at->crashing = true;
    }
    sim_effects(sim, agent, &effects);
    if (!at->crashing)
        return;
    at->crashing = false;
    sim_agent_kill(sim, agent);
    sim_agent_return(sim, agent, 5000);
}

void sim_agent_return(struct sim *sim, int agent, uint64_t within_ms) {
    sim_push(sim, (struct sim_event){.at = sim->now + 100 + sim_random(sim, within_ms), .type = SIM_RESTART, .agent = agent});
}

// The disk has taken whole transactions in order, up to some moment.
void sim_agent_kill(struct sim *sim, int agent) {
    struct sim_agent *at = &sim->agent[agent];
    if (!at->up)
        return;
    sim->kills++;
    sim_tell(sim, agent, "is killed");
    at->up = false;
    sim_broker_drop(sim, agent);
    const uint64_t last = at->queue.count > 0 ? at->queue.items[at->queue.count - 1].txn : 0;
    const uint64_t durable = last > at->committed ? at->committed + sim_random(sim, last - at->committed) : at->committed;
    for (size_t i = 0; i < at->queue.count && at->queue.items[i].txn <= durable; i++) {
        const struct sim_record *record = &at->queue.items[i];
        sim_record_put(&at->disk, record->key, record->key_len, record->value, record->value_len);
    }
    sim_records_clear(&at->queue);
    sim_snapshot_drop(&at->writing);
    ss_core_destroy(at->core);
    at->core = NULL;
    at->life++;
    at->joined = false;
}

static void sim_agent_restore(struct sim *sim, int agent) {
    struct sim_agent *at = &sim->agent[agent];
    // Records come back in no order that the core may rely on.
    for (size_t i = at->disk.count; i > 1; i--) {
        const size_t other = sim_random(sim, i);
        const struct sim_record kept = at->disk.items[i - 1];
        at->disk.items[i - 1] = at->disk.items[other];
        at->disk.items[other] = kept;
    }
    struct sim_records sorted = {0};
    for (size_t i = 0; i < at->disk.count; i++) {
        const struct sim_record *record = &at->disk.items[i];
        struct ss_event event = sim_event_of(sim, agent, SS_EV_RESTORED);
        event.restored.key = ss_slice_of(record->key, record->key_len);
        event.restored.value = ss_slice_of(record->value, record->value_len);
        struct ss_effects effects;
        int error = sim_step_denied(sim, agent, &event, &effects);
        if (error != SS_OK)
            sim_fail(sim, "agent %d: a record was not taken back: %d", agent, error);
        sim_record_put(&sorted, record->key, record->key_len, record->value, record->value_len);
    }
    sim_records_clear(&at->disk);
    at->disk = sorted;
}

void sim_agent_start(struct sim *sim, int agent, bool fresh) {
    struct sim_agent *at = &sim->agent[agent];
    if (at->up || at->dead)
        return;
    if (fresh) {
        sim_records_clear(&at->disk);
        sim_records_clear(&at->mirror);
        ss_store_be(at->origin.b, 8, sim_random(sim, UINT64_MAX));
        at->skew_ms = (int64_t)sim_random(sim, 4000) - 2000;
    }
    struct ss_core_config config = ss_core_defaults((struct ss_alloc){sim_resize, at}, &at->origin);
    config.random_seed = sim_random(sim, UINT64_MAX);
    config.store = true;
    config.checkpoint_ms = 20000;
    config.snapshot_bytes = sim->snapshot_bytes;
    at->boot_ms = sim->now;
    at->committed = at->disk_last = 0;
    at->wake_at = SS_NEVER;
    at->core = ss_core_create(&config);
    at->up = true;
    sim_agent_restore(sim, agent);
    struct ss_event event = sim_event_of(sim, agent, SS_EV_START);
    sim_agent_step(sim, agent, &event);
    if (!at->up)
        return;
    sim_client_join(sim, agent);
    sim_push(sim, (struct sim_event){.at = sim->now + sim_random(sim, 1000), .type = SIM_CONNECT, .agent = agent, .life = at->life});
}

void sim_agent_finish(struct sim *sim, int agent) {
    struct sim_agent *at = &sim->agent[agent];
    ss_core_destroy(at->core);
    sim_records_clear(&at->disk);
    sim_records_clear(&at->queue);
    sim_records_clear(&at->backup);
    sim_records_clear(&at->mirror);
    sim_snapshot_drop(&at->writing);
    free(at->cache);
    free(at->promises);
}
