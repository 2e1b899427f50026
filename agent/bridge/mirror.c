// SPDX-License-Identifier: Apache-2.0
#include "bridge/render.h"
#include "bridge/scene.h"
#include "edges/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_IN_FLIGHT = 64,
    SLICE = 256,        // messages made before others have their turn
    CERTAIN_MS = 10000, // an agent that has just been started may not have heard of everything
};

// ---- What the broker retains --------------------------------------------------------------------------------------------------------------

static struct ss_entry *entry_of(struct ss_bridge_scene *scene, const struct ss_entry_key *key) {
    struct ss_entry *entry;
    HASH_FIND(hh, scene->entries, key, sizeof(*key), entry);
    if (entry == NULL) {
        entry = ss_new(sizeof(*entry));
        entry->key = *key;
        HASH_ADD(hh, scene->entries, key, sizeof(*key), entry);
    }
    return entry;
}

void ss_mirror_heard(struct ss_bridge_scene *scene, const struct ss_entry_key *key, const void *payload, size_t size) {
    struct ss_entry *entry = entry_of(scene, key);
    entry->retained = size > 0;
    scenesync_sha256(payload, size, &entry->sha256);
}

void ss_mirror_forget(struct ss_bridge_scene *scene) {
    for (struct ss_entry *entry = scene->entries; entry != NULL; entry = entry->hh.next) {
        entry->retained = false;
    }
}

// ---- What may have to be published --------------------------------------------------------------------------------------------------------

static void mark(struct ss_bridge_scene *scene, struct ss_entry *entry) {
    if (!entry->dirty) {
        entry->dirty = true;
        entry->next = NULL;
        *(scene->first_dirty != NULL ? scene->last_dirty : &scene->first_dirty) = entry;
        scene->last_dirty = &entry->next;
    }
}

static struct ss_entry_key key_of(const char *kind, const struct scenesync_uuid *id) {
    struct ss_entry_key key = {.id = *id};
    snprintf(key.kind, sizeof(key.kind), "%s", kind);
    return key;
}

void ss_mirror_mark(struct ss_bridge_scene *scene, const char *kind, const struct scenesync_uuid *id) {
    struct ss_entry_key key = key_of(kind, id);
    mark(scene, entry_of(scene, &key));
}

static void mark_known(void *context, const struct ss_known *entity) { ss_mirror_mark(context, entity->kind, &entity->id); }

void ss_mirror_mark_all(struct ss_bridge_scene *scene) {
    ss_replica_each(&scene->replica, mark_known, scene);
    for (struct ss_entry *entry = scene->entries; entry != NULL; entry = entry->hh.next) {
        mark(scene, entry);
    }
}

void ss_mirror_renamed(struct ss_bridge_scene *scene, const struct scenesync_uuid *id) {
    struct ss_renamed *renamed;
    HASH_FIND(hh, scene->renamed, id, sizeof(*id), renamed);
    if (renamed == NULL) {
        renamed = ss_new(sizeof(*renamed));
        renamed->id = *id;
        HASH_ADD(hh, scene->renamed, id, sizeof(*id), renamed);
    }
}

static void mark_referring(void *context, const struct ss_known *entity) {
    struct ss_bridge_scene *scene = context;
    for (size_t i = 0; i < entity->count; i++) {
        struct scenesync_bytes value = entity->fields[i].value;
        struct ss_renamed *renamed = NULL;
        if (value.size == 2 + sizeof(renamed->id) && value.data[0] == 0xc4 &&
            value.data[1] == sizeof(renamed->id)) { // msgpack: bin of 16 bytes
            HASH_FIND(hh, scene->renamed, value.data + 2, sizeof(renamed->id), renamed);
        }
        if (renamed != NULL) {
            ss_mirror_mark(scene, entity->kind, &entity->id);
            return;
        }
    }
}

static void forget_renamed(struct ss_bridge_scene *scene) {
    struct ss_renamed *renamed, *next;
    HASH_ITER(hh, scene->renamed, renamed, next) {
        HASH_DEL(scene->renamed, renamed);
        free(renamed);
    }
}

// One look at the scene for all names of a tick.
static void mark_all_referring(struct ss_bridge_scene *scene) {
    if (scene->renamed != NULL) {
        ss_replica_each(&scene->replica, mark_referring, scene);
        forget_renamed(scene);
    }
}

// ---- Publishing ---------------------------------------------------------------------------------------------------------------------------

