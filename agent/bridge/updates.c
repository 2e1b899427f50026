// SPDX-License-Identifier: Apache-2.0
// Updates become edits, and their fate becomes an answer: <root>/json/<kind>/<uuid>/answer, {v, ok, call?, error?, field?, text?}.
#include "bridge/scene.h"
#include "bridge/update_read.h"
#include "cli/json.h"
#include "edges/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_UNDER_WAY = 1024, SEND_MS = 2000, SET_LEN = 3 };

// ---- Answers ------------------------------------------------------------------------------------------------------------------------------

static void write_text(FILE *out, const char *key, const char *text) {
    if (text[0] != '\0') {
        fprintf(out, ", \"%s\": ", key);
        ss_json_string(out, text, strlen(text));
    }
}

// `wrong` NULL: it is done, and durable.
static void answer(struct ss_bridge_scene *scene, const char *topic, const char *call, const struct ss_update_wrong *wrong) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = ss_memory(open_memstream(&text, &size));
    fprintf(out, "{\"v\": 1, \"ok\": %s", wrong != NULL ? "false" : "true");
    write_text(out, "call", call);
    if (wrong != NULL) {
        write_text(out, "error", wrong->error);
        write_text(out, "field", wrong->field);
        write_text(out, "text", wrong->text);
    }
    fputc('}', out);
    fclose(out);
    ss_bridge_publish(scene, topic, text, size, false);
    free(text);
}

// The topic of an update with `answer` for its last level, `set`.
static bool answer_topic(struct ss_slice topic, char text[SS_MAX_TOPIC]) {
    int len = snprintf(text, SS_MAX_TOPIC, "%.*sanswer", (int)topic.len - SET_LEN, (const char *)topic.data);
    return len < SS_MAX_TOPIC;
}

// ---- Updates under way --------------------------------------------------------------------------------------------------------------------

static void keep(struct ss_bridge_scene *scene, uint64_t id, const char *topic, const char *call) {
    struct ss_update *update = ss_new(sizeof(*update));
    update->id = id;
    snprintf(update->topic, sizeof(update->topic), "%s", topic);
    snprintf(update->call, sizeof(update->call), "%s", call);
    struct ss_update **end = &scene->updates;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = update;
    scene->update_count++;
}

// Takes out the update of that edit, or NULL.
static struct ss_update *take(struct ss_bridge_scene *scene, uint64_t id) {
    struct ss_update **at = &scene->updates;
    while (*at != NULL && (*at)->id != id) {
        at = &(*at)->next;
    }
    struct ss_update *update = *at;
    if (update != NULL) {
        *at = update->next;
        scene->update_count--;
    }
    return update;
}

void ss_update_acknowledged(struct ss_bridge_scene *scene, uint64_t id) {
    struct ss_update *update = take(scene, id);
    if (update != NULL) {
        answer(scene, update->topic, update->call, NULL);
        free(update);
    }
}

void ss_update_refused(struct ss_bridge_scene *scene, const struct scenesync_refusal *refusal) {
    struct ss_update *update = refusal->has_id ? take(scene, refusal->id) : NULL;
    if (update != NULL) {
        struct ss_update_wrong wrong;
        ss_update_wrong(&wrong, "refused", NULL, "%.*s", (int)refusal->text.size, (const char *)refusal->text.data);
        answer(scene, update->topic, update->call, &wrong);
        free(update);
        ss_bridge_join_again(scene);
    }
}

void ss_updates_drop(struct ss_bridge_scene *scene) {
    while (scene->updates != NULL) {
        struct ss_update *update = take(scene, scene->updates->id);
        struct ss_update_wrong wrong;
        ss_update_wrong(&wrong, "agent", NULL, "the agent went away before it said that this is durable; look, and send it again");
        answer(scene, update->topic, update->call, &wrong);
        free(update);
    }
}

// ---- Taking one ---------------------------------------------------------------------------------------------------------------------------

