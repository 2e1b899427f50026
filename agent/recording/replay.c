// SPDX-License-Identifier: Apache-2.0
// `scenesync replay FILE`
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/json.h"
#include "recording/commands.h"
#include "recording/target.h"

struct player {
    struct ss_cli *cli;
    const struct ss_recording *recording;
    struct ss_target targets[SS_RECORDING_SCENES]; // by the scene's number; without a name: not played
    uint64_t from, to;
    uint64_t changes;
};

static bool is_played(const struct player *player, const struct ss_frame *frame) {
    return frame->scene < player->recording->scene_count && *player->targets[frame->scene].scene;
}

// ---- Which scene into which -------------------------------------------------------------------------------------------------------------

static bool name(struct ss_target *target, const char *scene, const char *end) {
    int len = snprintf(target->scene, sizeof target->scene, "%s%s", scene, end);
    return len > 0 && (size_t)len < sizeof target->scene;
}

// --scene NAME of a recording of one scene; --scene RECORDED=NAME plays one of several; nothing: each into RECORDED-replay.
static bool name_targets(struct player *player) {
    const struct ss_recording *recording = player->recording;
    const char *wanted = player->cli->scene, *equals = wanted ? strchr(wanted, '=') : NULL;
    bool any = false;
    for (size_t i = 0; i < recording->scene_count; i++) {
        struct ss_target *target = &player->targets[i];
        bool chosen = !wanted || (equals ? strlen(recording->scenes[i]) == (size_t)(equals - wanted) &&
                                               strncmp(wanted, recording->scenes[i], (size_t)(equals - wanted)) == 0
                                         : recording->scene_count == 1);
        *target = (struct ss_target){.cli = *player->cli, .recording = recording, .recorded = recording->scenes[i]};
        if (chosen && !name(target, !wanted ? target->recorded : equals ? equals + 1 : wanted, wanted ? "" : "-replay")) {
            ss_fail("the name of the scene to play into is too long; give another with --scene");
            return false;
        }
        any = any || chosen;
    }
    if (!any) {
        ss_fail(equals ? "the recording has no such scene; it has:" : "it has several scenes; --scene RECORDED=NAME plays one of them:");
        for (size_t i = 0; i < recording->scene_count; i++) {
            fprintf(stderr, "  %s\n", recording->scenes[i]);
        }
    }
    return any;
}

static bool open_targets(struct player *player) {
    for (size_t i = 0; i < player->recording->scene_count; i++) {
        struct ss_target *target = &player->targets[i];
        if (!*target->scene) {
            continue;
        }
        if (!ss_cli_join(&target->cli, target->scene)) {
            return false;
        }
        if (!player->cli->json) {
            printf("%s plays in %s\n", target->recorded, target->scene);
        }
    }
    fflush(stdout);
    return true;
}

// ---- Playing ----------------------------------------------------------------------------------------------------------------------------

