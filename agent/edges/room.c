// SPDX-License-Identifier: Apache-2.0
#include "edges/room.h"

#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/peers.h"
#include "edges/snapshot.h"
#include "edges/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ss_later is an event that came up while effects were carried out.
struct ss_later {
    struct ss_later *next;
    struct ss_event event;
};

uint64_t ss_now_ms(const struct ss_agent *agent) {
    (void)agent;
    return uv_hrtime() / 1000000;
}

uint64_t ss_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- Steps ------------------------------------------------------------------------------------------------------------------------------

static void step_once(struct ss_room *room, struct ss_event *event) {
    struct ss_effects effects = {0};
    event->now_ms = ss_now_ms(room->agent);
    event->wall_ms = ss_wall_ms();
    int error = ss_core_step(room->core, event, &effects);
    if (error != SS_OK) {
        ss_room_refused(room, error == SS_ENOMEM ? "memory" : "event", "the core did not take an event");
    }
    room->stepping = true;
    for (size_t i = 0; i < effects.count; i++) {
        ss_carry_out(room, &effects.items[i]);
    }
    room->stepping = false;
}

// Whether somebody may wait for what such an event has stored: a client for its acknowledgement, or others for what is published then.
static bool is_awaited(enum ss_event_type type) { return type != SS_EV_STATE && type != SS_EV_PUBLISHED && type != SS_EV_SYNC_REPLIED; }

void ss_room_step(struct ss_room *room, struct ss_event *event) {
    assert(!room->stepping);
    bool awaited = is_awaited(event->type);
    step_once(room, event);
    struct ss_later *later;
    while ((later = room->later_first) != NULL) {
        room->later_first = later->next;
        awaited |= is_awaited(later->event.type);
        step_once(room, &later->event);
        free(later);
    }
    ss_store_flush(room->agent->store, awaited);
}

void ss_room_later(struct ss_room *room, const struct ss_event *event) {
    if (!room->stepping) {
        struct ss_event copy = *event;
        ss_room_step(room, &copy);
        return;
    }
    struct ss_later *later = ss_new(sizeof(*later));
    later->event = *event;
    *(room->later_first != NULL ? &room->later_last->next : &room->later_first) = later;
    room->later_last = later;
}

void ss_room_each_later(struct ss_agent *agent, const struct ss_event *event) {
    for (struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
        ss_room_later(room, event);
    }
}

// ---- Joining ----------------------------------------------------------------------------------------------------------------------------

struct ss_room *ss_room_find(struct ss_agent *agent, struct ss_slice name) {
    for (struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
        if (strlen(room->name) == name.len && memcmp(room->name, name.data, name.len) == 0) {
            return room;
        }
    }
    return NULL;
}

