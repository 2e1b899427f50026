// SPDX-License-Identifier: Apache-2.0
#include "edges/rooms.h"

#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/peers.h"
#include "edges/snapshot.h"
#include "edges/store.h"
#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    READ_MS = 8,   // of records, before other handles of the loop have their turn
    READ_REST = 1, // ms
    LOOK_MS = 100, // between two looks whether a scene that is to be left is at rest
};

// ss_scene is one that is kept on the disk and not open.
struct ss_scene {
    struct ss_scene *next;
    char name[SS_MAX_SCENE + 1];
    uint64_t entities;
    bool seen;   // it was open: nothing of it is undelivered
    bool broken; // it could not be read
};

// ---- Scenes that are not open -----------------------------------------------------------------------------------------------------------

static bool is_name(const char *name, struct ss_slice text) { return strlen(name) == text.len && memcmp(name, text.data, text.len) == 0; }

static struct ss_scene *find_scene(struct ss_agent *agent, struct ss_slice name) {
    struct ss_scene *scene = agent->scenes;
    while (scene != NULL && !is_name(scene->name, name)) {
        scene = scene->next;
    }
    return scene;
}

static struct ss_scene *note_scene(struct ss_agent *agent, struct ss_slice name) {
    struct ss_scene *scene = find_scene(agent, name);
    if (scene == NULL) {
        scene = ss_new(sizeof(*scene));
        memcpy(scene->name, name.data, name.len);
        LL_PREPEND(agent->scenes, scene);
    }
    return scene;
}

static void forget_scene(struct ss_agent *agent, struct ss_slice name) {
    struct ss_scene *scene = find_scene(agent, name);
    if (scene != NULL) {
        LL_DELETE(agent->scenes, scene);
        free(scene);
    }
}

// Whether the configuration says that a scene is never left: `keep` is a list of names, or *.
static bool is_kept(const struct ss_agent *agent, struct ss_slice name) {
    const char *at = agent->config.keep != NULL ? agent->config.keep : "";
    for (size_t len; *(at += strspn(at, SS_KEEP_BETWEEN)) != '\0'; at += len) {
        len = strcspn(at, SS_KEEP_BETWEEN);
        if ((len == 1 && *at == '*') || (len == name.len && memcmp(at, name.data, len) == 0)) {
            return true;
        }
    }
    return false;
}

// ---- The end of a room ------------------------------------------------------------------------------------------------------------------

static void release(struct ss_room *room) {
    ss_core_destroy(room->core);
    ss_peers_free(room);
    ss_buffer_finish(&room->vector);
    ss_buffer_finish(&room->presence);
    free(room);
}

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
    uv_close((uv_handle_t *)&room->turn, on_closed);
    ss_snapshots_close(room->snapshots, on_closed);
}

static void see_next(struct ss_agent *agent);

// Whoever waits for this may go on, and so does the look at what is on the disk.
static void go_on(struct ss_agent *agent) {
    see_next(agent);
    ss_clients_resume(agent);
}

static void on_gone(struct ss_room *room) {
    struct ss_agent *agent = room->agent;
    if (room->kept) {
        struct ss_scene *scene = note_scene(agent, ss_slice_text(room->name));
        scene->entities = room->entities;
        scene->seen = true;
        ss_store_close(room->records);
    } else {
        ss_store_forget(room->records);
    }
    LL_DELETE(agent->rooms, room);
    ss_room_free(room);
    go_on(agent);
}

static bool is_used(const struct ss_room *room) {
    const struct ss_client *client = room->agent->clients;
    while (client != NULL && client->room != room) {
        client = client->next;
    }
    return client != NULL;
}

// Others have, and the disk has, all that is known here.
static bool is_at_rest(const struct ss_room *room) {
    return room->pending == 0 && !room->comparing && !room->store_failed && room->put_txn == room->stored_txn;
}

static void on_unused(uv_timer_t *timer) {
    struct ss_room *room = timer->data;
    if (room->agent->closing) {
        return; // then every scene is left
    }
    if (!is_at_rest(room)) {
        uv_timer_start(timer, on_unused, LOOK_MS, 0);
        return;
    }
    ss_log("scene %s: left, as nobody uses it here", room->name);
    room->phase = SS_ROOM_LEAVING;
    uv_timer_stop(&room->wake);
    uv_timer_stop(&room->status_tick);
    uv_timer_stop(&room->presence_tick);
    if (room->link != NULL) {
        ss_link_close(room->link, on_gone);
    } else {
        on_gone(room);
    }
}

