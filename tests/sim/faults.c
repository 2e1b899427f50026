// SPDX-License-Identifier: Apache-2.0
// What goes wrong, and how it is over in the end.
#include <stdlib.h>

#include "sim.h"

static int sim_some(struct sim *sim) { return (int)sim_random(sim, (uint64_t)sim->agents); }

// Neither the first, which the others are compared with, nor the last, whose place the newcomer takes; -1: there is no such.
static int sim_victim(struct sim *sim) { return sim->agents > 2 ? 1 + (int)sim_random(sim, (uint64_t)sim->agents - 2) : -1; }

static void sim_kill_one(struct sim *sim) {
    const int agent = sim_some(sim);
    if (!sim->agent[agent].up)
        return;
    sim_agent_kill(sim, agent);
    sim_agent_return(sim, agent, 20000);
}

// Some lose their way to the broker together, for a while.
static void sim_partition(struct sim *sim) {
    const uint64_t until = sim->now + sim_random(sim, 60000);
    sim_tell(sim, -1, "some are away until %llu ms", (unsigned long long)until);
    for (int i = 0; i < sim->agents; i++) {
        if (sim_chance(sim, 400)) {
            sim->agent[i].away_ms = until;
            sim_link_break(sim, i);
        }
    }
}

// The store's date may put it right, sooner or later or never.
static void sim_clock_jump(struct sim *sim) {
    const int agent = sim_some(sim);
    struct sim_agent *at = &sim->agent[agent];
    const int64_t most = sim_chance(sim, 200) ? SIM_WRONG_MS : 4000;
    at->skew_ms = (int64_t)sim_random(sim, (uint64_t)most * 2) - most;
    at->drift_ppm = (int64_t)sim_random(sim, 20000) - 10000;
    sim_tell(sim, agent, "its clock is wrong by %lld ms", (long long)at->skew_ms);
    if (!at->up || !sim_chance(sim, 500))
        return;
    struct ss_event event = sim_event_of(sim, agent, SS_EV_CLOCK_OFFSET);
    event.clock.offset_ms = -at->skew_ms + (int64_t)sim_random(sim, 2000) - 1000;
    sim_agent_step(sim, agent, &event);
}

// What an agent had promised was on the disk that is gone.
static void sim_disk_gone(struct sim *sim, struct sim_agent *at) {
    sim->lost = realloc(sim->lost, (sim->lost_count + 1) * sizeof *sim->lost);
    if (sim->lost == NULL)
        abort();
    sim->lost[sim->lost_count++] = at->origin;
    at->promises_gone = at->promise_count;
    sim_records_clear(&at->disk);
    sim_records_clear(&at->mirror);
}

static void sim_die(struct sim *sim) {
    const int agent = sim_victim(sim);
    if (agent < 0)
        return;
    sim_tell(sim, agent, "dies for ever");
    sim_agent_kill(sim, agent);
    sim_disk_gone(sim, &sim->agent[agent]);
    sim->agent[agent].dead = true;
}

// A data directory is copied over another machine's, and both run.
static void sim_clone(struct sim *sim) {
    const int from = sim_some(sim);
    const int to = sim_victim(sim);
    if (to < 0 || to == from || to == sim->watcher || from == sim->watcher || sim->agent[from].dead || sim->agent[to].dead)
        return;
    sim_tell(sim, to, "becomes a copy of agent %d", from);
    sim_agent_kill(sim, to);
    sim_disk_gone(sim, &sim->agent[to]);
    sim->agent[to].disk = sim_records_copy(&sim->agent[from].disk);
    sim->agent[to].origin = sim->agent[from].origin;
    sim_agent_return(sim, to, 5000);
}

static void sim_backup(struct sim *sim) {
    struct sim_agent *at = &sim->agent[sim_some(sim)];
    sim_records_clear(&at->backup);
    at->backup = sim_records_copy(&at->disk);
}

// A data directory comes back as it once was.
static void sim_rollback(struct sim *sim) {
    const int agent = sim_victim(sim);
    if (agent < 0 || sim->agent[agent].backup.count == 0 || sim->agent[agent].dead)
        return;
    sim_tell(sim, agent, "its disk is as it once was");
    sim_agent_kill(sim, agent);
    sim_disk_gone(sim, &sim->agent[agent]);
    sim->agent[agent].disk = sim_records_copy(&sim->agent[agent].backup);
    sim_agent_return(sim, agent, 5000);
}

static void sim_full(struct sim *sim) {
    const int agent = sim_some(sim);
    sim->agent[agent].full_ms = sim->now + sim_random(sim, 20000);
    sim_tell(sim, agent, "no room on its disk until %llu ms", (unsigned long long)sim->agent[agent].full_ms);
}

static void sim_fault_rare(struct sim *sim) {
    switch (sim_random(sim, 6)) {
    case 0: sim_die(sim); break;
    case 1: sim_clone(sim); break;
    case 2: sim_rollback(sim); break;
    case 3: sim->agent[sim_some(sim)].poor_ms = sim->now + sim_random(sim, 5000); break;
    case 4: sim->agent[sim_some(sim)].stalled_ms = sim->now + sim_random(sim, 60000); break;
    default: sim_backup(sim); break;
    }
}

void sim_fault(struct sim *sim) {
    switch (sim_random(sim, 9)) {
    case 0:
        if (sim->broker_up)
            sim_broker_down(sim);
        break;
    case 1: sim_broker_save(sim); break;
    case 2: sim_kill_one(sim); break;
    case 3: sim_clock_jump(sim); break;
    case 4: sim_partition(sim); break;
    case 5: sim_full(sim); break;
    case 6: sim_fault_rare(sim); break;
    default: sim_link_break(sim, sim_some(sim)); break;
    }
}

static bool sim_shrunk(const struct sim *sim, const struct sim_promise *promise) {
    for (int i = 0; i < sim->agents; i++) {
        const struct ss_core *core = sim->agent[i].core;
        const uint32_t kind = core == NULL ? SS_NONE : ss_names_find(&core->names, ss_slice_text(promise->kind));
        const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&core->scene, kind, &promise->uuid);
        if (number != SS_NONE && (ss_thing_at(core, number)->flags & SS_THING_SHRUNK) != 0)
            return true;
    }
    return false;
}

// Of what has been deleted for a month only that is kept, even if somebody who was away comes back and undoes it.
static void sim_forget(struct sim *sim) {
    for (int i = 0; i < sim->agents; i++) {
        for (size_t p = sim->agent[i].promises_gone; p < sim->agent[i].promise_count; p++) {
            struct sim_promise *promise = &sim->agent[i].promises[p];
            promise->acked = promise->acked && (strcmp(promise->name, "deleted") == 0 || !sim_shrunk(sim, promise));
        }
    }
}

// Somebody is away for a month, after which the tombstones of the others have shrunk.
static void sim_month(struct sim *sim) {
    const int away = sim_victim(sim);
    if (away < 0)
        return;
    sim_agent_kill(sim, away);
    sim->later_ms += 31ULL * 24 * 3600 * 1000;
    sim_run(sim, sim->now + 7 * 3600 * 1000);
    sim_forget(sim);
    sim_agent_return(sim, away, 1000);
}

void sim_heal(struct sim *sim) {
    sim->quiet = true;
    if (sim->agents <= 6 && sim_chance(sim, 50))
        sim_month(sim);
    sim_run(sim, sim->now + 65000); // what was killed, broken or stalled comes back by itself
    sim_broker_back(sim);
    sim_run(sim, sim->now + 5000);
}
