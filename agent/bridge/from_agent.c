// SPDX-License-Identifier: Apache-2.0
#include "bridge/scene.h"
#include "edges/log.h"

#include <string.h>

enum { OPEN_MS = 2000, JOIN_MS = 30000, AGAIN_MS = 500 };

static void on_again(uv_timer_t *timer) { ss_bridge_join(timer->data); }

static void lose_agent(struct ss_bridge_scene *scene, const char *why) {
    if (!scene->complained) {
        ss_log("scene %s: %s; trying again", scene->name, why);
        scene->complained = true;
    }
    ss_bridge_leave(scene);
    uv_timer_start(&scene->again, on_again, AGAIN_MS, 0);
}

static void on_leave_and_join(uv_timer_t *timer) { lose_agent(timer->data, "the agent refused an update; asking it for the scene again"); }

// A transform is told under its object's name, and is not there without it; what refers to an entity tells its name.
static void mark_dependents(struct ss_bridge_scene *scene, const struct scenesync_batch *batch, size_t row) {
    bool renamed = false, appears = false;
    for (size_t i = 0; i < batch->columns; i++) {
        struct scenesync_bytes name = batch->names[i];
        renamed |= name.size == 4 && memcmp(name.data, "name", 4) == 0;
        appears |= name.size == 7 && memcmp(name.data, "deleted", 7) == 0;
    }
    if ((renamed || appears) && batch->kind.size == 6 && memcmp(batch->kind.data, "object", 6) == 0) {
        ss_mirror_mark(scene, "transform", &batch->ids[row]);
    }
    if (renamed) {
        ss_mirror_renamed(scene, &batch->ids[row]);
    }
}

void ss_bridge_take_change(struct ss_bridge_scene *scene, const struct scenesync_change *change) {
    ss_replica_apply(&scene->replica, change);
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct scenesync_batch *batch = &change->batches[i];
        char kind[33];
        snprintf(kind, sizeof(kind), "%.*s", (int)batch->kind.size, (const char *)batch->kind.data);
        for (size_t row = 0; row < batch->rows; row++) {
            ss_mirror_mark(scene, kind, &batch->ids[row]);
            mark_dependents(scene, batch, row);
        }
    }
    ss_mirror_go(scene);
}

static void take_event(struct ss_bridge_scene *scene, const struct scenesync_event *event) {
    switch (event->type) {
    case SCENESYNC_CHANGE: ss_bridge_take_change(scene, &event->change); break;
    case SCENESYNC_ACK: ss_update_acknowledged(scene, event->id); break;
    case SCENESYNC_REFUSAL: ss_update_refused(scene, &event->refusal); break;
    case SCENESYNC_STATUS:
        scene->reached = event->status.broker.size == 9 && memcmp(event->status.broker.data, "connected", 9) == 0;
        scene->reached ? ss_mirror_go(scene) : ss_mirror_unsure(scene);
        break;
    default: break;
    }
}

// Returns false when the connection is gone, and with it `scene->watching`.
static bool drain(struct ss_bridge_scene *scene, struct scenesync *client) {
    struct scenesync_event event;
    int error;
    while ((error = scenesync_next(client, &event, 0)) == SCENESYNC_OK) {
        take_event(scene, &event);
    }
    if (error != SCENESYNC_TIMEOUT) {
        char why[256];
        snprintf(why, sizeof(why), "%s", scenesync_problem(client));
        lose_agent(scene, why);
    }
    return error == SCENESYNC_TIMEOUT;
}

static void on_watched(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct ss_bridge_scene *scene = poll->data;
    drain(scene, scene->watching);
}

static void on_edited(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct ss_bridge_scene *scene = poll->data;
    drain(scene, scene->editing);
}

static bool join(struct ss_bridge_scene *scene, struct scenesync **client, bool changes, char *why, size_t why_size) {
    struct scenesync_options options = {.socket = scene->bridge->config.socket, .app = "scenesync-bridge", .role = SCENESYNC_TOOL};
    int error = scenesync_open(client, &options, OPEN_MS);
    error = error ? error : scenesync_join(*client, scene->name, NULL, 0, changes, JOIN_MS);
    if (error) {
        snprintf(why, why_size, "%s", *client ? scenesync_problem(*client) : scenesync_error_text(error));
    }
    return !error;
}

static void start_poll(struct ss_bridge_scene *scene, uv_poll_t *poll, struct scenesync *client, uv_poll_cb ready) {
    uv_poll_init(&scene->bridge->loop, poll, scenesync_fd(client));
    poll->data = scene;
    uv_poll_start(poll, UV_READABLE, ready);
}

void ss_bridge_join(struct ss_bridge_scene *scene) {
    char why[256];
    if (!join(scene, &scene->editing, false, why, sizeof(why)) || !join(scene, &scene->watching, true, why, sizeof(why))) {
        lose_agent(scene, why);
        return;
    }
    scene->complained = false;
    start_poll(scene, &scene->watch_poll, scene->watching, on_watched);
    start_poll(scene, &scene->edit_poll, scene->editing, on_edited);
    scene->polling = true;
    ss_mirror_mark_all(scene);
    if (drain(scene, scene->watching)) { // what the join read already
        ss_mirror_go(scene);
    }
}

void ss_bridge_leave(struct ss_bridge_scene *scene) {
    if (scene->polling) {
        uv_close((uv_handle_t *)&scene->watch_poll, NULL);
        uv_close((uv_handle_t *)&scene->edit_poll, NULL);
        scene->polling = false;
    }
    scenesync_close(scene->watching);
    scenesync_close(scene->editing);
    scene->watching = scene->editing = NULL;
    scene->reached = false;
    ss_replica_finish(&scene->replica);
    ss_mirror_unsure(scene);
    ss_updates_drop(scene);
}

void ss_bridge_join_again(struct ss_bridge_scene *scene) { uv_timer_start(&scene->again, on_leave_and_join, 0, 0); }
