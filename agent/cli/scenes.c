// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"

static void print_scene(const struct ss_cli *cli, const struct scenesync_scene *scene, bool first) {
    if (cli->json) {
        printf("%s{\"scene\": \"%s\", \"entities\": %" PRIu64 ", \"peers\": %" PRIu64 ", \"open\": %s}", first ? "" : ", ", scene->name,
               scene->entities, scene->peers, scene->open ? "true" : "false");
    } else if (scene->open) {
        printf("%s: entities %" PRIu64 ", peers %" PRIu64 "\n", scene->name, scene->entities, scene->peers);
    } else {
        printf("%s: entities %" PRIu64 ", not open\n", scene->name, scene->entities);
    }
}

static int run(struct ss_cli *cli) {
    struct scenesync_scene *scenes;
    size_t count;
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_scenes(cli->client, &scenes, &count, cli->timeout_ms))) {
        return SS_EXIT_FAILED;
    }
    fputs(cli->json ? "[" : "", stdout);
    for (size_t i = 0; i < count; i++) {
        print_scene(cli, &scenes[i], i == 0);
    }
    fputs(cli->json ? "]\n" : "", stdout);
    free(scenes);
    return SS_EXIT_OK;
}

const struct ss_command ss_command_scenes = {
    .name = "scenes",
    .usage = "scenes [--json]",
    .help = "Lists the scenes that the agent holds, with how much is in them and how many others are there. One that is not open is only\n"
            "kept on the disk: nobody here uses it.\n",
    .least = 0,
    .most = 0,
    .run = run,
};
