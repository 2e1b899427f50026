// SPDX-License-Identifier: Apache-2.0
// Clusters from a seed on (without one, from the time), each with as many acts of clients, tools and faults as there are steps.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"

static void sim_blob(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *at = &sim->agent[event->agent];
    const bool cached = sim_has(at->cache, at->cache_count, &event->sha256);
    const bool stored = sim_has(sim->store, sim->store_count, &event->sha256);
    enum ss_event_type type = SS_EV_BLOB_MISSING;
    if (event->type == SIM_BLOB_UPLOAD && !cached) {
        type = SS_EV_BLOB_GONE;
    } else if (event->type == SIM_BLOB_UPLOAD) {
        if (sim->quiet || !sim->forgets || !sim_chance(sim, 300))
            sim_add(&sim->store, &sim->store_count, &event->sha256);
        type = SS_EV_BLOB_UPLOADED;
    } else if (cached || stored) {
        sim_add(&at->cache, &at->cache_count, &event->sha256);
        type = SS_EV_BLOB_PRESENT;
    }
    struct ss_event step = sim_event_of(sim, event->agent, type);
    step.blob.sha256 = event->sha256;
    sim_agent_step(sim, event->agent, &step);
}

static void sim_stored(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *at = &sim->agent[event->agent];
    const bool failed = !sim->quiet && (sim->now < at->full_ms || sim_chance(sim, 2));
    size_t done = 0;
    while (done < at->queue.count && at->queue.items[done].txn <= event->number) {
        struct sim_record *record = &at->queue.items[done++];
        if (!failed || record->txn < event->number)
            sim_record_put(&at->disk, record->key, record->key_len, record->value, record->value_len);
        free(record->key);
        free(record->value);
    }
    at->queue.count -= done;
    memmove(at->queue.items, at->queue.items + done, at->queue.count * sizeof *at->queue.items);
    at->committed = event->number;
    struct ss_event step = sim_event_of(sim, event->agent, failed ? SS_EV_STORE_FAILED : SS_EV_STORED);
    step.stored.txn = event->number;
    sim_agent_step(sim, event->agent, &step);
}

static void sim_down_state(const struct sim_message *message, bool retained, struct ss_event *step) {
    step->type = SS_EV_STATE;
    step->state = message->state;
    step->state.retained = retained;
}

static void sim_deliver(struct sim *sim, const struct sim_event *event) {
    struct sim_message *message = event->message;
    struct ss_event step = sim_event_of(sim, event->agent, SS_EV_TIME);
    if (message->unreadable && event->number != 0)
        return;
    sim->agent[event->agent].received += message->type == SIM_REPLY ? message->reply.entity_count : (size_t)(message->type == SIM_STATE);
    switch (message->type) {
    case SIM_STATE: sim_down_state(message, event->number != 0, &step); break;
    case SIM_LIVE:
        step.type = SS_EV_LIVE;
        step.live = message->live;
        break;
    case SIM_PEER:
        step.type = SS_EV_PEER;
        step.peer = message->peer;
        step.peer.retained = event->number != 0;
        break;
    case SIM_ONLINE:
        if (event->number == 0 && ss_origin_equal(&message->online.origin, &sim->agent[event->agent].origin))
            sim_broker_still_here(sim, event->agent, message->online.online);
        step.type = SS_EV_ONLINE;
        step.online.origin = message->online.origin;
        step.online.online = message->online.online;
        break;
    case SIM_CHECKPOINT:
        step.type = SS_EV_CHECKPOINT;
        step.checkpoint = message->checkpoint;
        break;
    case SIM_CALL:
        step.type = SS_EV_SYNC_CALLED;
        step.sync_called.from = message->call.from;
        step.sync_called.call = message->call.call;
        step.sync_called.vector = message->call.vector;
        step.sync_called.buckets = message->call.buckets;
        step.sync_called.blobs = message->call.blobs;
        break;
    case SIM_REPLY:
        step.type = SS_EV_SYNC_REPLIED;
        step.sync_replied = message->reply;
        break;
    case SIM_CLEAR: return;
    }
    sim_agent_step(sim, event->agent, &step);
}

