// SPDX-License-Identifier: Apache-2.0
// Snapshots: written part by part into a blob, and read from one.
#include <stdlib.h>

#include "sim.h"

void sim_snapshot_drop(struct sim_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        sim_message_drop(snapshot->parts[i]);
    free(snapshot->parts);
    *snapshot = (struct sim_snapshot){0};
}

void sim_snapshot_part(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_agent *at = &sim->agent[agent];
    struct sim_snapshot *writing = &at->writing;
    const struct ss_ev_sync_reply *reply = &effect->reply.reply;
    if (reply->part == 0)
        sim_snapshot_drop(writing);
    if (reply->part != writing->count)
        sim_fail(sim, "agent %d: part %u of a snapshot instead of %zu", agent, reply->part, writing->count);
    writing->parts = realloc(writing->parts, (writing->count + 1) * sizeof *writing->parts);
    writing->parts[writing->count] = sim_message_create(SIM_REPLY);
    sim_copy_reply(writing->parts[writing->count++], reply);
    if (!reply->last)
        return;
    ss_store_be(writing->sha256.b, 8, sim_random(sim, UINT64_MAX));
    sim->snapshots = realloc(sim->snapshots, (sim->snapshot_count + 1) * sizeof *sim->snapshots);
    sim->snapshots[sim->snapshot_count++] = *writing;
    sim_push(sim, (struct sim_event){.at = sim->now + 1 + sim_random(sim, 100),
                                     .type = SIM_SNAPSHOT,
                                     .agent = agent,
                                     .life = at->life,
                                     .number = reply->call,
                                     .sha256 = writing->sha256});
    *writing = (struct sim_snapshot){0};
}

// The daemon hands it to the cache and the store by itself.
void sim_snapshot_written(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *at = &sim->agent[event->agent];
    const bool failed = !sim->quiet && sim->now < at->full_ms;
    struct ss_event step = sim_event_of(sim, event->agent, SS_EV_SNAPSHOT);
    step.snapshot.number = event->number;
    if (!failed) {
        step.snapshot.blob = (struct ss_blob_name){event->sha256, 1000};
        sim_add(&at->cache, &at->cache_count, &event->sha256);
        sim_push(sim, (struct sim_event){.at = sim->now + 1 + sim_random(sim, 1000),
                                         .type = SIM_BLOB_UPLOAD,
                                         .agent = event->agent,
                                         .life = at->life,
                                         .sha256 = event->sha256});
    }
    sim_agent_step(sim, event->agent, &step);
}

static const struct sim_snapshot *sim_snapshot_find(const struct sim *sim, const struct ss_sha256 *sha256) {
    for (size_t i = 0; i < sim->snapshot_count; i++) {
        if (memcmp(sim->snapshots[i].sha256.b, sha256->b, sizeof sha256->b) == 0)
            return &sim->snapshots[i];
    }
    return NULL;
}

void sim_snapshot_read(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_agent *at = &sim->agent[agent];
    const struct sim_snapshot *snapshot = sim_snapshot_find(sim, &effect->read_snapshot.sha256);
    if (snapshot == NULL || !sim_has(at->cache, at->cache_count, &effect->read_snapshot.sha256))
        sim_fail(sim, "agent %d: reads a snapshot that it has not", agent);
    sim->fetched++;
    for (size_t i = 0; i < snapshot->count; i++) {
        struct sim_message *part = sim_message_create(SIM_REPLY);
        sim_copy_reply(part, &snapshot->parts[i]->reply);
        part->reply.from = effect->read_snapshot.from;
        part->reply.call = effect->read_snapshot.call;
        sim_push(sim, (struct sim_event){.at = sim->now + 1 + i, .type = SIM_READ, .agent = agent, .life = at->life, .message = part});
    }
}
