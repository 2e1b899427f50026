// SPDX-License-Identifier: Apache-2.0
// `scenesync record FILE SCENE…`
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/interrupt.h"
#include "recording/commands.h"
#include "recording/write.h"
#include "util/value.h"

// After so many bytes, and at least as many as the last one took, the next keyframe is due: it is then cheap to seek, and the file at most twice as large.
static const uint64_t KEYFRAME_BYTES = 4 * 1024 * 1024;

struct source {
    struct ss_cli cli;
    struct ss_replica replica;
    bool joined;
};

struct recorder {
    struct source *sources;
    size_t count;
    struct ss_writing writing;
    int64_t begun;           // ms of the monotonic clock; 0: not all scenes are known yet
    uint64_t keyframe_begin; // place of the last keyframe
    uint64_t keyframe_end;   // and of what follows it
    uint64_t missing;        // blobs that could not be had
};

static int64_t now_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t elapsed(const struct recorder *recorder) { return (uint64_t)(now_ms(CLOCK_MONOTONIC) - recorder->begun); }

// ---- Blobs ------------------------------------------------------------------------------------------------------------------------------

// The blobs that values name and that are not in the file yet: asking the agent for one ends what an event points to, so they are listed first.
struct named_blobs {
    const struct ss_writing *writing;
    struct ss_sha256 *items;
    size_t count;
};

static void list_blob(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    struct named_blobs *blobs = context;
    (void)size; // anybody can name a wrong one
    if (!ss_writing_has(blobs->writing, sha256)) {
        blobs->items = ss_memory(realloc(blobs->items, (blobs->count + 1) * sizeof *blobs->items));
        blobs->items[blobs->count++] = *sha256;
    }
}

static void list_blobs(struct named_blobs *blobs, struct scenesync_bytes value) {
    ss_value_blobs((struct ss_slice){value.data, value.size}, list_blob, blobs);
}

static void list_blobs_of_known(void *context, const struct ss_known *entity) {
    for (size_t i = 0; i < entity->count; i++) {
        list_blobs(context, entity->fields[i].value);
    }
}

static bool take_blob(struct ss_writing *writing, struct ss_cli *cli, const struct ss_sha256 *sha256) {
    struct scenesync_sha256 name;
    char path[PATH_MAX];
    memcpy(name.b, sha256->b, sizeof name.b);
    if (ss_writing_has(writing, sha256)) {
        return true; // it was listed twice
    }
    FILE *file = scenesync_blob_get(cli->client, &name, path, sizeof path, cli->timeout_ms) == SCENESYNC_OK ? fopen(path, "rb") : NULL;
    bool ok = file && ss_writing_blob(writing, sha256, file);
    if (file) {
        fclose(file);
    }
    return ok;
}

static void take_blobs(struct recorder *recorder, struct source *source, struct named_blobs *blobs) {
    for (size_t i = 0; i < blobs->count; i++) {
        recorder->missing += take_blob(&recorder->writing, &source->cli, &blobs->items[i]) ? 0 : 1;
    }
    free(blobs->items);
}

// ---- Changes ----------------------------------------------------------------------------------------------------------------------------

static void write_keyframe(struct recorder *recorder) {
    uint64_t at = elapsed(recorder);
    recorder->keyframe_begin = recorder->writing.size;
    ss_writing_keyframe(&recorder->writing, at);
    for (size_t i = 0; i < recorder->count; i++) {
        ss_writing_state(&recorder->writing, at, i, &recorder->sources[i].replica);
    }
    recorder->keyframe_end = recorder->writing.size;
}

static void take_change(struct recorder *recorder, size_t scene, const struct scenesync_change *change) {
    struct named_blobs blobs = {.writing = &recorder->writing};
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct scenesync_batch *batch = &change->batches[i];
        for (size_t cell = 0; cell < batch->columns * batch->rows; cell++) {
            list_blobs(&blobs, batch->values[cell]);
        }
    }
    ss_writing_change(&recorder->writing, elapsed(recorder), scene, change);
    take_blobs(recorder, &recorder->sources[scene], &blobs);
    ss_writing_put(&recorder->writing);
}

static void take(struct recorder *recorder, size_t scene, const struct scenesync_event *event) {
    struct source *source = &recorder->sources[scene];
    if (event->type == SCENESYNC_CHANGE) {
        ss_replica_apply(&source->replica, &event->change);
        if (recorder->begun) {
            take_change(recorder, scene, &event->change);
        }
    }
    source->joined = source->joined || event->type == SCENESYNC_JOINED;
}

// Once every scene is known, the recording begins.
static void begin_when_known(struct recorder *recorder) {
    for (size_t i = 0; i < recorder->count; i++) {
        if (!recorder->sources[i].joined) {
            return;
        }
    }
    for (size_t i = 0; i < recorder->count; i++) {
        struct named_blobs blobs = {.writing = &recorder->writing};
        ss_replica_each_known(&recorder->sources[i].replica, list_blobs_of_known, &blobs);
        take_blobs(recorder, &recorder->sources[i], &blobs);
    }
    recorder->begun = now_ms(CLOCK_MONOTONIC);
    write_keyframe(recorder);
    fputs("recording; Ctrl-C ends it\n", stderr);
}