static void sim_up(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *at = &sim->agent[event->agent];
    const bool current = at->connected && at->connection == event->life;
    if (!current && (at->connection != event->life || sim->now > at->cut_ms || !sim->broker_up))
        return;
    const int type = (int)event->message->type;
    if (event->agent != sim->watcher || type == SIM_PEER || type == SIM_ONLINE || type == SIM_CALL)
        sim_broker_take(sim, event->agent, event->message);
    else if (current)
        sim_push(sim, (struct sim_event){.at = sim->now + 1, .type = SIM_REFUSED, .agent = event->agent, .life = at->connection});
    if (current && event->number != 0)
        sim_push(sim, (struct sim_event){.at = sim->now + 1 + sim_random(sim, 20),
                                         .type = SIM_PUBACK,
                                         .agent = event->agent,
                                         .life = at->connection,
                                         .number = event->number});
}

static void sim_connect(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *at = &sim->agent[event->agent];
    if (!at->up || at->connected || at->life != event->life)
        return;
    if (sim->broker_up && (sim->quiet || sim->now >= at->away_ms))
        sim_broker_connect(sim, event->agent);
    else
        sim_push(sim, (struct sim_event){.at = sim->now + 500, .type = SIM_CONNECT, .agent = event->agent, .life = event->life});
}

static void sim_simple(struct sim *sim, const struct sim_event *event, enum ss_event_type type) {
    struct sim_agent *at = &sim->agent[event->agent];
    struct ss_event step = sim_event_of(sim, event->agent, type);
    if (type == SS_EV_PUBLISHED)
        step.published.token = event->number;
    if (type == SS_EV_CLIENT_READY) {
        step.client_ready.client = at->client;
        step.client_ready.budget = 65536;
    }
    sim_agent_step(sim, event->agent, &step);
}

static void sim_link_event(struct sim *sim, const struct sim_event *event) {
    const struct sim_agent *at = &sim->agent[event->agent];
    const bool linked = at->up && at->connected && at->connection == event->life;
    if (event->type == SIM_UP)
        sim_up(sim, event);
    else if (event->type == SIM_CONNECT)
        sim_connect(sim, event);
    else if (event->type == SIM_WILL)
        sim_will(sim, event);
    else if (linked && event->type == SIM_DOWN)
        sim_deliver(sim, event);
    else if (linked)
        sim_simple(sim, event, event->type == SIM_PUBACK ? SS_EV_PUBLISHED : event->type == SIM_REFUSED ? SS_EV_LOOKS_ON : SS_EV_REPLAYED);
}

static void sim_process_event(struct sim *sim, const struct sim_event *event) {
    const struct sim_agent *at = &sim->agent[event->agent];
    if (event->type == SIM_WAKE && at->wake_at <= sim->now)
        sim_simple(sim, event, SS_EV_TIME);
    else if (event->type == SIM_READY && sim->now < at->stalled_ms && !sim->quiet)
        sim_push(sim, (struct sim_event){.at = at->stalled_ms, .type = SIM_READY, .agent = event->agent, .life = event->life});
    else if (event->type == SIM_STORED)
        sim_stored(sim, event);
    else if (event->type == SIM_READY)
        sim_simple(sim, event, SS_EV_CLIENT_READY);
    else if (event->type == SIM_RELINK)
        sim_link_break(sim, event->agent);
    else if (event->type == SIM_SNAPSHOT)
        sim_snapshot_written(sim, event);
    else if (event->type == SIM_READ)
        sim_deliver(sim, event);
    else if (event->type == SIM_BLOB_FETCH || event->type == SIM_BLOB_UPLOAD)
        sim_blob(sim, event);
}

static void sim_one(struct sim *sim, const struct sim_event *event) {
    const struct sim_agent *at = &sim->agent[event->agent];
    if (event->type == SIM_RESTART)
        sim_agent_start(sim, event->agent, false);
    else if (event->type == SIM_BROKER_UP)
        sim_broker_back(sim);
    else if (event->type <= SIM_WILL)
        sim_link_event(sim, event);
    else if (at->up && at->life == event->life)
        sim_process_event(sim, event);
}

