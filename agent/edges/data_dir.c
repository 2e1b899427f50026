// SPDX-License-Identifier: Apache-2.0
#include "edges/data_dir.h"

#include "edges/host.h"
#include "edges/log.h"
#include "edges/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char VERSION[] = "scenesync data 1";

static bool path_in(const struct ss_data_dir *dir, const char *name, char path[PATH_MAX]) {
    return snprintf(path, PATH_MAX, "%s/%s", dir->root, name) < PATH_MAX;
}

// Makes `path` and its parents; only the last is private, because the others may have been somebody's already.
static bool make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0755);
        *slash = '/';
        if (failed != 0 && errno != EEXIST) {
            return false;
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool make_folder(const struct ss_data_dir *dir, const char *name) {
    char path[PATH_MAX];
    if (!path_in(dir, name, path) || (mkdir(path, 0700) != 0 && errno != EEXIST)) {
        ss_log("cannot make %s/%s: %s", dir->root, name, strerror(errno));
        return false;
    }
    return true;
}

// The lock's file holds the number of the process that has it.
static bool take_lock(struct ss_data_dir *dir) {
    char path[PATH_MAX], text[32] = "";
    if (!path_in(dir, "lock", path)) {
        return false;
    }
    dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock < 0) {
        ss_log("cannot open %s: %s; let this user write there, or give another directory with --data", path, strerror(errno));
        return false;
    }
    if (flock(dir->lock, LOCK_EX | LOCK_NB) != 0) {
        ss_small_read(dir->root, "lock", text, sizeof(text) - 1);
        ss_log("another agent uses %s (process %ld); stop it, or give this one a directory of its own with --data", dir->root,
               strtol(text, NULL, 10));
        return false;
    }
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    (void)!ftruncate(dir->lock, 0); // a convenience: the lock holds without it
    (void)!pwrite(dir->lock, text, (size_t)len, 0);
    return true;
}

enum ss_data_version ss_data_dir_version(const char *root, char said[SS_DATA_VERSION]) {
    ssize_t got = ss_small_read(root, "version", said, SS_DATA_VERSION - 1);
    said[got > 0 ? got : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    return got == 0 ? SS_DATA_NONE : strcmp(said, VERSION) == 0 ? SS_DATA_OURS : SS_DATA_OTHER;
}

static bool check_version(const struct ss_data_dir *dir) {
    char said[SS_DATA_VERSION];
    switch (ss_data_dir_version(dir->root, said)) {
    case SS_DATA_NONE: snprintf(said, sizeof(said), "%s\n", VERSION); return ss_small_write(dir->root, "version", said, strlen(said));
    case SS_DATA_OURS: return true;
    case SS_DATA_OTHER: break;
    }
    ss_log(
        "%s/version says `%s`, which this scenesync (`%s`) does not read; use the scenesync that wrote it, or another directory with --data",
        dir->root, said, VERSION);
    return false;
}

static bool make_origin(struct ss_data_dir *dir) {
    return getrandom(&dir->origin, sizeof(dir->origin), 0) == (ssize_t)sizeof(dir->origin) &&
           ss_small_write(dir->root, "origin", &dir->origin, sizeof(dir->origin));
}

static bool take_origin(struct ss_data_dir *dir) {
    ssize_t got = ss_small_read(dir->root, "origin", &dir->origin, sizeof(dir->origin));
    if (got == 0) {
        return make_origin(dir);
    }
    struct stat replica;
    char path[PATH_MAX];
    if (got != (ssize_t)sizeof(dir->origin)) {
        dir->strange = "its origin is damaged";
    } else if (path_in(dir, "replica/data.mdb", path) && (stat(path, &replica) != 0 || replica.st_size == 0)) {
        dir->strange = "replica/data.mdb is missing or empty; what nobody else had is gone, the rest comes back from others";
    } else {
        dir->strange = ss_host_strange(dir->root);
    }
    return true;
}

bool ss_data_dir_open(struct ss_data_dir *dir, const char *path) {
    *dir = (struct ss_data_dir){.lock = -1};
    char wanted[PATH_MAX];
    if (snprintf(wanted, sizeof(wanted), "%s", path) >= (int)sizeof(dir->root) || !make_folders(wanted)) {
        ss_log("cannot make %s: %s; let this user write there, or give another directory with --data", path, strerror(errno));
        return false;
    }
    char real[PATH_MAX];
    if (realpath(wanted, real) == NULL || strlen(real) >= sizeof(dir->root)) {
        ss_log("cannot use %s: %s", path, strerror(errno));
        return false;
    }
    memcpy(dir->root, real, strlen(real) + 1);
    bool ok = take_lock(dir) && check_version(dir) && make_folder(dir, "replica") && make_folder(dir, "cache") &&
              make_folder(dir, "incoming") && take_origin(dir);
    if (!ok) {
        ss_data_dir_close(dir);
    }
    return ok;
}

bool ss_data_dir_own(struct ss_data_dir *dir, bool relaxed) {
    if (dir->strange != NULL) {
        ss_log("%s: %s. It goes on under another identity; scenes and unsent edits that are in it stay", dir->root, dir->strange);
        if (!make_origin(dir)) {
            return false;
        }
    }
    dir->relaxed = relaxed;
    return ss_host_write(dir->root, relaxed);
}

void ss_data_dir_close(struct ss_data_dir *dir) {
    if (dir->lock < 0) {
        return;
    }
    if (dir->relaxed) {
        ss_host_write(dir->root, false); // all is on the disk: the machine may go down now
    }
    close(dir->lock);
    dir->lock = -1;
}