// ---- The loop ---------------------------------------------------------------------------------------------------------------------------

static int drain(struct recorder *recorder, size_t scene) {
    struct scenesync_event event;
    int error;
    while ((error = scenesync_next(recorder->sources[scene].cli.client, &event, 0)) == SCENESYNC_OK) {
        take(recorder, scene, &event);
    }
    return error == SCENESYNC_TIMEOUT ? SCENESYNC_OK : error;
}

static bool drain_all(struct recorder *recorder) {
    for (size_t i = 0; i < recorder->count; i++) {
        if (!ss_cli_check(&recorder->sources[i].cli, drain(recorder, i))) {
            return false;
        }
    }
    if (!recorder->begun) {
        begin_when_known(recorder);
    } else if (recorder->writing.size - recorder->keyframe_end > KEYFRAME_BYTES + recorder->keyframe_end - recorder->keyframe_begin) {
        write_keyframe(recorder);
    }
    return fflush(recorder->writing.file) == 0;
}

static int follow(struct recorder *recorder) {
    struct pollfd *polls = ss_memory(calloc(recorder->count, sizeof *polls));
    for (size_t i = 0; i < recorder->count; i++) {
        polls[i] = (struct pollfd){.fd = scenesync_fd(recorder->sources[i].cli.client), .events = POLLIN};
    }
    bool ok = drain_all(recorder);
    while (ok && !ss_interrupted()) {
        poll(polls, (nfds_t)recorder->count, 1000);
        ok = drain_all(recorder);
    }
    free(polls);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

// What is still on its way when the wait is over comes as changes.
static bool open_source(struct ss_cli *cli, const char *scene) {
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_join(cli->client, scene, NULL, 0, true, cli->timeout_ms))) {
        return false;
    }
    int error = scenesync_sync(cli->client, cli->timeout_ms);
    return error == SCENESYNC_TIMEOUT || ss_cli_check(cli, error);
}

static bool open_sources(struct ss_cli *cli, struct recorder *recorder) {
    for (size_t i = 0; i < recorder->count; i++) {
        recorder->sources[i].cli = *cli;
        if (!open_source(&recorder->sources[i].cli, cli->arguments[1 + i])) {
            return false;
        }
    }
    return true;
}

static void tell(const struct recorder *recorder, bool json, uint64_t at) {
    const struct ss_writing *writing = &recorder->writing;
    if (json) {
        printf("{\"seconds\": %.3f, \"changes\": %" PRIu64 ", \"blobs\": %" PRIu64 ", \"missing\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
               (double)at / 1000, writing->changes, writing->blob_count, recorder->missing, writing->size);
    } else {
        printf("%.1f s, %" PRIu64 " changes, %" PRIu64 " blobs, %.1f MB\n", (double)at / 1000, writing->changes, writing->blob_count,
               (double)writing->size / 1e6);
    }
    if (recorder->missing > 0) {
        ss_fail("%" PRIu64 " blobs could not be had: whoever plays this needs the store", recorder->missing);
    }
}

static int record(struct ss_cli *cli, struct recorder *recorder) {
    const char *path = cli->arguments[0];
    if (!open_sources(cli, recorder)) {
        return SS_EXIT_FAILED;
    }
    if (!ss_writing_begin(&recorder->writing, path, (uint64_t)now_ms(CLOCK_REALTIME), cli->arguments + 1, recorder->count)) {
        return ss_fail("%s: %s", path, errno == EEXIST ? "it is there already; name another file" : strerror(errno));
    }
    int status = follow(recorder);
    uint64_t at = recorder->begun ? elapsed(recorder) : 0;
    tell(recorder, cli->json, at);
    if (!ss_writing_end(&recorder->writing, at)) {
        return ss_fail("%s: not all of it could be written", path);
    }
    return status;
}

static int run(struct ss_cli *cli) {
    struct recorder recorder = {.count = (size_t)cli->count - 1};
    recorder.sources = ss_memory(calloc(recorder.count, sizeof *recorder.sources));
    ss_catch_interrupts();
    int status =
        recorder.count <= SS_RECORDING_SCENES ? record(cli, &recorder) : ss_usage(cli->command, "that many scenes do not go into one file");
    for (size_t i = 0; i < recorder.count; i++) {
        ss_replica_finish(&recorder.sources[i].replica);
        scenesync_close(recorder.sources[i].cli.client);
    }
    free(recorder.sources);
    return status;
}

const struct ss_command ss_command_record = {
    .name = "record",
    .usage = "record FILE SCENE… [--json]",
    .help =
        "Keeps what is in scenes, and everything that then happens there, in one file, until interrupted. Meshes and images are in it too, so that\n"
        "it can be replayed where nobody else has them.\n",
    .least = 2,
    .most = -1,
    .run = run,
};