static bool sets(const struct ss_assignments *fields, const char *name) {
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->names[i].size == strlen(name) && memcmp(fields->names[i].data, name, strlen(name)) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_new(const struct ss_bridge_scene *scene, const struct ss_entry_key *key, const struct ss_assignments *fields,
                      struct ss_update_wrong *wrong) {
    const struct ss_schema_kind *kind = ss_schema_kind(key->kind, strlen(key->kind));
    const char *lacks = ss_assignments_lack(fields);
    struct scenesync_uuid only;
    scenesync_uuid_singleton(scene->name, key->kind, &only);
    if (kind->singleton && memcmp(only.b, key->id.b, sizeof(only.b)) != 0) {
        char text[37];
        scenesync_uuid_format(&only, text);
        return ss_update_wrong(wrong, "kind", NULL, "a scene has one %s, and its UUID is %s", kind->name, text);
    }
    return lacks == NULL || ss_update_wrong(wrong, "missing", lacks, "there is no such %s, and a new one needs %s", kind->name, lacks);
}

// Whether the fields make sense for what is there; `*is_new`: nothing is.
static bool check_target(const struct ss_bridge_scene *scene, const struct ss_entry_key *key, const struct ss_assignments *fields,
                         bool *is_new, struct ss_update_wrong *wrong) {
    const struct ss_known *entity = ss_replica_find(&scene->replica, key->kind, &key->id);
    *is_new = entity == NULL || entity->count == 0;
    if (*is_new) {
        return check_new(scene, key, fields, wrong);
    }
    return ss_replica_is_there(&scene->replica, entity) || sets(fields, "deleted") ||
           ss_update_wrong(wrong, "deleted", NULL, "it was deleted; set deleted to false to bring it back");
}

static struct scenesync_batch batch_of(const struct ss_assignments *fields, const struct scenesync_uuid *id) {
    return (struct scenesync_batch){.kind = {(const uint8_t *)fields->kind, strlen(fields->kind)},
                                    .rows = 1,
                                    .columns = fields->count,
                                    .ids = id,
                                    .names = fields->names,
                                    .values = fields->values};
}

static bool send_edit(struct ss_bridge_scene *scene, const struct ss_entry_key *key, const struct ss_assignments *fields, bool is_new,
                      uint64_t *edit, struct ss_update_wrong *wrong) {
    struct ss_assignments transform = {0};
    struct scenesync_batch batches[2] = {batch_of(fields, &key->id)};
    size_t count = 1;
    if (is_new && strcmp(key->kind, "object") == 0 && ss_replica_find(&scene->replica, "transform", &key->id) == NULL) {
        ss_assignments_place(&transform);
        batches[count++] = batch_of(&transform, &key->id);
    }
    int error = scenesync_edit(scene->editing, batches, count, false, edit, SEND_MS);
    if (error == SCENESYNC_OK) {
        // So that the next update finds it; what others know better comes from the agent anyway.
        ss_bridge_take_change(scene, &(struct scenesync_change){.batch_count = count, .batches = batches});
    } else {
        ss_update_wrong(wrong, error == SCENESYNC_INVALID ? "value" : "agent", NULL, "%s", scenesync_problem(scene->editing));
    }
    ss_assignments_finish(&transform);
    return error == SCENESYNC_OK;
}

static bool pass_on(struct ss_bridge_scene *scene, const struct ss_entry_key *key, const struct ss_assignments *fields, uint64_t *edit,
                    struct ss_update_wrong *wrong) {
    bool is_new;
    if (scene->watching == NULL) {
        return ss_update_wrong(wrong, "agent", NULL, "the bridge does not reach its agent; try again later");
    }
    if (scene->update_count >= MAX_UNDER_WAY) {
        return ss_update_wrong(wrong, "busy", NULL, "%d updates are under way; wait for answers", MAX_UNDER_WAY);
    }
    return check_target(scene, key, fields, &is_new, wrong) && send_edit(scene, key, fields, is_new, edit, wrong);
}

static bool read_topic(const struct ss_bridge_scene *scene, struct ss_slice topic, struct ss_entry_key *key) {
    struct ss_topic parsed;
    bool ok = ss_topic_parse(scene->bridge->config.prefix, topic, &parsed) && parsed.type == SS_TOPIC_JSON_SET;
    if (ok) {
        snprintf(key->kind, sizeof(key->kind), "%.*s", (int)parsed.kind.len, (const char *)parsed.kind.data);
        memcpy(key->id.b, parsed.uuid.b, sizeof(key->id.b));
    }
    return ok;
}

void ss_update_take(struct ss_bridge_scene *scene, struct ss_slice topic, struct ss_slice payload, bool retained) {
    struct ss_entry_key key = {0};
    struct ss_update_read update = {0};
    struct ss_update_wrong wrong;
    char to[SS_MAX_TOPIC];
    uint64_t edit = 0;
    if (!answer_topic(topic, to)) {
        return;
    }
    bool ok = false;
    if (retained) { // it would be done again after every reconnection
        ss_update_wrong(&wrong, "retained", NULL, "an update must not be retained; it was not done");
    } else if (!read_topic(scene, topic, &key)) {
        ss_update_wrong(&wrong, "topic", NULL, "expected …/json/<kind>/<uuid>/set with a UUID in lower case, such as uuidgen makes");
    } else {
        ok = ss_update_read(key.kind, payload, &update, &wrong) && pass_on(scene, &key, &update.fields, &edit, &wrong);
    }
    if (ok) {
        keep(scene, edit, to, update.call);
    } else {
        answer(scene, to, update.call, &wrong);
    }
    ss_update_read_finish(&update);
}
