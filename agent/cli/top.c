// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/json.h"

enum { EVERY_MS = 1000 };

struct person {
    uint8_t origin[8];
    char name[65], user[65], app[65];
    bool online;
};

// One scene that is looked at, by a connection of its own.
struct view {
    struct scenesync *client;
    struct scenesync_scene scene;
    bool joined;                    // what comes now is new
    struct scenesync_status status; // its texts are the next three
    char broker[16], store[16], error[256];
    uint64_t settled, live; // rows since the last look
    struct person *people;
    size_t people_count;
};

static void copy(struct scenesync_bytes from, char *to, size_t size) {
    snprintf(to, size, "%.*s", (int)from.size, (const char *)from.data);
}

static void take_status(struct view *view, const struct scenesync_status *status) {
    view->status = *status;
    copy(status->broker, view->broker, sizeof view->broker);
    copy(status->store, view->store, sizeof view->store);
    copy(status->error, view->error, sizeof view->error);
}

static void take_peer(struct view *view, const struct scenesync_peer *peer) {
    size_t i = 0;
    while (i < view->people_count && memcmp(view->people[i].origin, peer->origin, sizeof peer->origin) != 0) {
        i++;
    }
    if (i == view->people_count) {
        view->people = ss_memory(realloc(view->people, ++view->people_count * sizeof *view->people));
    }
    struct person *person = &view->people[i];
    *person = (struct person){.online = peer->online};
    memcpy(person->origin, peer->origin, sizeof peer->origin);
    copy(peer->name, person->name, sizeof person->name);
    copy(peer->user, person->user, sizeof person->user);
    copy(peer->app, person->app, sizeof person->app);
}

static void take_change(struct view *view, const struct scenesync_change *change) {
    for (size_t i = 0; view->joined && i < change->batch_count; i++) {
        *(change->live ? &view->live : &view->settled) += change->batches[i].rows;
    }
}

// Takes all that has come. Returns false, and says why, when the connection is gone.
static bool drain(struct view *view) {
    struct scenesync_event event;
    int error;
    while ((error = scenesync_next(view->client, &event, 0)) == SCENESYNC_OK) {
        switch (event.type) {
        case SCENESYNC_JOINED: view->joined = true; break;
        case SCENESYNC_STATUS: take_status(view, &event.status); break;
        case SCENESYNC_PEER: take_peer(view, &event.peer); break;
        case SCENESYNC_CHANGE: take_change(view, &event.change); break;
        default: break;
        }
    }
    if (error != SCENESYNC_TIMEOUT) {
        ss_fail("%s", scenesync_problem(view->client));
    }
    return error == SCENESYNC_TIMEOUT;
}

// ---- Printing ---------------------------------------------------------------------------------------------------------------------------

static size_t online_count(const struct view *view) {
    size_t count = 0;
    for (size_t i = 0; i < view->people_count; i++) {
        count += view->people[i].online;
    }
    return count;
}

static void print_text(const struct view *view, double seconds) {
    const struct scenesync_status *status = &view->status;
    printf("%s: %" PRIu64 " entities, %zu online\n  broker %s", view->scene.name, view->scene.entities, online_count(view), view->broker);
    if (status->latency_ms >= 0) {
        printf(" (%.1f ms)", status->latency_ms);
    }
    printf(", store %s, queue %" PRIu64 ", refused %" PRIu64 "\n", view->store, status->pending, status->refused);
    printf("  changes %.1f/s settled, %.1f/s live; uploads %" PRIu64 " (%" PRIu64 " bytes left), downloads %" PRIu64 " (%" PRIu64
           " of %" PRIu64 " bytes)\n",
           (double)view->settled / seconds, (double)view->live / seconds, status->uploads, status->upload_bytes, status->downloads,
           status->download_done, status->download_bytes);
    for (size_t i = 0; i < view->people_count; i++) {
        const struct person *person = &view->people[i];
        printf("  %-7s %-20s %-20s %s\n", person->online ? "online" : "gone", person->name, person->app, person->user);
    }
    printf(*view->error ? "  %s\n" : "%s", view->error);
}

static void print_string(const char *key, const char *text) {
    printf(", \"%s\": ", key);
    ss_json_string(stdout, text, strlen(text));
}

static void print_people(const struct view *view) {
    fputs(", \"peers\": [", stdout);
    for (size_t i = 0; i < view->people_count; i++) {
        const struct person *person = &view->people[i];
        fputs(i > 0 ? ", {\"origin\": \"" : "{\"origin\": \"", stdout);
        for (size_t digit = 0; digit < sizeof person->origin; digit++) {
            printf("%02x", person->origin[digit]);
        }
        printf("\", \"online\": %s", person->online ? "true" : "false");
        print_string("name", person->name);
        print_string("user", person->user);
        print_string("app", person->app);
        fputc('}', stdout);
    }
    fputc(']', stdout);
}