static void *resize(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static struct ss_core *make_core(const struct ss_origin *origin, const struct ss_config *agent) {
    struct ss_core_config config = {
        .alloc = {.resize = resize},
        .origin = *origin,
        .settle_ms = 250,
        .settle_long_ms = 2000,
        .live_tick_ms = 16,
        .live_expiry_ms = 10000,
        .rank_delay_ms = 250,
        .peer_interval_ms = 10000,
        .max_inflight = 64,
        .store = agent->store != NULL,
        .checkpoint_ms = agent->checkpoint_s * 1000,
        .snapshot_bytes = (uint32_t)(agent->snapshot_bytes < UINT32_MAX ? agent->snapshot_bytes : UINT32_MAX),
    };
    uv_random(NULL, NULL, &config.random_seed, sizeof(config.random_seed), 0, NULL);
    return ss_core_create(&config);
}

static void on_stored(void *context, uint64_t txn, bool ok, const char *why) {
    struct ss_room *room = context;
    struct ss_event event = {.type = ok ? SS_EV_STORED : SS_EV_STORE_FAILED, .stored = {.txn = txn}};
    if (!ok && !room->store_failed) {
        ss_log("scene %s: cannot write the replica: %s; edits are refused until there is room", room->name, why);
    }
    if (ok == room->store_failed) {
        room->store_failed = !ok;
        snprintf(room->store_problem, sizeof(room->store_problem), "%s", why);
        ss_room_status(room);
    }
    ss_room_step(room, &event);
}

static bool restore_one(void *context, struct ss_slice key, struct ss_slice value) {
    struct ss_room *room = context;
    struct ss_event event = {.type = SS_EV_RESTORED, .restored = {.key = key, .value = value}};
    struct ss_effects effects;
    event.now_ms = ss_now_ms(room->agent);
    event.wall_ms = ss_wall_ms();
    return ss_core_step(room->core, &event, &effects) == SS_OK;
}

static void release(struct ss_room *room) {
    ss_core_destroy(room->core);
    ss_peers_free(room);
    ss_buffer_finish(&room->vector);
    ss_buffer_finish(&room->presence);
    free(room);
}

struct ss_room *ss_room_join(struct ss_agent *agent, struct ss_slice name) {
    struct ss_room *room = ss_room_find(agent, name);
    if (room != NULL || !ss_is_scene(name)) {
        return room;
    }
    room = ss_new(sizeof(*room));
    room->agent = agent;
    memcpy(room->name, name.data, name.len);
    ss_buffer_init(&room->vector, SS_MAX_MESSAGE);
    ss_buffer_init(&room->presence, SS_MAX_VALUE);
    room->origin = agent->data.origin;
    room->core = make_core(&room->origin, &agent->config);
    room->records = room->core != NULL ? ss_store_open(agent->store, room->name, on_stored, room) : NULL;
    if (room->records == NULL || !ss_store_restore(room->records, restore_one, room)) {
        ss_log("scene %s: cannot be restored from %s/replica", room->name, agent->data.root);
        release(room);
        return NULL;
    }
    uv_timer_t *timers[] = {&room->wake, &room->status_tick, &room->presence_tick};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(agent->loop, timers[i]);
        timers[i]->data = room;
    }
    room->snapshots = ss_snapshots_create(room);
    room->open_handles = 4;
    room->next = agent->rooms;
    agent->rooms = room;
    ss_room_step(room, &(struct ss_event){.type = SS_EV_START});
    if (agent->clock_known) {
        ss_room_step(room, &(struct ss_event){.type = SS_EV_CLOCK_OFFSET, .clock = {.offset_ms = agent->clock_offset_ms}});
    }
    ss_log("scene %s: joined, %llu entities known", room->name, (unsigned long long)room->entities);
    room->link = ss_link_create(room);
    return room;
}

static void join_one(void *context, struct ss_slice name) { ss_room_join(context, name); }

void ss_room_join_stored(struct ss_agent *agent) { ss_store_each_scene(agent->store, join_one, agent); }

static void on_closed(uv_handle_t *handle) {
    struct ss_room *room = handle->data;
    if (--room->open_handles == 0) {
        release(room);
    }
}

void ss_room_free(struct ss_room *room) {
    uv_close((uv_handle_t *)&room->wake, on_closed);
    uv_close((uv_handle_t *)&room->status_tick, on_closed);
    uv_close((uv_handle_t *)&room->presence_tick, on_closed);
    ss_snapshots_close(room->snapshots, on_closed);
}

// ---- What people are told ---------------------------------------------------------------------------------------------------------------

static struct ss_cause *find_cause(struct ss_room *room, const char *word) {
    for (size_t i = 0; i < room->cause_count; i++) {
        if (strcmp(room->causes[i].word, word) == 0) {
            return &room->causes[i];
        }
    }
    if (room->cause_count == SS_MAX_CAUSES) {
        return &room->causes[SS_MAX_CAUSES - 1];
    }
    struct ss_cause *cause = &room->causes[room->cause_count++];
    snprintf(cause->word, sizeof(cause->word), "%s", word);
    return cause;
}

void ss_room_refused(struct ss_room *room, const char *word, const char *text) {
    struct ss_cause *cause = find_cause(room, word);
    if (cause->count++ == 0) {
        ss_log("scene %s: refused (%s): %s; more of these are only counted", room->name, word, text);
    }
    ss_room_status(room);
}
