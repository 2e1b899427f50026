// SPDX-License-Identifier: Apache-2.0
// The broker: order per publisher only, QoS 1 at least once, QoS 0 at most once, a retained store that it may lose or roll back.
#include <stdlib.h>

#include "sim.h"

static bool sim_same_topic(const struct sim_message *a, const struct sim_message *b) {
    const int a_type = a->type == SIM_CLEAR ? SIM_STATE : (int)a->type;
    const int b_type = b->type == SIM_CLEAR ? SIM_STATE : (int)b->type;
    if (a_type != b_type)
        return false;
    if (a_type == SIM_STATE)
        return ss_slice_equal(a->state.entity.kind, b->state.entity.kind) && ss_uuid_equal(&a->state.entity.uuid, &b->state.entity.uuid) &&
               a->state.part == b->state.part;
    if (a_type == SIM_CHECKPOINT)
        return true;
    return a_type == SIM_PEER ? ss_origin_equal(&a->peer.origin, &b->peer.origin) : ss_origin_equal(&a->online.origin, &b->online.origin);
}

static void sim_retain(struct sim *sim, struct sim_message *message) {
    for (size_t i = 0; i < sim->retained_count; i++) {
        if (!sim_same_topic(sim->retained[i].message, message))
            continue;
        sim_message_drop(sim->retained[i].message);
        if (message->type == SIM_CLEAR)
            sim->retained[i] = sim->retained[--sim->retained_count];
        else
            sim->retained[i].message = sim_message_hold(message);
        return;
    }
    if (message->type == SIM_CLEAR)
        return;
    sim->retained = realloc(sim->retained, (sim->retained_count + 1) * sizeof *sim->retained);
    sim->retained[sim->retained_count++].message = sim_message_hold(message);
}

// One publisher's messages arrive in their order; of different publishers' one broker keeps the order, too, and several do not.
static void sim_down(struct sim *sim, int from, int agent, struct sim_message *message, bool retained) {
    struct sim_agent *to = &sim->agent[agent];
    uint64_t *last = sim->scatter ? &to->down_from[from + 1] : &to->down_last;
    const uint64_t arrival = sim->now + 1 + sim_random(sim, sim->quiet ? 10 : sim->scatter ? 300 : 60);
    *last = arrival > *last ? arrival : *last;
    to->down_last = *last > to->down_last ? *last : to->down_last;
    sim_push(sim, (struct sim_event){.at = *last,
                                     .type = SIM_DOWN,
                                     .agent = agent,
                                     .life = to->connection,
                                     .number = retained,
                                     .message = sim_message_hold(message)});
}

static bool sim_for(struct sim *sim, int from, int agent, const struct sim_message *message) {
    const struct sim_agent *to = &sim->agent[agent];
    if (!to->connected || (agent == from && !sim->echo))
        return false;
    if (message->type == SIM_CALL || message->type == SIM_REPLY)
        return ss_origin_equal(&message->to, &to->origin);
    return message->type != SIM_LIVE || sim->quiet || !sim_chance(sim, 200);
}

// What the broker does with a message: `from` is an agent or -1 for a plain tool or the broker itself.
void sim_broker_take(struct sim *sim, int from, struct sim_message *message) {
    if (message->type <= SIM_CLEAR || message->type == SIM_PEER || message->type == SIM_ONLINE || message->type == SIM_CHECKPOINT)
        sim_retain(sim, message);
    if (message->type == SIM_CLEAR)
        return;
    sim->told += message->type == SIM_STATE;
    for (int i = 0; i < sim->agents; i++) {
        if (!sim_for(sim, from, i, message))
            continue;
        sim_down(sim, from, i, message, false);
        if (!sim->quiet && message->type != SIM_LIVE && sim_chance(sim, 20))
            sim_down(sim, from, i, message, false);
    }
}

static void sim_online(struct sim *sim, int agent, const struct ss_origin *origin, bool online) {
    struct sim_message *message = sim_message_create(SIM_ONLINE);
    message->online.origin = *origin;
    message->online.online = online;
    sim_broker_take(sim, agent, message);
    sim_message_drop(message);
}

// The will of a connection that an agent no longer uses arrived late: it says again that it is here.
void sim_broker_still_here(struct sim *sim, int agent, bool online) {
    if (!online)
        sim_online(sim, agent, &sim->agent[agent].origin, true);
}

// Puts a message on an agent's connection. `token` is for the PUBACK, 0: nobody waits for one.
void sim_broker_up(struct sim *sim, int agent, struct sim_message *message, uint64_t token) {
    struct sim_agent *from = &sim->agent[agent];
    if (!from->connected) {
        sim_message_drop(message);
        return;
    }
    const uint64_t arrival = sim->now + 1 + sim_random(sim, sim->quiet ? 10 : 40);
    from->up_last = arrival > from->up_last ? arrival : from->up_last;
    sim_push(sim, (struct sim_event){
                      .at = from->up_last, .type = SIM_UP, .agent = agent, .life = from->connection, .number = token, .message = message});
}

