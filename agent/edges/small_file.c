// SPDX-License-Identifier: Apache-2.0
#include "edges/small_file.h"

#include "edges/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool path_in(const char *folder, const char *name, const char *suffix, char path[PATH_MAX]) {
    return snprintf(path, PATH_MAX, "%s/%s%s", folder, name, suffix) < PATH_MAX;
}

bool ss_small_write(const char *folder, const char *name, const void *bytes, size_t len) {
    char path[PATH_MAX], fresh[PATH_MAX];
    if (!path_in(folder, name, "", path) || !path_in(folder, name, ".new", fresh)) {
        return false;
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = ok && rename(fresh, path) == 0 && directory >= 0 && fsync(directory) == 0;
    if (directory >= 0) {
        close(directory);
    }
    if (!ok) {
        ss_log("cannot write %s: %s; make room on that disk and let this user write there", path, strerror(errno));
    }
    return ok;
}

ssize_t ss_small_read(const char *folder, const char *name, void *bytes, size_t max) {
    char path[PATH_MAX];
    if (!path_in(folder, name, "", path)) {
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