static bool may_publish(const struct ss_bridge_scene *scene) {
    return scene->active && scene->settled && scene->watching != NULL && scene->reached && !scene->closing;
}

static void publish(struct ss_bridge_scene *scene, struct ss_entry *entry, const char *payload, size_t size) {
    char id[37], topic[SS_MAX_TOPIC];
    scenesync_uuid_format(&entry->key.id, id);
    snprintf(topic, sizeof(topic), "%s/%s/%s", scene->root, entry->key.kind, id);
    scene->in_flight += ss_bridge_publish(scene, topic, payload, size, true); // else the connection is gone, and all is looked at again
    entry->retained = size > 0;
}

static void tell(struct ss_bridge_scene *scene, struct ss_entry *entry) {
    const struct ss_known *entity = ss_replica_find(&scene->replica, entry->key.kind, &entry->key.id);
    bool known = entity != NULL && entity->count > 0;
    if (known && ss_replica_is_there(&scene->replica, entity) && !ss_replica_is_orphan(&scene->replica, entity)) {
        size_t size = 0;
        char *text = ss_render(&scene->replica, entity, &size);
        struct scenesync_sha256 sha256;
        scenesync_sha256(text, size, &sha256);
        if (!entry->retained || memcmp(&sha256, &entry->sha256, sizeof(sha256)) != 0) {
            entry->sha256 = sha256;
            publish(scene, entry, text, size);
        }
        free(text);
    } else if (entry->retained && (known || scene->is_certain)) {
        publish(scene, entry, "", 0);
    }
    if (!known && !entry->retained) {
        HASH_DEL(scene->entries, entry);
        free(entry);
    }
}

static void on_certain(uv_timer_t *timer) {
    struct ss_bridge_scene *scene = timer->data;
    scene->is_certain = true;
    ss_mirror_mark_all(scene);
    ss_mirror_go(scene);
}

void ss_mirror_unsure(struct ss_bridge_scene *scene) {
    scene->is_certain = false;
    uv_timer_stop(&scene->certain);
}

static void say_ready(struct ss_bridge_scene *scene) {
    if (!scene->was_ready) {
        scene->was_ready = true;
        ss_bridge_ready(scene->bridge);
    }
}

static void on_tick(uv_timer_t *timer) {
    struct ss_bridge_scene *scene = timer->data;
    if (scene->telling == NULL) {
        mark_all_referring(scene);
        scene->telling = scene->first_dirty;
        scene->first_dirty = NULL;
        scene->ticked_at = uv_now(timer->loop);
    }
    for (int made = 0; may_publish(scene) && scene->telling != NULL && scene->in_flight < MAX_IN_FLIGHT && made < SLICE; made++) {
        struct ss_entry *entry = scene->telling;
        scene->telling = entry->next;
        entry->dirty = false;
        tell(scene, entry);
    }
    if (may_publish(scene) && scene->telling == NULL && scene->first_dirty == NULL && scene->in_flight == 0) {
        say_ready(scene);
    } else if (scene->in_flight < MAX_IN_FLIGHT) {
        ss_mirror_go(scene);
    }
}

// What changes again and again is told at the rate; what changed after a pause, at once.
void ss_mirror_go(struct ss_bridge_scene *scene) {
    if (!may_publish(scene)) {
        return;
    }
    if (!scene->is_certain && !uv_is_active((uv_handle_t *)&scene->certain)) {
        uv_timer_start(&scene->certain, on_certain, CERTAIN_MS, 0);
    }
    if (!uv_is_active((uv_handle_t *)&scene->tick)) {
        uint64_t pause = 1000 / scene->bridge->rate, since = uv_now(&scene->bridge->loop) - scene->ticked_at;
        uv_timer_start(&scene->tick, on_tick, scene->telling == NULL && since < pause ? pause - since : 0, 0);
    }
}

void ss_mirror_acknowledged(struct ss_bridge_scene *scene) {
    scene->in_flight -= scene->in_flight > 0;
    if (scene->in_flight == MAX_IN_FLIGHT / 2 || scene->in_flight == 0) {
        ss_mirror_go(scene);
    }
}

void ss_mirror_finish(struct ss_bridge_scene *scene) {
    forget_renamed(scene);
    struct ss_entry *entry, *next;
    HASH_ITER(hh, scene->entries, entry, next) {
        HASH_DEL(scene->entries, entry);
        free(entry);
    }
}