// Collects what there was at a time, from the keyframe before it on. `*place` is then that of the first frame after that time.
static bool seek(struct player *player, size_t *place) {
    struct ss_frame frame;
    bool in_keyframe = true;
    size_t next = *place = ss_recording_keyframe(player->recording, player->from);
    while (ss_recording_frame(player->recording, &next, &frame) && !ss_interrupted()) {
        bool state = frame.type == SS_FRAME_STATE, change = frame.type == SS_FRAME_CHANGE;
        in_keyframe = in_keyframe && !change;
        if (change && frame.at > player->from) {
            break;
        }
        if (((state && in_keyframe) || change) && is_played(player, &frame) && !ss_target_take(&player->targets[frame.scene], &frame)) {
            return false;
        }
        *place = next;
    }
    for (size_t i = 0; i < player->recording->scene_count; i++) {
        if (*player->targets[i].scene && !ss_target_send_state(&player->targets[i])) {
            return false;
        }
    }
    return true;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Returns when a change is due, or early when interrupted.
static void wait_until(double due) {
    for (double left = due - now(); left > 0 && !ss_interrupted(); left = due - now()) {
        double part = left < 1 ? left : 1;
        nanosleep(&(struct timespec){.tv_sec = 0, .tv_nsec = (long)(part * 999999999)}, NULL);
    }
}

static bool play(struct player *player, size_t place) {
    struct ss_frame frame;
    double begun = now(), speed = player->cli->speed;
    while (ss_recording_frame(player->recording, &place, &frame) && !ss_interrupted()) {
        if (frame.type != SS_FRAME_CHANGE || frame.at < player->from || !is_played(player, &frame)) {
            continue;
        }
        if (frame.at > player->to) {
            break;
        }
        if (speed > 0) {
            wait_until(begun + (double)(frame.at - player->from) / 1000 / speed);
        }
        if (!ss_interrupted() && !ss_target_send(&player->targets[frame.scene], &frame)) {
            return false;
        }
        player->changes += ss_interrupted() ? 0 : 1;
    }
    return true;
}

static bool settle(struct player *player) {
    bool ok = true;
    for (size_t i = 0; i < player->recording->scene_count; i++) {
        struct ss_target *target = &player->targets[i];
        if (*target->scene) {
            ok = ss_cli_check(&target->cli, scenesync_sync(target->cli.client, target->cli.timeout_ms)) && ss_target_drain(target) && ok;
            ok = ok && target->refused == 0;
        }
    }
    return ok;
}

static uint64_t milliseconds(double seconds) { return isfinite(seconds) ? (uint64_t)(seconds * 1000) : UINT64_MAX; }

static void tell(const struct player *player) {
    if (!player->cli->json) {
        printf("%" PRIu64 " changes\n", player->changes);
        return;
    }
    const char *before = "";
    fputs("{\"scenes\": {", stdout);
    for (size_t i = 0; i < player->recording->scene_count; i++) {
        const struct ss_target *target = &player->targets[i];
        if (*target->scene) {
            fputs(before, stdout);
            ss_json_string(stdout, target->recorded, strlen(target->recorded));
            printf(": \"%s\"", target->scene); // a slug: the agent has joined it
            before = ", ";
        }
    }
    printf("}, \"changes\": %" PRIu64 "}\n", player->changes);
}

static int replay(struct ss_cli *cli, const struct ss_recording *recording) {
    struct player *player = ss_memory(calloc(1, sizeof *player));
    size_t place;
    *player = (struct player){.cli = cli, .recording = recording, .from = milliseconds(cli->from), .to = milliseconds(cli->to)};
    bool ok = name_targets(player) && open_targets(player) && seek(player, &place) && play(player, place);
    ok = ok && settle(player);
    for (size_t i = 0; i < recording->scene_count; i++) {
        ss_target_finish(&player->targets[i]);
    }
    if (ok) {
        tell(player);
    }
    free(player);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

// ---- The file ---------------------------------------------------------------------------------------------------------------------------

static int replay_bytes(struct ss_cli *cli, struct ss_slice bytes) {
    struct ss_recording recording;
    const char *why;
    int status = SS_EXIT_FAILED;
    if (!ss_recording_open(bytes, &recording, &why)) {
        ss_fail("%s: %s", cli->arguments[0], why);
    } else {
        if (recording.cut) {
            fprintf(stderr, "scenesync: %s was cut off; its first %.1f s are whole\n", cli->arguments[0], (double)recording.end / 1000);
        }
        status = replay(cli, &recording);
    }
    ss_recording_finish(&recording);
    return status;
}

static int run(struct ss_cli *cli) {
    struct stat info;
    int file = open(cli->arguments[0], O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0) {
        return ss_fail("%s: %s", cli->arguments[0], strerror(errno));
    }
    ss_catch_interrupts();
    size_t size = (size_t)info.st_size;
    void *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    close(file);
    if (bytes == MAP_FAILED) {
        return ss_fail("%s: %s", cli->arguments[0], strerror(errno));
    }
    int status = replay_bytes(cli, (struct ss_slice){bytes, size});
    if (bytes) {
        munmap(bytes, size);
    }
    return status;
}

const struct ss_command ss_command_replay = {
    .name = "replay",
    .usage = "replay FILE [--scene NAME] [--speed N] [--from SECONDS] [--to SECONDS] [--json]",
    .help =
        "Plays a recording into a scene: what there was at --from at once, then every change when it is due, N times as fast (0: without waiting).\n"
        "--scene RECORDED=NAME plays one scene of several; without --scene each plays in RECORDED-replay.\n",
    .least = 1,
    .most = 1,
    .run = run,
};