void ss_room_unused(struct ss_room *room, uint64_t after_ms) {
    if (!is_used(room) && !room->agent->closing && !is_kept(room->agent, ss_slice_text(room->name))) {
        uv_timer_start(&room->turn, on_unused, room->kept ? after_ms : 0, 0);
    }
}

void ss_room_used(struct ss_room *room) {
    uv_timer_stop(&room->turn);
    if (room->link == NULL) {
        room->link = ss_link_create(room);
    }
}

// ---- The beginning of a room ------------------------------------------------------------------------------------------------------------

static struct ss_core *make_core(const struct ss_origin *origin, const struct ss_config *agent) {
    struct ss_core_config config = ss_core_defaults(ss_heap, origin);
    config.store = agent->store != NULL;
    config.checkpoint_ms = agent->checkpoint_s * 1000;
    config.snapshot_bytes = (uint32_t)(agent->snapshot_bytes < UINT32_MAX ? agent->snapshot_bytes : UINT32_MAX);
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
    room->stored_txn = txn;
    ss_room_step(room, &event);
}

static bool restore_one(void *context, struct ss_slice key, struct ss_slice value) {
    struct ss_room *room = context;
    struct ss_event event = {.type = SS_EV_RESTORED, .restored = {.key = key, .value = value}};
    room->kept = true;
    struct ss_effects effects;
    event.now_ms = ss_now_ms(room->agent);
    event.wall_ms = ss_wall_ms();
    return ss_core_step(room->core, &event, &effects) == SS_OK;
}

// Only now is it known whether there is something that others wait for; when there is not, and nobody here waits, it is left at once.
static void start_room(struct ss_room *room) {
    struct ss_agent *agent = room->agent;
    room->phase = SS_ROOM_OPEN;
    ss_room_step(room, &(struct ss_event){.type = SS_EV_START});
    if (agent->clock_known) {
        ss_room_step(room, &(struct ss_event){.type = SS_EV_CLOCK_OFFSET, .clock = {.offset_ms = agent->clock_offset_ms}});
    }
    ss_log("scene %s: %llu entities known", room->name, (unsigned long long)room->entities);
    if (room->pending > 0 || is_kept(agent, ss_slice_text(room->name))) {
        ss_room_used(room);
        ss_room_unused(room, 1000 * (uint64_t)agent->config.leave_after_s);
    } else {
        ss_room_unused(room, 0);
    }
}

static void fail_room(struct ss_room *room) {
    struct ss_agent *agent = room->agent;
    struct ss_scene *scene = note_scene(agent, ss_slice_text(room->name));
    scene->seen = scene->broken = true;
    ss_log("scene %s: its records in %s/replica are damaged, so it is not opened; `scenesync doctor --data %s` says what can be done",
           room->name, agent->data.root, agent->data.root);
    LL_DELETE(agent->rooms, room);
    ss_store_close(room->records);
    ss_room_free(room);
}

static void on_read(uv_timer_t *timer) {
    struct ss_room *room = timer->data;
    struct ss_agent *agent = room->agent;
    const enum ss_store_progress progress = ss_store_read(room->records, READ_MS, restore_one, room);
    if (agent->closing) {
        return;
    }
    if (progress == SS_STORE_MORE) {
        uv_timer_start(timer, on_read, READ_REST, 0);
        return;
    }
    if (progress == SS_STORE_ALL) {
        start_room(room);
    } else {
        fail_room(room);
    }
    go_on(agent);
}

