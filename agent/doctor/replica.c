// SPDX-License-Identifier: Apache-2.0
#include "doctor/replica.h"

#include "core/core.h"
#include "edges/agent.h"
#include "edges/env.h"
#include "edges/store_state.h"
#include "wire/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIGEST_BYTES = 8 }; // as many as tell two apart by eye

static const char MOVE_AWAY[] =
    "stop the agent, move this folder away and start it again: others, or the broker, give back what they have; what was not sent "
    "yet is lost, unless there is a backup";

struct ss_scene_found {
    uint64_t records, bad, unsent, entities;
    bool copied;
    struct ss_sha256 digest;
};

static bool step(struct ss_core *core, struct ss_event *event, struct ss_effects *effects) {
    event->now_ms = 1;
    event->wall_ms = ss_wall_ms();
    return ss_core_step(core, event, effects) == SS_OK;
}

static void note_effects(const struct ss_effects *effects, struct ss_scene_found *found) {
    for (size_t i = 0; i < effects->count; i++) {
        if (effects->items[i].type == SS_FX_STATUS) {
            found->entities = effects->items[i].status.entities;
        } else if (effects->items[i].type == SS_FX_DIGEST) {
            found->digest = effects->items[i].digest.digest;
        }
    }
}

// As an agent does when it opens the scene; what the core then asks for is not done.
static bool bring_to_life(struct ss_core *core, struct ss_scene_found *found) {
    struct ss_effects effects;
    struct ss_event start = {.type = SS_EV_START}, digest = {.type = SS_EV_DIGEST_WANTED};
    if (!step(core, &start, &effects)) {
        return false;
    }
    note_effects(&effects, found);
    if (!step(core, &digest, &effects)) {
        return false;
    }
    note_effects(&effects, found);
    return true;
}

// Returns LMDB's error.
static int read_records(struct ss_core *core, MDB_cursor *cursor, struct ss_scene_found *found) {
    MDB_val key, value;
    int error;
    while ((error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        struct ss_effects effects;
        struct ss_event event = {.type = SS_EV_RESTORED, .restored = {{key.mv_data, key.mv_size}, {value.mv_data, value.mv_size}}};
        found->records++;
        found->bad += !step(core, &event, &effects);
        found->unsent += key.mv_size > 0 && *(const char *)key.mv_data == 'o';
        found->copied |= key.mv_size == strlen(SS_RECORD_COPIED) && memcmp(key.mv_data, SS_RECORD_COPIED, key.mv_size) == 0;
    }
    return error == MDB_NOTFOUND ? 0 : error;
}

static void tell(struct ss_report *report, const char *folder, const char *scene, const struct ss_scene_found *found, int error) {
    char hex[2 * DIGEST_BYTES + 1];
    if (error != 0 || found->bad > 0) {
        ss_report(report, SS_PROBLEM, "data", "scene %s in %s is damaged: %" PRIu64 " of %" PRIu64 " records cannot be read%s%s; %s", scene,
                  folder, found->bad, found->records, error != 0 ? ", and then " : "", error != 0 ? mdb_strerror(error) : "", MOVE_AWAY);
        return;
    }
    ss_hex_format(found->digest.b, DIGEST_BYTES, hex);
    ss_report(report, SS_FINE, "data",
              "scene %s: %" PRIu64 " entities in %" PRIu64
              " records, all readable, digest %s; messages that the broker has not confirmed: %" PRIu64 "%s",
              scene, found->entities, found->records, hex, found->unsent,
              found->copied ? "; it takes another identity when it is opened next" : "");
}

static void check_scene(struct ss_report *report, const char *folder, MDB_txn *txn, const char *scene) {
    struct ss_scene_found found = {0};
    const struct ss_core_config config = {.alloc = ss_heap, .settle_ms = 1, .live_tick_ms = 1, .max_inflight = 1};
    struct ss_core *core = ss_core_create(&config);
    MDB_dbi dbi;
    MDB_cursor *cursor;
    int error = mdb_dbi_open(txn, scene, 0, &dbi);
    error = error == 0 ? mdb_cursor_open(txn, dbi, &cursor) : error;
    if (error == 0 && core != NULL) {
        error = read_records(core, cursor, &found);
        mdb_cursor_close(cursor);
        found.bad += error == 0 && found.bad == 0 && !bring_to_life(core, &found);
    }
    tell(report, folder, scene, &found, error);
    ss_core_destroy(core);
}

static void check_scenes(struct ss_report *report, const char *folder, MDB_env *env) {
    MDB_txn *txn;
    struct ss_store_names names = {0};
    int error = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (error != 0) {
        ss_report(report, SS_PROBLEM, "data", "%s cannot be read: %s; %s", folder, mdb_strerror(error), ss_env_advice(error));
        return;
    }
    ss_store_list(txn, &names);
    ss_report(report, SS_FINE, "data", "%s holds %zu scenes", folder, names.count);
    for (size_t i = 0; i < names.count; i++) {
        check_scene(report, folder, txn, names.text[i]);
    }
    ss_store_names_finish(&names);
    mdb_txn_abort(txn);
}

// Pages that the file no longer has must not be touched.
static bool is_whole(struct ss_report *report, const char *path, MDB_env *env, off_t size) {
    const off_t whole = (off_t)ss_env_bytes(env);
    if (size < whole) {
        ss_report(report, SS_PROBLEM, "data", "%s was cut off: %lld of %lld bytes are left; %s", path, (long long)size, (long long)whole,
                  MOVE_AWAY);
    }
    return size >= whole;
}

static void check_replica(struct ss_report *report, const char *folder) {
    char path[PATH_MAX + 16];
    struct stat file;
    snprintf(path, sizeof(path), "%s/data.mdb", folder);
    if (stat(path, &file) != 0 || file.st_size == 0) {
        ss_report(report, SS_WARNING, "data", "%s is missing or empty: the next agent begins without a scene, under another identity",
                  path);
        return;
    }
    MDB_env *env;
    int error = ss_env_open(&env, folder, MDB_RDONLY);
    if (error != 0) {
        ss_report(report, SS_PROBLEM, "data", "%s: %s; %s", path, mdb_strerror(error), ss_env_advice(error));
    } else if (is_whole(report, path, env, file.st_size)) {
        check_scenes(report, folder, env);
    }
    mdb_env_close(env);
}

void ss_doctor_replica(struct ss_report *report, const char *root) {
    char folder[PATH_MAX];
    int status = 0;
    snprintf(folder, sizeof(folder), "%s/replica", root);
    pid_t child = fork(); // LMDB believes its pages: damaged ones may end who reads them
    if (child == 0) {
        check_replica(report, folder);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        ss_report(report, SS_PROBLEM, "data", "%s is damaged: reading it ended the process that did (status %d); %s", folder, status,
                  MOVE_AWAY);
    }
}