void sim_run(struct sim *sim, uint64_t until) {
    struct sim_event event;
    while (sim->heap_count > 0 && sim->heap[0].at <= until && sim_pop(sim, &event)) {
        sim->now = event.at;
        sim_one(sim, &event);
        sim_message_drop(event.message);
    }
    sim->now = until;
}

static void sim_act(struct sim *sim) {
    if (sim_chance(sim, sim->faults))
        sim_fault(sim);
    else if (sim_chance(sim, 40) && sim->broker_up)
        (sim_chance(sim, 250) ? sim_stranger_write : sim_tool_write)(sim);
    else
        sim_client_edit(sim, (int)sim_random(sim, (uint64_t)sim->agents));
    sim_run(sim, sim->now + sim_random(sim, sim_chance(sim, 100) ? 3000 : 60));
}

static void sim_cluster(const struct sim_options *options) {
    struct sim *sim = calloc(1, sizeof *sim);
    sim->options = *options;
    sim->random = options->seed;
    sim->agents = sim_chance(sim, 20) ? SIM_AGENTS : 2 + (int)sim_random(sim, 5);
    if (options->agents > 0)
        sim->agents = options->agents < SIM_AGENTS ? (int)options->agents : SIM_AGENTS;
    sim->broker_up = true;
    sim->faults = sim_chance(sim, 500) ? 25 : 100;
    sim->echo = sim_chance(sim, 500);
    sim->scatter = sim_chance(sim, 300);
    sim->replay = sim_chance(sim, 500) ? SIM_WHOLE : 1 + (unsigned)sim_random(sim, 3);
    sim->forgets = sim_chance(sim, 300);
    sim->watcher = !sim->echo && sim->agents > 2 && sim_chance(sim, 300) ? 1 + (int)sim_random(sim, (uint64_t)sim->agents - 2) : -1;
    sim->snapshot_bytes = sim_chance(sim, 500) ? 1000 : 4 << 20;
    for (int i = 0; i < sim->agents; i++)
        sim_agent_start(sim, i, true);
    for (uint64_t i = 0; i < options->steps; i++)
        sim_act(sim);
    sim_heal(sim);
    sim_check(sim);
    printf("seed %llu: %d agents, %llu steps, %llu edits, %llu acknowledged, %llu kills, %llu refusals, %llu denied, %llu checkpoints, "
           "%llu snapshots read\n",
           (unsigned long long)options->seed, sim->agents, (unsigned long long)sim->steps, (unsigned long long)sim->edits,
           (unsigned long long)sim->acks, (unsigned long long)sim->kills, (unsigned long long)sim->refusals,
           (unsigned long long)sim->denials, (unsigned long long)sim->checkpoints, (unsigned long long)sim->fetched);
    struct sim_event event;
    while (sim_pop(sim, &event))
        sim_message_drop(event.message);
    for (int i = 0; i < sim->agents; i++)
        sim_agent_finish(sim, i);
    sim_broker_finish(sim);
    for (size_t i = 0; i < sim->snapshot_count; i++)
        sim_snapshot_drop(&sim->snapshots[i]);
    free(sim->snapshots);
    free(sim->store);
    free(sim->lost);
    free(sim->heap);
    free(sim);
}

static bool sim_option(struct sim_options *options, const char *name, uint64_t value) {
    const struct {
        const char *name;
        uint64_t *option;
    } all[] = {{"--seed", &options->seed}, {"--agents", &options->agents},   {"--steps", &options->steps},
               {"--runs", &options->runs}, {"--seconds", &options->seconds}, {"--verbose", &options->verbose}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].name, name) == 0) {
            *all[i].option = value;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    const time_t began = time(NULL);
    struct sim_options options = {.steps = 400, .runs = 1};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc || !sim_option(&options, argv[i], strtoull(argv[i + 1], NULL, 10))) {
            fprintf(stderr, "usage: sim [--seed S] [--agents N] [--steps M] [--runs R | --seconds T] [--verbose 1]\n");
            return 2;
        }
    }
    if (options.seed == 0)
        options.seed = (uint64_t)began * 1000;
    for (uint64_t i = 0; options.seconds > 0 ? (uint64_t)(time(NULL) - began) < options.seconds : i < options.runs; i++, options.seed++)
        sim_cluster(&options);
    return 0;
}
