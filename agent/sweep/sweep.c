// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweep.h"

#include "cli/command.h"
#include "core/vector.h"
#include "daemon/config.h"
#include "doctor/mqtt.h"
#include "edges/memory.h"
#include "sweep/old_checkpoint.h"
#include "util/bytes.h"
#include "wire/messages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

enum { YOUNG_S = 24 * 60 * 60, COMES_MS = 3000, NAME = 2 * sizeof(struct ss_sha256), READ_MAX = 1 << 20 };

static const char USAGE[] =
    "usage: scenesync sweep --store-files FOLDER --broker URL [--config FILE]\n"
    "\n"
    "Deletes checkpoints that are of no use any more from the asset store's folder: those older than a day of a scene whose retained checkpoint\n"
    "names another file there that has all that they have. It looks at no other files. It runs on the store's machine, as the user to whom the\n"
    "files belong, now and then. It takes the agent's options, configuration files and environment for its way to the broker.\n"
    "\n"
    "  --store-files FOLDER  the store's (default: $SCENESYNC_STORE_FILES)\n";

static const char MORE[] = "`scenesync sweep --help` says more.\n";

struct ss_swept { // a scene
    UT_hash_handle hh;
    struct ss_buffer retained; // its checkpoint message; empty: the broker retains none
    unsigned deleted;
    uint64_t bytes;
    char scene[SS_MAX_SCENE + 1];
};

struct ss_sweep {
    struct ss_config config;
    const char *files;
    struct ss_mqtt *mqtt;
    struct ss_codec *codec, *named; // for what a file says, and for what the broker says
    struct ss_buffer bytes;
    struct ss_swept *scenes;
    char path[PATH_MAX];
    bool failed;
};

// ---- What the broker names --------------------------------------------------------------------------------------------------------------

static bool connect_to(struct ss_sweep *sweep) {
    char why[256];
    int code, version = 0;
    sweep->mqtt = ss_mqtt_open(&sweep->config, &version, &code, why);
    if (sweep->mqtt == NULL) {
        ss_fail("%s: %s (%d)", sweep->config.broker, why, code);
    }
    return sweep->mqtt != NULL;
}

static struct ss_swept *swept_of(struct ss_sweep *sweep, const char *scene) {
    struct ss_swept *swept;
    HASH_FIND_STR(sweep->scenes, scene, swept);
    if (swept == NULL) {
        char topic[SS_MAX_TOPIC];
        swept = ss_new(sizeof(*swept));
        snprintf(swept->scene, sizeof(swept->scene), "%s", scene);
        ss_buffer_init(&swept->retained, READ_MAX);
        HASH_ADD_STR(sweep->scenes, scene, swept);
        const struct ss_topic checkpoint = {.type = SS_TOPIC_CHECKPOINT, .scene = ss_slice_text(swept->scene)};
        if (ss_topic_build(sweep->config.prefix, &checkpoint, topic)) {
            ss_mqtt_retained(sweep->mqtt, topic, &swept->retained, COMES_MS);
        }
    }
    return swept;
}

static bool is_there(const struct ss_sweep *sweep, const char name[NAME + 1]) {
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof(path), "%s/%.2s/%s", sweep->files, name, name);
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool has_all(const struct ss_vector *vector, const struct ss_vector *of) {
    for (size_t i = 0; i < of->count; i++) {
        if (ss_vector_seq(vector, &of->entries[i].from) < of->entries[i].seq) {
            return false;
        }
    }
    return true;
}

// Whether the scene's checkpoint is another file, which is there and has all that this one has. (Where two brokers with scenes of one name share
// a store, neither's has what the other's has.)
static bool is_useless(struct ss_sweep *sweep, const char *name, const struct ss_old_checkpoint *old, struct ss_swept *swept) {
    struct ss_ev_checkpoint now;
    char now_name[NAME + 1];
    if (swept->retained.len == 0 || ss_checkpoint_decode(sweep->named, ss_buffer_slice(&swept->retained), &now) != SS_WIRE_OK) {
        return false;
    }
    ss_hex_format(now.blob.sha256.b, sizeof(now.blob.sha256.b), now_name);
    return strcmp(name, now_name) != 0 && is_there(sweep, now_name) && has_all(&now.vector, &old->vector);
}

// ---- The store's files ------------------------------------------------------------------------------------------------------------------

