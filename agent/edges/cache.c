// SPDX-License-Identifier: Apache-2.0
#include "edges/cache.h"

#include "edges/evict.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "util/sha256.h"
#include "wire/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 128 * 1024, SYNC_ONE_BY_ONE = 16 };

#define NOT_WRITTEN "the file cannot be written to the disk; is there room?"

// ss_cache_job is one file on its way into the cache.
struct ss_cache_job {
    struct ss_cache_job *next;
    uv_work_t work;
    struct ss_cache *cache;
    struct ss_sha256 sha256;
    uint64_t size;
    char *incoming; // NULL: it is in place and only has to reach the disk
    ss_cache_done *verified, *done;
    void *context;
    const char *problem;
};

// ss_cache_sync is one group of files that reaches the disk together.
struct ss_cache_sync {
    uv_work_t work;
    struct ss_cache *cache;
    struct ss_cache_job *jobs;
    size_t count;
};

void ss_cache_path(const struct ss_cache *cache, const struct ss_sha256 *sha256, const char *suffix, char path[PATH_MAX]) {
    char hex[2 * sizeof(sha256->b) + 1];
    ss_hex_format(sha256->b, sizeof(sha256->b), hex);
    snprintf(path, PATH_MAX, "%.*s/%.2s/%s%s", PATH_MAX - 80, cache->folder, hex, hex, suffix);
}

bool ss_cache_has(const struct ss_cache *cache, const struct ss_sha256 *sha256, uint64_t *size) {
    char path[PATH_MAX];
    struct stat status;
    ss_cache_path(cache, sha256, "", path);
    if (stat(path, &status) != 0) {
        return false;
    }
    *size = (uint64_t)status.st_size;
    utimensat(AT_FDCWD, path, (struct timespec[]){{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}}, 0);
    return true;
}

// ---- To the disk, in groups -------------------------------------------------------------------------------------------------------------