void sim_broker_connect(struct sim *sim, int agent) {
    struct sim_agent *to = &sim->agent[agent];
    if (to->will != 0)
        sim_online(sim, -1, &to->will_origin, false);
    to->will = 0;
    to->connected = true;
    to->connection++;
    to->up_last = to->down_last = sim->now;
    memset(to->down_from, 0, sizeof to->down_from);
    const bool all = sim->echo;
    struct ss_event event = sim_event_of(sim, agent, SS_EV_CONNECTED);
    event.connected.replays = all;
    sim_agent_step(sim, agent, &event);
    if (!to->up || !to->connected)
        return;
    to->online_origin = to->origin;
    sim_online(sim, agent, &to->origin, true);
    sim_broker_replay(sim, agent, all ? SIM_OTHERS | SIM_STATES : SIM_OTHERS);
}

static bool sim_replays(struct sim *sim, const struct sim_message *message, size_t *states) {
    const bool state = message->type == SIM_STATE;
    *states += state;
    if (message->type == SIM_CHECKPOINT)
        return true; // not subscribed by a wildcard
    switch (sim->replay) {
    case SIM_LOSSY: return !state || !sim_chance(sim, 300);
    case SIM_FEW: return !state || *states <= 8;
    case SIM_NONE: return false;
    default: return true;
    }
}

void sim_broker_replay(struct sim *sim, int agent, unsigned scope) {
    struct sim_agent *to = &sim->agent[agent];
    size_t states = 0;
    if (!to->connected)
        return;
    for (size_t i = 0; i < sim->retained_count; i++) {
        const unsigned of = sim->retained[i].message->type == SIM_STATE ? SIM_STATES : SIM_OTHERS;
        if ((scope & of) != 0 && sim_replays(sim, sim->retained[i].message, &states))
            sim_down(sim, -1, agent, sim->retained[i].message, true);
    }
    const uint64_t last = to->down_last > sim->now ? to->down_last : sim->now;
    sim_push(sim, (struct sim_event){.at = last + 20, .type = SIM_REPLAYED, .agent = agent, .life = to->connection});
}

// The broker notices by itself that a connection is gone; a new connection of the same agent makes it notice at once.
void sim_will(struct sim *sim, const struct sim_event *event) {
    struct sim_agent *to = &sim->agent[event->agent];
    if (to->will == event->life && sim->broker_up)
        sim_online(sim, -1, &to->will_origin, false);
    if (to->will == event->life)
        to->will = 0;
}

void sim_new_origin(struct sim *sim, int agent, const struct ss_origin *origin) {
    struct sim_agent *to = &sim->agent[agent];
    to->origin = *origin;
    sim_push(sim, (struct sim_event){.at = sim->now, .type = SIM_RELINK, .agent = agent, .life = to->life});
}

void sim_link_break(struct sim *sim, int agent) {
    if (!sim->agent[agent].connected)
        return;
    sim_broker_drop(sim, agent);
    sim_push(sim, (struct sim_event){
                      .at = sim->now + sim_random(sim, 4000), .type = SIM_CONNECT, .agent = agent, .life = sim->agent[agent].life});
}

void sim_broker_back(struct sim *sim) {
    if (sim->broker_up)
        return;
    sim->broker_up = true;
}

// The connection breaks: what was under way to the broker arrives up to some moment, what was under way to the agent is gone.
void sim_broker_drop(struct sim *sim, int agent) {
    struct sim_agent *to = &sim->agent[agent];
    if (!to->connected)
        return;
    to->connected = false;
    to->cut_ms = sim->now + sim_random(sim, 60);
    to->will = to->connection;
    to->will_origin = to->online_origin;
    sim_push(sim, (struct sim_event){.at = to->cut_ms + sim_random(sim, 2000), .type = SIM_WILL, .agent = agent, .life = to->connection});
    if (!to->up)
        return;
    struct ss_event event = sim_event_of(sim, agent, SS_EV_DISCONNECTED);
    sim_agent_step(sim, agent, &event);
}

void sim_broker_save(struct sim *sim) {
    for (size_t i = 0; i < sim->saved_count; i++)
        sim_message_drop(sim->saved[i].message);
    sim->saved = realloc(sim->saved, (sim->retained_count + 1) * sizeof *sim->saved);
    sim->saved_count = sim->retained_count;
    for (size_t i = 0; i < sim->saved_count; i++)
        sim->saved[i].message = sim_message_hold(sim->retained[i].message);
}

// The broker dies; it comes back with its store, with an older one, or with none.
void sim_broker_down(struct sim *sim) {
    sim->broker_up = false;
    sim_tell(sim, -1, "the broker is down");
    for (int i = 0; i < sim->agents; i++) {
        sim_link_break(sim, i);
        sim->agent[i].cut_ms = sim->now;
    }
    const uint64_t how = sim_random(sim, 3);
    if (how > 0) {
        for (size_t i = 0; i < sim->retained_count; i++)
            sim_message_drop(sim->retained[i].message);
        sim->retained_count = 0;
    }
    for (size_t i = 0; how == 1 && i < sim->saved_count; i++)
        sim_retain(sim, sim->saved[i].message);
    sim_push(sim, (struct sim_event){.at = sim->now + 500 + sim_random(sim, 5000), .type = SIM_BROKER_UP});
}

void sim_broker_finish(struct sim *sim) {
    for (size_t i = 0; i < sim->retained_count; i++)
        sim_message_drop(sim->retained[i].message);
    for (size_t i = 0; i < sim->saved_count; i++)
        sim_message_drop(sim->saved[i].message);
    free(sim->retained);
    free(sim->saved);
}