static void sweep_file(struct ss_sweep *sweep, int folder, const char *name) {
    struct ss_old_checkpoint old;
    struct stat status;
    const int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const bool aged = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_mtime < time(NULL) - YOUNG_S;
    if (aged && ss_old_checkpoint_read(file, sweep->codec, &sweep->bytes, &old)) {
        struct ss_swept *swept = swept_of(sweep, old.scene);
        if (is_useless(sweep, name, &old, swept)) {
            if (unlinkat(folder, name, 0) == 0) {
                swept->deleted++;
                swept->bytes += (uint64_t)status.st_size;
            } else {
                sweep->failed = true;
                ss_fail("%s/%.2s/%s: %s", sweep->files, name, name, strerror(errno));
            }
        }
    }
    if (file >= 0) {
        close(file);
    }
}

// Calls for each name of a folder, which it closes.
static void each_name(struct ss_sweep *sweep, int folder, void (*call)(struct ss_sweep *sweep, int folder, const char *name)) {
    DIR *names = folder >= 0 ? fdopendir(folder) : NULL;
    if (names == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        call(sweep, folder, entry->d_name);
    }
    closedir(names);
}

static void sweep_name(struct ss_sweep *sweep, int folder, const char *name) {
    struct ss_sha256 sha256;
    if (ss_hex_parse(ss_slice_text(name), sha256.b, sizeof(sha256.b))) {
        sweep_file(sweep, folder, name);
    }
}

static void sweep_folder(struct ss_sweep *sweep, int folder, const char *name) {
    uint8_t first;
    if (ss_hex_parse(ss_slice_text(name), &first, sizeof(first))) {
        each_name(sweep, openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), sweep_name);
    }
}

// ---- The command ------------------------------------------------------------------------------------------------------------------------

static void tell(struct ss_sweep *sweep) {
    struct ss_swept *swept, *next;
    HASH_ITER(hh, sweep->scenes, swept, next) {
        printf("%s: %u old checkpoint%s deleted, %.1f MB%s\n", swept->scene, swept->deleted, swept->deleted == 1 ? "" : "s",
               (double)swept->bytes / 1e6, swept->retained.len == 0 ? " (the broker retains none of it, so all are kept)" : "");
        HASH_DEL(sweep->scenes, swept);
        ss_buffer_finish(&swept->retained);
        free(swept);
    }
}

static int run(struct ss_sweep *sweep) {
    const int folder = open(sweep->files, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return ss_fail("%s: %s", sweep->files, strerror(errno));
    }
    sweep->codec = ss_codec_create();
    sweep->named = ss_codec_create();
    ss_buffer_init(&sweep->bytes, READ_MAX);
    sweep->failed = sweep->codec == NULL || sweep->named == NULL || !connect_to(sweep);
    if (sweep->failed) {
        close(folder);
    } else {
        each_name(sweep, folder, sweep_folder);
    }
    tell(sweep);
    ss_mqtt_close(sweep->mqtt);
    ss_buffer_finish(&sweep->bytes);
    ss_codec_destroy(sweep->codec);
    ss_codec_destroy(sweep->named);
    return sweep->failed ? SS_EXIT_FAILED : SS_EXIT_OK;
}

// What is not sweep's own is the agent's. Returns how many words are left.
static int take_own_words(int count, char **words, const char **files, bool *help) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--store-files") == 0 && i + 1 < count) {
            *files = words[++i];
        } else if (strcmp(words[i], "--help") == 0) {
            *help = true;
        } else {
            words[kept++] = words[i];
        }
    }
    return kept;
}

int ss_sweep_main(int count, char **words) {
    struct ss_sweep sweep = {.files = getenv("SCENESYNC_STORE_FILES")};
    char problem[512];
    bool help = false;
    int status = SS_EXIT_USAGE;
    words++; // its own name
    count = take_own_words(count - 1, words, &sweep.files, &help);
    if (help) {
        fputs(USAGE, stdout);
        return SS_EXIT_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!ss_config_read(&sweep.config, count, words, false, problem, sizeof(problem))) {
        fprintf(stderr, "scenesync sweep: %s\n%s", problem, MORE);
    } else if (sweep.files == NULL || sweep.config.broker == NULL) {
        fprintf(stderr, "scenesync sweep: %s is missing\n%s", sweep.files == NULL ? "--store-files FOLDER" : "--broker URL", MORE);
    } else {
        status = run(&sweep);
    }
    ss_config_finish(&sweep.config);
    return status;
}
