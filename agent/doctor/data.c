// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"
#include "doctor/replica.h"
#include "edges/data_dir.h"
#include "edges/host.h"
#include "edges/small_file.h"
#include "wire/topics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "edges/cache.h"

static const uint64_t LITTLE_ROOM = (uint64_t)1 << 30, NO_ROOM = (uint64_t)64 << 20;

static bool check_folder(struct ss_report *report, const char *root) {
    struct stat status;
    char said[SS_DATA_VERSION];
    if (stat(root, &status) != 0) {
        ss_report(report, SS_PROBLEM, "data", "%s: %s; an agent makes it when it is started with --data %s", root, strerror(errno), root);
        return false;
    }
    switch (ss_data_dir_version(root, said)) {
    case SS_DATA_NONE:
        ss_report(report, SS_PROBLEM, "data", "%s is not the data directory of an agent: it has no file `version`", root);
        return false;
    case SS_DATA_OTHER:
        ss_report(report, SS_PROBLEM, "data", "%s/version says `%s`, which this scenesync does not read; use the scenesync that wrote it",
                  root, said);
        return false;
    case SS_DATA_OURS: break;
    }
    ss_report(report, SS_FINE, "data", "%s holds %s", root, said);
    return true;
}

static void check_lock(struct ss_report *report, const char *root) {
    char path[PATH_MAX], text[32] = "";
    snprintf(path, sizeof(path), "%s/lock", root);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool used = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    ss_small_read(root, "lock", text, sizeof(text) - 1);
    text[strcspn(text, "\n")] = '\0';
    if (used) {
        ss_report(report, SS_FINE, "data", "an agent is at work on it, process %s; what it does meanwhile is not seen here", text);
    } else {
        ss_report(report, SS_FINE, "data", "no agent uses it now%s", fd >= 0 ? "; a lock that one left behind hinders nobody" : "");
    }
}

static void check_writable(struct ss_report *report, const char *root) {
    static const char *const NAMES[] = {"", "/lock", "/origin", "/replica", "/replica/data.mdb", "/cache", "/incoming"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", root, NAMES[i]);
        if (access(path, W_OK) != 0 && errno != ENOENT) {
            ss_report(report, SS_PROBLEM, "data", "%s cannot be written: %s; let this user (%ld) read and write there", path,
                      strerror(errno), (long)geteuid());
            return;
        }
    }
    ss_report(report, SS_FINE, "data", "this user can write it");
}

static void check_room(struct ss_report *report, const char *root) {
    struct statvfs disk;
    if (statvfs(root, &disk) != 0) {
        ss_report(report, SS_WARNING, "data", "%s: cannot tell how much room its disk has: %s", root, strerror(errno));
        return;
    }
    const uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    const enum ss_level level = room < NO_ROOM ? SS_PROBLEM : room < LITTLE_ROOM ? SS_WARNING : SS_FINE;
    ss_report(report, level, "data", "its disk has %" PRIu64 " MiB left%s", room >> 20,
              level == SS_FINE ? "" : "; make room: without, edits are refused");
}

static void check_identity(struct ss_report *report, const char *root) {
    uint8_t origin[sizeof(struct ss_origin) + 1];
    char hex[2 * sizeof(struct ss_origin) + 1] = "";
    const char *strange = ss_host_strange(root);
    if (ss_small_read(root, "origin", origin, sizeof(origin)) != (ssize_t)sizeof(struct ss_origin)) {
        strange = "its origin is missing or damaged";
    } else {
        ss_hex_format(origin, sizeof(struct ss_origin), hex);
    }
    if (strange != NULL) {
        ss_report(report, SS_WARNING, "data", "%s; the next agent takes another identity, and scenes and unsent edits stay", strange);
    } else {
        ss_report(report, SS_FINE, "data", "its identity is %s, and it is at home on this machine", hex);
    }
}

// Files that a client handed over and that are not in the store yet: nobody else has them.
static void count_local(const char *folder, unsigned *count, uint64_t *bytes) {
    DIR *files = opendir(folder);
    struct stat status;
    for (struct dirent *entry; files != NULL && (entry = readdir(files)) != NULL;) {
        if (fstatat(dirfd(files), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
            (status.st_mode & 07777) == SS_MODE_LOCAL) {
            ++*count;
            *bytes += (uint64_t)status.st_size;
        }
    }
    if (files != NULL) {
        closedir(files);
    }
}

static void check_files(struct ss_report *report, const char *root) {
    char folder[PATH_MAX];
    unsigned count = 0;
    uint64_t bytes = 0;
    for (unsigned first = 0; first < 256; first++) {
        snprintf(folder, sizeof(folder), "%s/cache/%02x", root, first);
        count_local(folder, &count, &bytes);
    }
    ss_report(report, SS_FINE, "data", "%u files with %" PRIu64 " bytes wait to be uploaded; nobody else has them", count, bytes);
}

void ss_doctor_data(struct ss_report *report, const char *root) {
    if (!check_folder(report, root)) {
        return;
    }
    check_lock(report, root);
    check_writable(report, root);
    check_room(report, root);
    check_identity(report, root);
    ss_doctor_replica(report, root);
    check_files(report, root);
}