static void print_json(const struct view *view, double seconds) {
    const struct scenesync_status *status = &view->status;
    printf("{\"scene\": \"%s\", \"entities\": %" PRIu64 ", \"pending\": %" PRIu64 ", \"refused\": %" PRIu64, view->scene.name,
           view->scene.entities, status->pending, status->refused);
    print_string("broker", view->broker);
    print_string("store", view->store);
    if (*view->error) {
        print_string("error", view->error);
    }
    if (status->latency_ms >= 0) {
        printf(", \"latency_ms\": %.3f", status->latency_ms);
    }
    printf(", \"settled_per_s\": %.1f, \"live_per_s\": %.1f", (double)view->settled / seconds, (double)view->live / seconds);
    printf(", \"uploads\": {\"n\": %" PRIu64 ", \"bytes\": %" PRIu64 "}", status->uploads, status->upload_bytes);
    printf(", \"downloads\": {\"n\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"done\": %" PRIu64 "}", status->downloads,
           status->download_bytes, status->download_done);
    print_people(view);
    fputc('}', stdout);
}

static void show(const struct ss_cli *cli, struct view *views, size_t count, double seconds) {
    bool screen = !cli->json && !cli->once && isatty(STDOUT_FILENO);
    fputs(screen ? "\x1b[H\x1b[2J" : cli->json ? "[" : "", stdout);
    for (size_t i = 0; i < count; i++) {
        fputs(cli->json && i > 0 ? ", " : "", stdout);
        cli->json ? print_json(&views[i], seconds) : print_text(&views[i], seconds);
        views[i].settled = views[i].live = 0;
    }
    fputs(cli->json ? "]\n" : count == 0 ? "the agent is running; no scene is open\n" : "", stdout);
    fflush(stdout);
}

// ---- Looking ----------------------------------------------------------------------------------------------------------------------------

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool listen_until(struct view *views, size_t count, int64_t end) {
    struct pollfd *fds = ss_memory(calloc(count + 1, sizeof *fds));
    bool ok = true;
    for (int64_t left = 1; ok && left > 0 && !ss_interrupted(); left = end - now_ms()) {
        for (size_t i = 0; i < count; i++) {
            fds[i] = (struct pollfd){.fd = scenesync_fd(views[i].client), .events = POLLIN};
        }
        poll(fds, count, left > 0 ? (int)left : 0);
        for (size_t i = 0; ok && i < count; i++) {
            ok = drain(&views[i]);
        }
    }
    free(fds);
    return ok;
}

static bool refresh(struct ss_cli *cli, struct view *views, size_t count) {
    struct scenesync_scene *scenes;
    size_t scene_count;
    if (!ss_cli_check(cli, scenesync_scenes(cli->client, &scenes, &scene_count, cli->timeout_ms))) {
        return false;
    }
    for (size_t i = 0; i < count * scene_count; i++) {
        struct view *view = &views[i / scene_count];
        const struct scenesync_scene *scene = &scenes[i % scene_count];
        view->scene = strcmp(view->scene.name, scene->name) == 0 ? *scene : view->scene;
    }
    free(scenes);
    return true;
}

static int follow(struct ss_cli *cli, struct view *views, size_t count) {
    bool ok = true;
    int64_t began = now_ms();
    while (ok && !ss_interrupted() && !ferror(stdout)) {
        ok = listen_until(views, count, began + EVERY_MS) && refresh(cli, views, count);
        if (ok) {
            int64_t now = now_ms();
            show(cli, views, count, (double)(now - began > 0 ? now - began : 1) / 1000);
            began = now;
        }
        if (cli->once) {
            break;
        }
    }
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

static bool add_view(struct ss_cli *cli, const char *scene, struct view **views, size_t *count) {
    *views = ss_memory(realloc(*views, (*count + 1) * sizeof **views));
    struct view *view = &(*views)[(*count)++];
    *view = (struct view){.status.latency_ms = -1};
    snprintf(view->scene.name, sizeof view->scene.name, "%s", scene);
    struct scenesync_options options = {.socket = cli->socket, .app = "scenesync", .role = SCENESYNC_TOOL};
    int error = scenesync_open(&view->client, &options, cli->timeout_ms);
    error = error ? error : scenesync_join(view->client, scene, NULL, 0, true, cli->timeout_ms);
    if (error) {
        ss_fail("%s", view->client ? scenesync_problem(view->client) : scenesync_error_text(error));
    }
    return !error;
}

// The scenes that are named, else those that are open.
static bool open_views(struct ss_cli *cli, struct view **views, size_t *count) {
    struct scenesync_scene *scenes;
    size_t scene_count;
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_scenes(cli->client, &scenes, &scene_count, cli->timeout_ms))) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; ok && cli->count == 0 && i < scene_count; i++) {
        ok = !scenes[i].open || add_view(cli, scenes[i].name, views, count);
    }
    for (int i = 0; ok && i < cli->count; i++) {
        ok = add_view(cli, cli->arguments[i], views, count);
    }
    free(scenes);
    return ok;
}

static int run(struct ss_cli *cli) {
    struct view *views = NULL;
    size_t count = 0;
    ss_catch_interrupts();
    int status = open_views(cli, &views, &count) ? follow(cli, views, count) : SS_EXIT_FAILED;
    for (size_t i = 0; i < count; i++) {
        scenesync_close(views[i].client);
        free(views[i].people);
    }
    free(views);
    return status;
}

const struct ss_command ss_command_top = {
    .name = "top",
    .usage = "top [SCENE…] [--once] [--json]",
    .help =
        "Shows every second, until interrupted, who is in the scenes that are open (or named), how much changes, how far broker and store are, and what\n"
        "waits. --once: after one second, and no more; with --json: [{scene, broker, latency_ms, pending, settled_per_s, live_per_s, peers, …}].\n",
    .least = 0,
    .most = -1,
    .run = run,
};
