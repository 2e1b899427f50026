// SPDX-License-Identifier: Apache-2.0
#include "edges/data_dir.h"

#include "edges/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char VERSION[] = "scenesync data 1\n";

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

static bool write_durably(const struct ss_data_dir *dir, const char *name, const void *bytes, size_t len) {
    char path[PATH_MAX], fresh[PATH_MAX];
    if (!path_in(dir, name, path) || snprintf(fresh, sizeof(fresh), "%s/%s.new", dir->root, name) >= PATH_MAX) {
        return false;
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    int folder = open(dir->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = ok && rename(fresh, path) == 0 && folder >= 0 && fsync(folder) == 0;
    if (folder >= 0) {
        close(folder);
    }
    if (!ok) {
        ss_log("cannot write %s: %s", path, strerror(errno));
    }
    return ok;
}

// Returns the bytes read, 0 when there is no such file, -1 on failure.
static ssize_t read_small(const struct ss_data_dir *dir, const char *name, void *bytes, size_t max) {
    char path[PATH_MAX];
    if (!path_in(dir, name, path)) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    ssize_t got = read(fd, bytes, max);
    close(fd);
    return got;
}

static bool take_lock(struct ss_data_dir *dir) {
    char path[PATH_MAX];
    if (!path_in(dir, "lock", path)) {
        return false;
    }
    dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock < 0) {
        ss_log("cannot open %s: %s", path, strerror(errno));
        return false;
    }
    if (flock(dir->lock, LOCK_EX | LOCK_NB) != 0) {
        ss_log("another agent uses %s; stop it, or give this one a directory of its own with --data", dir->root);
        return false;
    }
    return true;
}

static bool check_version(const struct ss_data_dir *dir) {
    char text[sizeof(VERSION) + 16];
    ssize_t got = read_small(dir, "version", text, sizeof(text));
    if (got == 0) {
        return write_durably(dir, "version", VERSION, sizeof(VERSION) - 1);
    }
    if (got != (ssize_t)sizeof(VERSION) - 1 || memcmp(text, VERSION, sizeof(VERSION) - 1) != 0) {
        ss_log("%s was written by another version of scenesync; use that version, or another directory with --data", dir->root);
        return false;
    }
    return true;
}

static bool take_origin(struct ss_data_dir *dir) {
    ssize_t got = read_small(dir, "origin", &dir->origin, sizeof(dir->origin));
    if (got == (ssize_t)sizeof(dir->origin)) {
        return true;
    }
    if (got != 0) {
        ss_log("%s/origin is damaged; restore it, or use another directory with --data", dir->root);
        return false;
    }
    return getrandom(&dir->origin, sizeof(dir->origin), 0) == (ssize_t)sizeof(dir->origin) &&
           write_durably(dir, "origin", &dir->origin, sizeof(dir->origin));
}

bool ss_data_dir_open(struct ss_data_dir *dir, const char *path) {
    *dir = (struct ss_data_dir){.lock = -1};
    char wanted[PATH_MAX];
    if (snprintf(wanted, sizeof(wanted), "%s", path) >= (int)sizeof(dir->root) || !make_folders(wanted)) {
        ss_log("cannot make %s: %s", path, strerror(errno));
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

void ss_data_dir_close(struct ss_data_dir *dir) {
    if (dir->lock >= 0) {
        close(dir->lock);
    }
    dir->lock = -1;
}