static bool sync_path(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool sync_everything(const struct ss_cache *cache) {
    int fd = open(cache->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && syncfs(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool sync_folder_of(char *path) {
    char *slash = strrchr(path, '/');
    *slash = '\0';
    bool ok = sync_path(path);
    *slash = '/';
    return ok;
}

static void place(struct ss_cache_job *job, bool one_by_one) {
    char path[PATH_MAX];
    ss_cache_path(job->cache, &job->sha256, "", path);
    if (job->problem != NULL) {
        return;
    }
    if (job->incoming == NULL) {
        chmod(path, SS_MODE_STORED);
    } else if (rename(job->incoming, path) != 0 || (one_by_one && !sync_folder_of(path))) {
        job->problem = "the file cannot be moved into the cache; is there room on the disk?";
    }
}

// Contents first, then names: a name in the cache never stands for bytes that a power cut can take.
static void sync_group(uv_work_t *work) {
    struct ss_cache_sync *group = work->data;
    bool one_by_one = group->count <= SYNC_ONE_BY_ONE;
    bool synced = one_by_one || sync_everything(group->cache);
    bool local = false;
    for (struct ss_cache_job *job = group->jobs; job != NULL; job = job->next) {
        char path[PATH_MAX];
        ss_cache_path(job->cache, &job->sha256, "", path);
        bool ok = one_by_one ? sync_path(job->incoming != NULL ? job->incoming : path) : synced;
        job->problem = ok ? NULL : NOT_WRITTEN;
        place(job, one_by_one);
        local |= job->incoming != NULL;
    }
    if (one_by_one || !local || sync_everything(group->cache)) {
        return;
    }
    for (struct ss_cache_job *job = group->jobs; job != NULL; job = job->next) {
        job->problem = job->problem != NULL ? job->problem : NOT_WRITTEN;
    }
}

static void start_sync(struct ss_cache *cache);

static void end_job(struct ss_cache_job *job) {
    if (job->incoming != NULL && job->problem == NULL) {
        ss_cache_added(job->cache, job->size);
    }
    if (job->done != NULL) {
        job->done(job->context, job->problem);
    }
    free(job->incoming);
    free(job);
}

static void group_synced(uv_work_t *work, int status) {
    struct ss_cache_sync *group = work->data;
    struct ss_cache *cache = group->cache;
    (void)status;
    cache->syncing = false;
    cache->jobs--;
    for (struct ss_cache_job *job = group->jobs, *next; job != NULL; job = next) {
        next = job->next;
        end_job(job);
    }
    free(group);
    start_sync(cache);
}

static void start_sync(struct ss_cache *cache) {
    if (cache->syncing || cache->to_sync == NULL) {
        return;
    }
    struct ss_cache_sync *group = ss_new(sizeof(*group));
    *group = (struct ss_cache_sync){.cache = cache, .jobs = cache->to_sync};
    for (struct ss_cache_job *job = group->jobs; job != NULL; job = job->next) {
        group->count++;
    }
    group->work.data = group;
    cache->to_sync = NULL;
    cache->syncing = true;
    cache->jobs++;
    uv_queue_work(cache->loop, &group->work, sync_group, group_synced);
}

static void queue_sync(struct ss_cache_job *job) {
    job->next = job->cache->to_sync;
    job->cache->to_sync = job;
    start_sync(job->cache);
}

// ---- Adopting ---------------------------------------------------------------------------------------------------------------------------

static bool hash_file(int fd, struct ss_sha256 *sha256, uint64_t *size) {
    struct ss_sha256_state *state = ss_sha256_create();
    if (state == NULL) {
        return false;
    }
    uint8_t bytes[READ_SIZE];
    ssize_t got;
    *size = 0;
    ss_sha256_begin(state);
    while ((got = read(fd, bytes, READ_SIZE)) > 0) {
        ss_sha256_add(state, bytes, (size_t)got);
        *size += (uint64_t)got;
    }
    ss_sha256_end(state, sha256);
    ss_sha256_destroy(state);
    return got == 0;
}

static const char *verify(const struct ss_cache_job *job) {
    int fd = open(job->incoming, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0) {
        return "the file is not in the incoming folder";
    }
    struct ss_sha256 found;
    uint64_t size = 0;
    const char *problem = NULL;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size != job->size) {
        problem = "the file has another size than was said";
    } else if (fchmod(fd, SS_MODE_LOCAL) != 0 || !hash_file(fd, &found, &size)) {
        problem = "the file cannot be read";
    } else if (size != job->size || memcmp(&found, &job->sha256, sizeof(found)) != 0) {
        problem = "the file's content does not have this SHA-256; write it whole before saying so";
    }
    close(fd);
    return problem;
}

static void verify_on_pool(uv_work_t *work) {
    struct ss_cache_job *job = work->data;
    job->problem = verify(job);
    if (job->problem != NULL) {
        unlink(job->incoming);
    }
}

static void verified_on_pool(uv_work_t *work, int status) {
    struct ss_cache_job *job = work->data;
    (void)status;
    job->cache->jobs--;
    job->verified(job->context, job->problem);
    if (job->problem != NULL) {
        end_job(job);
    } else {
        queue_sync(job);
    }
}

void ss_cache_adopt(struct ss_cache *cache, const char *path, const struct ss_sha256 *sha256, uint64_t size, ss_cache_done *verified,
                    ss_cache_done *done, void *context) {
    struct ss_cache_job *job = ss_new(sizeof(*job));
    *job = (struct ss_cache_job){.cache = cache, .sha256 = *sha256, .size = size, .verified = verified, .done = done, .context = context};
    job->incoming = ss_copy_text(path, strlen(path));
    job->work.data = job;
    cache->jobs++;
    uv_queue_work(cache->loop, &job->work, verify_on_pool, verified_on_pool);
}

// ---- Downloads --------------------------------------------------------------------------------------------------------------------------

bool ss_cache_keep(struct ss_cache *cache, const struct ss_sha256 *sha256) {
    char part[PATH_MAX], path[PATH_MAX];
    struct stat status;
    ss_cache_path(cache, sha256, ".part", part);
    ss_cache_path(cache, sha256, "", path);
    if (stat(part, &status) != 0 || chmod(part, SS_MODE_FRESH) != 0 || rename(part, path) != 0) {
        return false;
    }
    ss_cache_added(cache, (uint64_t)status.st_size);
    struct ss_cache_job *job = ss_new(sizeof(*job));
    *job = (struct ss_cache_job){.cache = cache, .sha256 = *sha256};
    queue_sync(job);
    return true;
}

void ss_cache_stored(struct ss_cache *cache, const struct ss_sha256 *sha256) {
    char path[PATH_MAX];
    ss_cache_path(cache, sha256, "", path);
    chmod(path, SS_MODE_STORED);
}

bool ss_cache_init(struct ss_cache *cache, uv_loop_t *loop, const char *folder, const char *incoming, uint64_t max_bytes) {
    *cache = (struct ss_cache){.loop = loop, .max_bytes = max_bytes};
    snprintf(cache->folder, sizeof(cache->folder), "%s", folder);
    snprintf(cache->incoming, sizeof(cache->incoming), "%s", incoming);
    for (int i = 0; i < 256; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%.*s/%02x", PATH_MAX - 8, folder, (unsigned)i);
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            ss_log("cannot make %s: %s", path, strerror(errno));
            return false;
        }
    }
    return true;
}
