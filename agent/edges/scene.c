// SPDX-License-Identifier: Apache-2.0
#include "edges/scene.h"

#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/peers.h"
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

static void step_once(struct ss_scene *scene, struct ss_event *event) {
    struct ss_effects effects = {0};
    event->now_ms = ss_now_ms(scene->agent);
    event->wall_ms = ss_wall_ms();
    int error = ss_core_step(scene->core, event, &effects);
    if (error != SS_OK) {
        ss_scene_refused(scene, error == SS_ENOMEM ? "memory" : "event", "the core did not take an event");
        return;
    }
    scene->stepping = true;
    for (size_t i = 0; i < effects.count; i++) {
        ss_carry_out(scene, &effects.items[i]);
    }
    scene->stepping = false;
}

void ss_scene_step(struct ss_scene *scene, struct ss_event *event) {
    assert(!scene->stepping);
    step_once(scene, event);
    struct ss_later *later;
    while ((later = scene->later_first) != NULL) {
        scene->later_first = later->next;
        step_once(scene, &later->event);
        free(later);
    }
    ss_store_flush(scene->agent->store);
}

void ss_scene_later(struct ss_scene *scene, const struct ss_event *event) {
    if (!scene->stepping) {
        struct ss_event copy = *event;
        ss_scene_step(scene, &copy);
        return;
    }
    struct ss_later *later = ss_new(sizeof(*later));
    later->event = *event;
    *(scene->later_first != NULL ? &scene->later_last->next : &scene->later_first) = later;
    scene->later_last = later;
}

void ss_scene_each_later(struct ss_agent *agent, const struct ss_event *event) {
    for (struct ss_scene *scene = agent->scenes; scene != NULL; scene = scene->next) {
        ss_scene_later(scene, event);
    }
}

// ---- Joining ----------------------------------------------------------------------------------------------------------------------------

struct ss_scene *ss_scene_find(struct ss_agent *agent, struct ss_slice name) {
    for (struct ss_scene *scene = agent->scenes; scene != NULL; scene = scene->next) {
        if (strlen(scene->name) == name.len && memcmp(scene->name, name.data, name.len) == 0) {
            return scene;
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

static struct ss_core *make_core(const struct ss_origin *origin) {
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
    };
    uv_random(NULL, NULL, &config.random_seed, sizeof(config.random_seed), 0, NULL);
    return ss_core_create(&config);
}

static void on_stored(void *context, uint64_t txn, bool ok, const char *why) {
    struct ss_scene *scene = context;
    struct ss_event event = {.type = ok ? SS_EV_STORED : SS_EV_STORE_FAILED, .stored = {.txn = txn}};
    if (!ok && !scene->store_failed) {
        ss_log("scene %s: cannot write the replica: %s; edits are refused until there is room", scene->name, why);
    }
    if (ok == scene->store_failed) {
        scene->store_failed = !ok;
        snprintf(scene->store_problem, sizeof(scene->store_problem), "%s", why);
        ss_scene_status(scene);
    }
    ss_scene_step(scene, &event);
}

static bool restore_one(void *context, struct ss_slice key, struct ss_slice value) {
    struct ss_scene *scene = context;
    struct ss_event event = {.type = SS_EV_RESTORED, .restored = {.key = key, .value = value}};
    struct ss_effects effects;
    event.now_ms = ss_now_ms(scene->agent);
    event.wall_ms = ss_wall_ms();
    return ss_core_step(scene->core, &event, &effects) == SS_OK;
}

static void release(struct ss_scene *scene) {
    ss_core_destroy(scene->core);
    ss_peers_free(scene);
    ss_buffer_finish(&scene->vector);
    ss_buffer_finish(&scene->presence);
    free(scene);
}

struct ss_scene *ss_scene_join(struct ss_agent *agent, struct ss_slice name) {
    struct ss_scene *scene = ss_scene_find(agent, name);
    if (scene != NULL || !ss_is_scene(name)) {
        return scene;
    }
    scene = ss_new(sizeof(*scene));
    scene->agent = agent;
    memcpy(scene->name, name.data, name.len);
    ss_buffer_init(&scene->vector, SS_MAX_MESSAGE);
    ss_buffer_init(&scene->presence, SS_MAX_VALUE);
    scene->origin = agent->data.origin;
    scene->core = make_core(&scene->origin);
    scene->room = scene->core != NULL ? ss_store_open(agent->store, scene->name, on_stored, scene) : NULL;
    if (scene->room == NULL || !ss_store_restore(scene->room, restore_one, scene)) {
        ss_log("scene %s: cannot be restored from %s/replica", scene->name, agent->data.root);
        release(scene);
        return NULL;
    }
    uv_timer_t *timers[] = {&scene->wake, &scene->status_tick, &scene->presence_tick};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(agent->loop, timers[i]);
        timers[i]->data = scene;
    }
    scene->open_handles = 3;
    scene->next = agent->scenes;
    agent->scenes = scene;
    ss_scene_step(scene, &(struct ss_event){.type = SS_EV_START});
    if (agent->clock_known) {
        ss_scene_step(scene, &(struct ss_event){.type = SS_EV_CLOCK_OFFSET, .clock = {.offset_ms = agent->clock_offset_ms}});
    }
    ss_log("scene %s: joined, %llu entities known", scene->name, (unsigned long long)scene->entities);
    scene->link = ss_link_create(scene);
    return scene;
}

static void join_one(void *context, struct ss_slice name) { ss_scene_join(context, name); }

void ss_scene_join_stored(struct ss_agent *agent) { ss_store_each_room(agent->store, join_one, agent); }

static void on_closed(uv_handle_t *handle) {
    struct ss_scene *scene = handle->data;
    if (--scene->open_handles == 0) {
        release(scene);
    }
}

void ss_scene_free(struct ss_scene *scene) {
    uv_close((uv_handle_t *)&scene->wake, on_closed);
    uv_close((uv_handle_t *)&scene->status_tick, on_closed);
    uv_close((uv_handle_t *)&scene->presence_tick, on_closed);
}

// ---- What people are told ---------------------------------------------------------------------------------------------------------------

static struct ss_cause *find_cause(struct ss_scene *scene, const char *word) {
    for (size_t i = 0; i < scene->cause_count; i++) {
        if (strcmp(scene->causes[i].word, word) == 0) {
            return &scene->causes[i];
        }
    }
    if (scene->cause_count == SS_MAX_CAUSES) {
        return &scene->causes[SS_MAX_CAUSES - 1];
    }
    struct ss_cause *cause = &scene->causes[scene->cause_count++];
    snprintf(cause->word, sizeof(cause->word), "%s", word);
    return cause;
}

void ss_scene_refused(struct ss_scene *scene, const char *word, const char *text) {
    struct ss_cause *cause = find_cause(scene, word);
    if (cause->count++ == 0) {
        ss_log("scene %s: refused (%s): %s; more of these are only counted", scene->name, word, text);
    }
    ss_scene_status(scene);
}
