// SPDX-License-Identifier: Apache-2.0
#include "access/quota.h"

#include "access/grants.h"
#include "edges/log.h"
#include "edges/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define UPLOADS ".uploads.log"

enum { LINE = 256, ANEW_S = 3600 };

struct ss_share {
    UT_hash_handle hh;
    char user[SS_ROLE_WORD];
    uint64_t bytes;
    bool everywhere; // has a role in every scene
};

// A file, however often it was uploaded: it is deleted where it is not needed, and comes again when it is.
struct ss_upload {
    UT_hash_handle hh;
    struct ss_share *share; // of who did so last
    uint64_t bytes;
    char path[];
};

// ---- Counting ---------------------------------------------------------------------------------------------------------------------------

static void forget(struct ss_quota *quota) {
    struct ss_share *share, *next_share;
    struct ss_upload *upload, *next_upload;
    HASH_ITER(hh, quota->uploads, upload, next_upload) {
        HASH_DEL(quota->uploads, upload);
        free(upload);
    }
    HASH_ITER(hh, quota->shares, share, next_share) {
        HASH_DEL(quota->shares, share);
        free(share);
    }
    quota->read = 0;
}

static struct ss_share *share_of(struct ss_quota *quota, const char *user, size_t len) {
    struct ss_share *share;
    HASH_FIND(hh, quota->shares, user, len, share);
    if (share == NULL) {
        share = ss_new(sizeof(*share));
        memcpy(share->user, user, len);
        HASH_ADD(hh, quota->shares, user, len, share);
    }
    return share;
}

static struct ss_upload *upload_of(struct ss_quota *quota, const char *path, size_t len) {
    struct ss_upload *upload;
    HASH_FIND(hh, quota->uploads, path, len, upload);
    if (upload == NULL) {
        upload = ss_new(sizeof(*upload) + len + 1);
        memcpy(upload->path, path, len);
        HASH_ADD(hh, quota->uploads, path, len, upload);
    }
    return upload;
}

// A line is `USER /ab/abcd…`; a file that is gone fills nothing.
static void count_line(struct ss_quota *quota, const char *line) {
    char path[PATH_MAX];
    const size_t len = strcspn(line, " ");
    struct stat status;
    if (line[len] != ' ' || len == 0 || len >= SS_ROLE_WORD) {
        return;
    }
    struct ss_upload *upload = upload_of(quota, line + len + 1, strcspn(line + len + 1, "\n"));
    if (upload->share != NULL) {
        upload->share->bytes -= upload->bytes;
    }
    snprintf(path, sizeof(path), "%s%s", quota->files, upload->path);
    upload->share = share_of(quota, line, len);
    upload->bytes = stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
    upload->share->bytes += upload->bytes;
}

static void count(struct ss_quota *quota) {
    char path[PATH_MAX], line[LINE];
    snprintf(path, sizeof(path), "%s/" UPLOADS, quota->files);
    FILE *file = fopen(path, "re");
    if (file == NULL || fseek(file, quota->read, SEEK_SET) != 0) {
        if (errno != ENOENT) {
            ss_log("%s: %s", path, strerror(errno));
        }
    } else {
        while (fgets(line, sizeof(line), file) != NULL && strchr(line, '\n') != NULL) { // half a line is read when it is whole
            count_line(quota, line);
            quota->read = ftell(file);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

// ---- Telling nginx ----------------------------------------------------------------------------------------------------------------------

// Returns false when the broker does not say: nobody is told anything then.
static bool note_who_is_everywhere(struct ss_quota *quota, struct ss_control *control) {
    cJSON *grants = ss_grants_list(control);
    struct ss_grant grant;
    struct ss_share *share;
    for (share = quota->shares; share != NULL; share = share->hh.next) {
        share->everywhere = false;
    }
    for (int at = 0; ss_grants_next(grants, &at, NULL, SS_EVERY_SCENE, &grant);) {
        HASH_FIND_STR(quota->shares, grant.user, share);
        if (share != NULL) {
            share->everywhere = true;
        }
    }
    cJSON_Delete(grants);
    return grants != NULL;
}

static bool is_full(const struct ss_quota *quota, const struct ss_share *share) {
    return share != NULL && share->bytes >= quota->bytes && !share->everywhere;
}

static void let_go(const struct ss_quota *quota, int folder) {
    DIR *names = fdopendir(dup(folder));
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL;) {
        struct ss_share *share;
        HASH_FIND_STR(quota->shares, entry->d_name, share);
        if (entry->d_name[0] != '.' && !is_full(quota, share)) {
            unlinkat(folder, entry->d_name, 0);
            ss_log("%s has room in the store again", entry->d_name);
        }
    }
    if (names != NULL) {
        closedir(names);
    }
}

static void stop_one(int folder, const struct ss_share *share) {
    const int fd = openat(folder, share->user, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ss_log("%s has filled a share of the store, %" PRIu64 " bytes, and may upload no more", share->user, share->bytes);
        close(fd);
    } else if (errno != EEXIST) {
        ss_log("%s cannot be kept from uploading: %s", share->user, strerror(errno));
    }
}

void ss_quota_look(struct ss_quota *quota, struct ss_control *control) {
    char path[PATH_MAX];
    const uint64_t now_s = uv_hrtime() / UINT64_C(1000000000);
    if (now_s >= quota->anew_at) {
        quota->anew_at = now_s + ANEW_S;
        forget(quota);
    }
    count(quota);
    if (!note_who_is_everywhere(quota, control)) {
        ss_log("who fills the store: %s", control->why);
        return;
    }
    snprintf(path, sizeof(path), "%s/full", quota->users);
    mkdir(path, 0700);
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        ss_log("%s: %s", path, strerror(errno));
        return;
    }
    let_go(quota, folder);
    for (const struct ss_share *share = quota->shares; share != NULL; share = share->hh.next) {
        if (is_full(quota, share)) {
            stop_one(folder, share);
        }
    }
    close(folder);
}
