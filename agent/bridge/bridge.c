// SPDX-License-Identifier: Apache-2.0
#include "bridge/bridge.h"

#include "bridge/scene.h"
#include "daemon/config.h"
#include "edges/log.h"
#include "edges/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILBOX_BYTES = 64 << 20, DEFAULT_RATE = 10, MAX_RATE = 100 };

static const char USAGE[] =
    "usage: scenesync bridge SCENE… --broker URL [--socket PATH] [--config FILE] [--rate N]\n"
    "\n"
    "Keeps scenes as readable JSON at the broker, <prefix>/v1/<scene>/json/<kind>/<uuid>, retained, and takes updates on …/set, which it answers on\n"
    "…/answer (docs/integrate.md). It needs an agent on this machine (--socket, as for every command) and runs until it is told to stop.\n"
    "Of several bridges of a scene one is at work; another takes over when that one goes.\n"
    "\n"
    "  --rate N   how often a second an entity is told at most, 1 to 100 (default 10)\n"
    "The other options, the configuration file and the environment are the agent's (`scenesync agent --help`); what is not for a bridge is passed over.\n"
    "\n"
    "Exit status: 0, 1 when it could not start, 2 when it was called wrongly.\n";

void ss_bridge_ready(struct ss_bridge *bridge) {
    if (++bridge->ready_count == bridge->scene_count) {
        fputs("ready\n", stderr);
    }
}

void ss_bridge_closed(struct ss_bridge *bridge) {
    if (--bridge->scene_count == 0) {
        ss_mailbox_close(&bridge->mailbox);
        uv_close((uv_handle_t *)&bridge->signals[0], NULL);
        uv_close((uv_handle_t *)&bridge->signals[1], NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    struct ss_bridge *bridge = handle->data;
    if (bridge->closing) {
        return;
    }
    ss_log("stopping (%s)", strsignal(number));
    bridge->closing = true;
    for (struct ss_bridge_scene *scene = bridge->scenes; scene != NULL; scene = scene->next) {
        ss_bridge_leave(scene);
        ss_bridge_disconnect(scene);
    }
}

static bool start(struct ss_bridge *bridge) {
    static const int numbers[] = {SIGTERM, SIGINT};
    uint8_t random[5];
    uv_random(NULL, NULL, random, sizeof(random), 0, NULL);
    ss_hex_format(random, sizeof(random), bridge->id);
    uv_loop_init(&bridge->loop);
    if (ss_mailbox_init(&bridge->mailbox, &bridge->loop, MAILBOX_BYTES) != 0) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&bridge->loop, &bridge->signals[i]);
        bridge->signals[i].data = bridge;
        uv_signal_start(&bridge->signals[i], on_signal, numbers[i]);
    }
    for (struct ss_bridge_scene *scene = bridge->scenes; scene != NULL; scene = scene->next) {
        if (!ss_bridge_connect(scene)) {
            return false;
        }
        ss_bridge_join(scene);
    }
    return true;
}

static void finish(struct ss_bridge *bridge) {
    while (bridge->scenes != NULL) {
        struct ss_bridge_scene *scene = bridge->scenes;
        bridge->scenes = scene->next;
        ss_mirror_finish(scene);
        ss_replica_finish(&scene->replica);
        free(scene);
    }
    ss_config_finish(&bridge->config);
}

// ---- The command line -------------------------------------------------------------------------------------------------------------------

static bool add_scene(struct ss_bridge *bridge, const char *name) {
    struct ss_slice slice = {(const uint8_t *)name, strlen(name)};
    for (const struct ss_bridge_scene *other = bridge->scenes; other != NULL; other = other->next) {
        if (strcmp(other->name, name) == 0) {
            return true;
        }
    }
    struct ss_bridge_scene *scene = ss_new(sizeof(*scene));
    scene->bridge = bridge;
    scene->name = name;
    scene->next = bridge->scenes;
    bridge->scenes = scene;
    bridge->scene_count++;
    return ss_is_scene(slice);
}

static bool take_rate(struct ss_bridge *bridge, const char *text) {
    char *end;
    unsigned long rate = text != NULL ? strtoul(text, &end, 10) : 0;
    bridge->rate = (unsigned)rate;
    return rate >= 1 && rate <= MAX_RATE && *end == '\0';
}

// What is not the bridge's own is the agent's. Returns how many words are left, or -1.
static int take_own_words(struct ss_bridge *bridge, int count, char **words, bool *help) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--help") == 0) {
            *help = true;
        } else if (strcmp(words[i], "--rate") == 0) {
            if (!take_rate(bridge, ++i < count ? words[i] : NULL)) {
                fprintf(stderr, "scenesync bridge: --rate takes a number from 1 to %d\n", MAX_RATE);
                return -1;
            }
        } else if (words[i][0] == '-') {
            words[kept++] = words[i];
            if (i + 1 < count) {
                words[kept++] = words[++i];
            }
        } else if (!add_scene(bridge, words[i])) {
            fprintf(stderr, "scenesync bridge: %s: a scene is a word of a-z 0-9 _ -\n", words[i]);
            return -1;
        }
    }
    return kept;
}

static bool configure(struct ss_bridge *bridge, int count, char **words) {
    char problem[512] = "";
    bool ok = ss_config_read(&bridge->config, count, words, false, problem, sizeof(problem));
    if (ok && bridge->scenes == NULL) {
        snprintf(problem, sizeof(problem), "name a scene");
    } else if (ok && bridge->config.broker == NULL) {
        snprintf(problem, sizeof(problem), "--broker URL is missing");
    }
    if (problem[0] != '\0') {
        fprintf(stderr, "scenesync bridge: %s\n`scenesync bridge --help` says more.\n", problem);
    }
    return problem[0] == '\0';
}

int ss_bridge_main(int count, char **words) {
    struct ss_bridge bridge = {.rate = DEFAULT_RATE};
    bool help = false;
    words++; // its own name
    count = take_own_words(&bridge, count - 1, words, &help);
    int status = SS_EXIT_USAGE;
    if (help) {
        fputs(USAGE, stdout);
        status = SS_EXIT_OK;
    } else if (count >= 0 && configure(&bridge, count, words)) {
        signal(SIGPIPE, SIG_IGN);
        status = start(&bridge) ? SS_EXIT_OK : ss_fail("the bridge could not start");
        if (status == SS_EXIT_OK) {
            uv_run(&bridge.loop, UV_RUN_DEFAULT);
            uv_loop_close(&bridge.loop);
        }
    }
    finish(&bridge);
    return status;
}
