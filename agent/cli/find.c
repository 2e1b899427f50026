// SPDX-License-Identifier: Apache-2.0
// Loading a scene and finding what a person means in it.
#include <stdio.h>
#include <string.h>

#include "cli/replica.h"

// A blob may never come: whoever has it may have left for good.
static bool wait_whole(struct ss_cli *cli) {
    int error = scenesync_sync(cli->client, cli->timeout_ms);
    if (error == SCENESYNC_TIMEOUT) {
        ss_fail("some of it is still on its way; `scenesync status` says what, --wait SECONDS waits longer");
        return false;
    }
    return ss_cli_check(cli, error);
}

// What the agent said of itself while it gave its first knowledge.
struct look {
    bool uncertain;  // whether the scene is empty
    bool connected;  // to the broker
    char state[512]; // of that, and what is wrong
};

static void take(struct ss_replica *replica, const struct scenesync_event *event, struct look *look) {
    const struct scenesync_status *status = &event->status;
    if (event->type == SCENESYNC_CHANGE) {
        ss_replica_apply(replica, &event->change);
    } else if (event->type == SCENESYNC_JOINED) {
        look->uncertain = !event->joined.empty && event->joined.entities == 0;
    } else if (event->type == SCENESYNC_STATUS) {
        look->connected = status->broker.size == 9 && memcmp(status->broker.data, "connected", 9) == 0;
        snprintf(look->state, sizeof look->state, "%.*s%s%.*s", (int)status->broker.size, (const char *)status->broker.data,
                 status->error.size > 0 ? ": " : "", (int)status->error.size, (const char *)status->error.data);
    }
}

static void note_uncertainty(const struct look *look, const char *scene) {
    if (look->uncertain && look->connected) {
        ss_fail("note: nobody has said yet what is in %s; there may be more", scene);
    } else if (look->uncertain) {
        ss_fail("note: the broker has not answered yet, so what is in %s is not known (%s)", scene, look->state);
    }
}

bool ss_replica_load(struct ss_cli *cli, const char *scene, const char *kind, bool whole, struct ss_replica *replica) {
    const char *kinds[] = {kind, "object"};
    size_t kind_count = !kind ? 0 : strcmp(kind, "transform") == 0 ? 2 : 1;
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_join(cli->client, scene, kinds, kind_count, true, cli->timeout_ms)) ||
        (whole && !wait_whole(cli))) {
        return false;
    }
    struct scenesync_event event;
    struct look look = {0};
    int error;
    while ((error = scenesync_next(cli->client, &event, 0)) == SCENESYNC_OK) {
        take(replica, &event, &look);
    }
    note_uncertainty(&look, scene);
    return error == SCENESYNC_TIMEOUT || ss_cli_check(cli, error);
}

bool ss_split_target(char *target, const char **kind, const char **text) {
    char *slash = strchr(target, '/');
    if (!slash || slash == target || !slash[1]) {
        return false;
    }
    *slash = '\0';
    *kind = target;
    *text = slash + 1;
    return true;
}

struct search {
    const struct ss_replica *replica;
    const char *kind;
    const char *name;
    const struct ss_known *found;
    size_t count;
};

static void match(void *context, const struct ss_known *entity) {
    struct search *search = context;
    struct scenesync_bytes name = ss_replica_name(search->replica, entity);
    if (strcmp(entity->kind, search->kind) == 0 && name.data && name.size == strlen(search->name) &&
        memcmp(name.data, search->name, name.size) == 0) {
        search->found = entity;
        search->count++;
    }
}

static void list_match(void *context, const struct ss_known *entity) {
    struct search *search = context;
    size_t before = search->count;
    match(context, entity);
    if (search->count > before) {
        char id[37];
        scenesync_uuid_format(&entity->id, id);
        fprintf(stderr, "  %s/%s\n", entity->kind, id);
    }
}

const struct ss_known *ss_replica_resolve(const struct ss_replica *replica, const char *kind, const char *text) {
    struct scenesync_uuid id;
    if (scenesync_uuid_parse(text, strlen(text), &id)) {
        const struct ss_known *entity = ss_replica_find(replica, kind, &id);
        if (entity && ss_replica_is_there(replica, entity)) {
            return entity;
        }
        ss_fail("there is no %s with the id %s; `scenesync ls SCENE %s` lists them", kind, text, kind);
        return NULL;
    }
    struct search search = {replica, kind, text, NULL, 0};
    ss_replica_each(replica, match, &search);
    if (search.count == 0) {
        ss_fail("there is no %s called %s; `scenesync ls SCENE %s` lists them", kind, text, kind);
    } else if (search.count > 1) {
        ss_fail("%zu of kind %s are called %s; use the id of one:", search.count, kind, text);
        ss_replica_each(replica, list_match, &search);
    }
    return search.count == 1 ? search.found : NULL;
}