static struct ss_room *make_room(struct ss_agent *agent, struct ss_slice name) {
    struct ss_room *room = ss_new(sizeof(*room));
    room->agent = agent;
    memcpy(room->name, name.data, name.len);
    ss_buffer_init(&room->vector, SS_MAX_MESSAGE);
    ss_buffer_init(&room->presence, SS_MAX_VALUE);
    room->origin = agent->data.origin;
    room->core = make_core(&room->origin, &agent->config);
    room->records = room->core != NULL ? ss_store_open(agent->store, room->name, on_stored, room) : NULL;
    if (room->records == NULL) {
        release(room);
        return NULL;
    }
    uv_timer_t *timers[] = {&room->wake, &room->status_tick, &room->presence_tick, &room->turn};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(agent->loop, timers[i]);
        timers[i]->data = room;
    }
    room->snapshots = ss_snapshots_create(room);
    room->open_handles = 5;
    LL_PREPEND(agent->rooms, room);
    return room;
}

struct ss_room *ss_rooms_open(struct ss_agent *agent, struct ss_slice name) {
    struct ss_room *room;
    LL_FOREACH(agent->rooms, room) {
        if (is_name(room->name, name)) {
            return room;
        }
    }
    struct ss_scene *scene = find_scene(agent, name);
    if (!ss_is_scene(name) || (scene != NULL && scene->broken)) {
        return NULL;
    }
    room = make_room(agent, name);
    if (room != NULL) {
        forget_scene(agent, name);
        uv_timer_start(&room->turn, on_read, 0, 0);
    }
    return room;
}

// ---- At the start -----------------------------------------------------------------------------------------------------------------------

bool ss_rooms_seen(const struct ss_agent *agent) {
    const struct ss_room *room;
    LL_FOREACH(agent->rooms, room) {
        if (room->phase == SS_ROOM_READING) {
            return false;
        }
    }
    const struct ss_scene *scene = agent->scenes;
    while (scene != NULL && scene->seen) {
        scene = scene->next;
    }
    return scene == NULL;
}

// One after the other, so that no more than one is in memory for nothing.
static void see_next(struct ss_agent *agent) {
    struct ss_scene *scene = agent->scenes;
    while (scene != NULL && scene->seen) {
        scene = scene->next;
    }
    if (scene == NULL || agent->closing) {
        return;
    }
    char name[SS_MAX_SCENE + 1]; // opening it takes it out of the list
    memcpy(name, scene->name, sizeof(name));
    scene->seen = true;
    if (ss_rooms_open(agent, ss_slice_text(name)) == NULL) {
        see_next(agent);
    }
}

// Whether there is anything of a scene but its name, which may be a slip of somebody who has gone.
static bool is_something(const struct ss_room *room) {
    return room->kept || is_used(room) || is_kept(room->agent, ss_slice_text(room->name));
}

static void note_one(void *context, struct ss_slice name) { note_scene(context, name); }

void ss_rooms_start(struct ss_agent *agent) {
    ss_store_each_scene(agent->store, note_one, agent);
    const char *at = agent->config.keep != NULL ? agent->config.keep : "";
    for (size_t len; *(at += strspn(at, SS_KEEP_BETWEEN)) != '\0'; at += len) {
        len = strcspn(at, SS_KEEP_BETWEEN);
        if (*at != '*') {
            note_scene(agent, (struct ss_slice){(const uint8_t *)at, len});
        }
    }
    see_next(agent);
}

size_t ss_rooms_list(const struct ss_agent *agent, struct ss_scene_summary **summaries) {
    const struct ss_room *room;
    const struct ss_scene *scene;
    size_t rooms, scenes, i = 0;
    LL_COUNT(agent->rooms, room, rooms);
    LL_COUNT(agent->scenes, scene, scenes);
    *summaries = ss_new((rooms + scenes + 1) * sizeof(**summaries));
    LL_FOREACH(agent->rooms, room) {
        if (is_something(room)) {
            (*summaries)[i++] = (struct ss_scene_summary){.scene = ss_slice_text(room->name),
                                                          .entities = room->entities,
                                                          .peers = room->peer_count,
                                                          .open = is_used(room) || room->link != NULL};
        }
    }
    LL_FOREACH(agent->scenes, scene) {
        (*summaries)[i++] = (struct ss_scene_summary){.scene = ss_slice_text(scene->name), .entities = scene->entities};
    }
    return i;
}

void ss_rooms_finish(struct ss_agent *agent) {
    while (agent->scenes != NULL) {
        forget_scene(agent, ss_slice_text(agent->scenes->name));
    }
}
