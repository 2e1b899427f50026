// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/json.h"

// The agent tells how a scene is to whoever joins it, on a connection of its own.
static int wait_status(struct scenesync *client, struct scenesync_event *event, int timeout_ms) {
    int error;
    do {
        error = scenesync_next(client, event, timeout_ms);
    } while (!error && event->type != SCENESYNC_STATUS);
    return error;
}

static void print_state(const struct scenesync_status *status) {
    printf("  broker %.*s", (int)status->broker.size, (const char *)status->broker.data);
    if (status->latency_ms >= 0) {
        printf(" (%.1f ms)", status->latency_ms);
    }
    printf(", store %.*s\n", (int)status->store.size, (const char *)status->store.data);
    printf("  uploads %" PRIu64 " (%" PRIu64 " bytes left), downloads %" PRIu64 " (%" PRIu64 " of %" PRIu64 " bytes), refused %" PRIu64
           "\n",
           status->uploads, status->upload_bytes, status->downloads, status->download_done, status->download_bytes, status->refused);
    if (status->error.size > 0) {
        printf("  %.*s\n", (int)status->error.size, (const char *)status->error.data);
    }
}

static void print_text(const struct scenesync_scene *scene, const struct scenesync_status *status) {
    printf("%s: entities %" PRIu64 ", peers %" PRIu64 ", edits that others may not have %" PRIu64 "\n", scene->name, scene->entities,
           status->peers, status->pending);
    print_state(status);
}

static void print_string(const char *key, struct scenesync_bytes text) {
    printf(", \"%s\": ", key);
    ss_json_string(stdout, (const char *)text.data, text.size);
}

static void print_json(const struct scenesync_scene *scene, const struct scenesync_status *status) {
    printf("{\"scene\": \"%s\", \"entities\": %" PRIu64 ", \"peers\": %" PRIu64 ", \"pending\": %" PRIu64, scene->name, scene->entities,
           status->peers, status->pending);
    print_string("broker", status->broker);
    print_string("store", status->store);
    if (status->error.size > 0) {
        print_string("error", status->error);
    }
    if (status->latency_ms >= 0) {
        printf(", \"latency_ms\": %.3f", status->latency_ms);
    }
    printf(", \"uploads\": {\"n\": %" PRIu64 ", \"bytes\": %" PRIu64 "}", status->uploads, status->upload_bytes);
    printf(", \"downloads\": {\"n\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"done\": %" PRIu64 "}", status->downloads,
           status->download_bytes, status->download_done);
    printf(", \"refused\": %" PRIu64 "}", status->refused);
}

static bool show(struct ss_cli *cli, const struct scenesync_scene *scene, bool first) {
    struct scenesync_event event;
    scenesync_close(cli->client);
    cli->client = NULL;
    if (!ss_cli_join(cli, scene->name) || !ss_cli_check(cli, wait_status(cli->client, &event, cli->timeout_ms))) {
        return false;
    }
    if (cli->json) {
        fputs(first ? "" : ", ", stdout);
        print_json(scene, &event.status);
    } else {
        print_text(scene, &event.status);
    }
    return true;
}

static bool any_open(const struct scenesync_scene *scenes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (scenes[i].open) {
            return true;
        }
    }
    return false;
}

static bool show_agent(struct ss_cli *cli) {
    struct scenesync_event event;
    puts("the agent is running; no scene is open");
    if (!ss_cli_check(cli, scenesync_ask_status(cli->client, cli->timeout_ms)) ||
        !ss_cli_check(cli, wait_status(cli->client, &event, cli->timeout_ms))) {
        return false;
    }
    print_state(&event.status);
    return true;
}

static int run(struct ss_cli *cli) {
    struct scenesync_scene *scenes;
    size_t count;
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_scenes(cli->client, &scenes, &count, cli->timeout_ms))) {
        return SS_EXIT_FAILED;
    }
    fputs(cli->json ? "[" : "", stdout);
    bool ok = cli->json || any_open(scenes, count) || show_agent(cli);
    bool first = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (scenes[i].open) {
            ok = show(cli, &scenes[i], first);
            first = false;
        }
    }
    fputs(cli->json ? "]\n" : "", stdout);
    free(scenes);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

const struct ss_command ss_command_status = {
    .name = "status",
    .usage = "status [--json]",
    .help =
        "Says for each open scene of the agent whether broker and store are reached, who is there and what is still to be sent or fetched.\n"
        "Without one, whether the store is. What `entities` counts has the transforms of deleted objects in it, which `ls` leaves out.\n",
    .least = 0,
    .most = 0,
    .run = run,
};
