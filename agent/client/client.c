// SPDX-License-Identifier: Apache-2.0
// Opening, joining, and the questions that have one answer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/connection.h"
#include "wire/topics.h"

static struct ss_slice text_or_empty(const char *text) { return text ? ss_slice_text(text) : (struct ss_slice){0}; }

static bool default_socket(char *path, size_t size) {
    const char *named = getenv("SCENESYNC_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
    if (named && *named) {
        return snprintf(path, size, "%s", named) < (int)size;
    }
    return runtime && *runtime && snprintf(path, size, "%s/scenesync/agent.sock", runtime) < (int)size;
}

static bool make(struct scenesync **client) {
    struct scenesync *made = calloc(1, sizeof *made);
    *client = made;
    if (!made) {
        return false;
    }
    made->fd = -1;
    made->last = &made->first;
    made->reading = ss_codec_create();
    made->writing = ss_codec_create();
    ss_buffer_init(&made->in, 2 * SS_MAX_FRAME);
    ss_buffer_init(&made->out, SS_MAX_FRAME + 64);
    if (!made->reading || !made->writing) {
        scenesync_close(made);
        *client = NULL;
    }
    return *client != NULL;
}

static int greet(struct scenesync *client, const struct scenesync_options *options, int64_t deadline) {
    struct ss_request request = {.type = SS_REQUEST_HELLO};
    request.hello.app = ss_slice_text(options->app ? options->app : "client");
    request.hello.app_version = text_or_empty(options->app_version);
    request.hello.name = text_or_empty(options->name);
    request.hello.role = (enum ss_role)options->role;
    request.hello.token = ss_slice_text(client->token);
    int error = ss_connection_send(client, &request, deadline);
    struct ss_notice notice;
    error = error ? error : ss_connection_wait(client, (struct ss_expected){SS_NOTICE_WELCOME, 0}, &notice, deadline);
    if (!error && notice.welcome.incoming.len < sizeof client->incoming) {
        memcpy(client->incoming, notice.welcome.incoming.data, notice.welcome.incoming.len);
    }
    return error;
}

int scenesync_open(struct scenesync **client, const struct scenesync_options *options, int timeout_ms) {
    if (!make(client)) {
        return SCENESYNC_MEMORY;
    }
    char found[SS_PATH_SIZE];
    const char *path = options->socket;
    if (!path && !default_socket(found, sizeof found)) {
        return ss_connection_fail(
            *client, SCENESYNC_UNREACHABLE,
            "no socket is named: set SCENESYNC_SOCKET or XDG_RUNTIME_DIR, or name the agent's socket (--socket PATH)");
    }
    int error = ss_connection_dial(*client, path ? path : found);
    return error ? error : greet(*client, options, ss_deadline(timeout_ms));
}

void scenesync_close(struct scenesync *client) {
    if (!client) {
        return;
    }
    if (client->fd >= 0) {
        close(client->fd);
    }
    while (client->first) {
        ss_connection_take(client, &client->first);
    }
    free(client->current);
    free(client->batches);
    free(client->cells);
    ss_codec_destroy(client->reading);
    ss_codec_destroy(client->writing);
    ss_buffer_finish(&client->in);
    ss_buffer_finish(&client->out);
    free(client);
}

const char *scenesync_problem(const struct scenesync *client) { return client->problem; }

int scenesync_fd(const struct scenesync *client) { return client->fd; }

// ---- Scenes -----------------------------------------------------------------------------------------------------------------------------

static int wait_joined(struct scenesync *client, int64_t deadline) {
    struct ss_notice notice;
    return ss_connection_wait(client, (struct ss_expected){SS_NOTICE_JOINED, 0}, &notice, deadline);
}

int scenesync_join(struct scenesync *client, const char *scene, const char *const *kinds, size_t kind_count, bool changes, int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    struct ss_request request = {.type = SS_REQUEST_JOIN};
    request.join.scene = ss_slice_text(scene);
    request.join.changes = changes;
    if (!ss_is_scene(request.join.scene)) {
        return ss_connection_fail(client, SCENESYNC_INVALID,
                                  "%s: a scene is named by 1 to %d of a-z, 0-9, _ and -, beginning with a letter or digit", scene,
                                  SS_MAX_SCENE);
    }
    struct ss_slice *names = calloc(kind_count + 1, sizeof *names);
    if (!names) {
        return ss_connection_fail(client, SCENESYNC_MEMORY, "memory was denied");
    }
    for (size_t i = 0; i < kind_count; i++) {
        names[i] = ss_slice_text(kinds[i]);
    }
    request.join.kind_count = kind_count;
    request.join.kinds = names;
    int error = ss_connection_send(client, &request, deadline);
    free(names);
    return error || !changes ? error : wait_joined(client, deadline);
}

int scenesync_leave(struct scenesync *client, int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    struct ss_notice notice;
    int error = ss_connection_send(client, &(struct ss_request){.type = SS_REQUEST_LEAVE}, deadline);
    return error ? error : ss_connection_wait(client, (struct ss_expected){SS_NOTICE_LEFT, 0}, &notice, deadline);
}

// ---- Questions --------------------------------------------------------------------------------------------------------------------------

static int ask(struct scenesync *client, enum ss_request_type type, enum ss_notice_type answer, struct ss_notice *notice, int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    struct ss_request request = {.type = type, .id = ++client->last_id};
    int error = ss_connection_send(client, &request, deadline);
    return error ? error : ss_connection_wait(client, (struct ss_expected){answer, request.id}, notice, deadline);
}

int scenesync_sync(struct scenesync *client, int timeout_ms) {
    struct ss_notice notice;
    return ask(client, SS_REQUEST_SYNC, SS_NOTICE_SYNC, &notice, timeout_ms);
}

int scenesync_digest(struct scenesync *client, struct scenesync_sha256 *digest, int timeout_ms) {
    struct ss_notice notice;
    int error = ask(client, SS_REQUEST_DIGEST, SS_NOTICE_DIGEST, &notice, timeout_ms);
    if (!error) {
        memcpy(digest->b, notice.digest.digest.b, sizeof digest->b);
    }
    return error;
}

int scenesync_ask_status(struct scenesync *client, int timeout_ms) {
    return ss_connection_send(client, &(struct ss_request){.type = SS_REQUEST_STATUS}, ss_deadline(timeout_ms));
}

int scenesync_scenes(struct scenesync *client, struct scenesync_scene **scenes, size_t *count, int timeout_ms) {
    struct ss_notice notice;
    int error = ask(client, SS_REQUEST_SCENES, SS_NOTICE_SCENES, &notice, timeout_ms);
    if (error) {
        return error;
    }
    *count = notice.scenes.count;
    *scenes = calloc(*count + 1, sizeof **scenes);
    if (!*scenes) {
        return ss_connection_fail(client, SCENESYNC_MEMORY, "memory was denied");
    }
    for (size_t i = 0; i < *count; i++) {
        const struct ss_scene_summary *from = &notice.scenes.scenes[i];
        memcpy((*scenes)[i].name, from->scene.data, from->scene.len); // at most SS_MAX_SCENE, checked when decoded
        (*scenes)[i].entities = from->entities;
        (*scenes)[i].peers = from->peers;
        (*scenes)[i].open = from->open;
    }
    return SCENESYNC_OK;
}

int scenesync_presence(struct scenesync *client, struct scenesync_bytes fields, int timeout_ms) {
    struct ss_request request = {.type = SS_REQUEST_PRESENCE, .presence = {fields.data, fields.size}};
    return ss_connection_send(client, &request, ss_deadline(timeout_ms));
}

const char *scenesync_error_text(int error) {
    switch (error) {
#define X(code, value, text) \
    case code: return text;
        SCENESYNC_ERRORS(X)
#undef X
    default: return "an unknown error";
    }
}
