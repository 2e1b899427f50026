// SPDX-License-Identifier: Apache-2.0
#include "edges/evict.h"

#include "edges/log.h"
#include "edges/memory.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEEP_SECONDS = 60, HEX_NAME = 64 }; // what was just used may be about to be mapped by a client

struct ss_old_file {
    char name[HEX_NAME + 1];
    uint64_t size;
    time_t used;
};

struct ss_walk {
    uv_work_t work;
    struct ss_cache *cache;
    void (*local)(void *context, const struct ss_sha256 *sha256); // at the start, when no file is in use yet; else NULL
    void *context;
    uint64_t bytes, forgotten;
    struct ss_old_file *files;
    size_t count, capacity;
};

static void note(struct ss_walk *walk, const char *name, const struct stat *status) {
    walk->bytes += (uint64_t)status->st_size;
    if ((status->st_mode & 07777) != SS_MODE_STORED || strlen(name) != HEX_NAME) {
        return;
    }
    if (walk->count == walk->capacity) {
        size_t capacity = walk->capacity * 2 + 256;
        struct ss_old_file *files = realloc(walk->files, capacity * sizeof(*files));
        if (files == NULL) {
            return; // a shorter list only means that less is forgotten this time
        }
        walk->files = files;
        walk->capacity = capacity;
    }
    struct ss_old_file *file = &walk->files[walk->count++];
    memcpy(file->name, name, HEX_NAME + 1);
    file->size = (uint64_t)status->st_size;
    file->used = status->st_atime > status->st_mtime ? status->st_atime : status->st_mtime;
}

static void tell_local(const struct ss_walk *walk, const char *name, const struct stat *status) {
    struct ss_sha256 sha256;
    if ((status->st_mode & 07777) == SS_MODE_LOCAL && ss_hex_parse(ss_slice_text(name), sha256.b, sizeof(sha256.b))) {
        walk->local(walk->context, &sha256);
    }
}

static void walk_folder(struct ss_walk *walk, const char *folder) {
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        struct stat status;
        int fd = dirfd(entries);
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        if (walk->local != NULL && (status.st_mode & 07777) == SS_MODE_FRESH) {
            unlinkat(fd, entry->d_name, 0);
            continue;
        }
        note(walk, entry->d_name, &status);
        if (walk->local != NULL) {
            tell_local(walk, entry->d_name, &status);
        }
    }
    closedir(entries);
}

static void walk_all(struct ss_walk *walk) {
    for (unsigned i = 0; i < 256; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%.*s/%02x", PATH_MAX - 8, walk->cache->folder, i);
        walk_folder(walk, path);
    }
}

static int by_use(const void *left, const void *right) {
    const struct ss_old_file *a = left, *b = right;
    return (a->used > b->used) - (a->used < b->used);
}

static void forget_old(struct ss_walk *walk) {
    uint64_t enough = walk->cache->max_bytes / 10 * 9;
    time_t recent = time(NULL) - KEEP_SECONDS;
    if (walk->count == 0) {
        return;
    }
    qsort(walk->files, walk->count, sizeof(*walk->files), by_use);
    for (size_t i = 0; i < walk->count && walk->bytes > enough && walk->files[i].used < recent; i++) {
        char path[PATH_MAX];
        const struct ss_old_file *file = &walk->files[i];
        snprintf(path, sizeof(path), "%.*s/%.2s/%s", PATH_MAX - 80, walk->cache->folder, file->name, file->name);
        if (unlink(path) == 0) {
            walk->bytes -= file->size;
            walk->forgotten += file->size;
        }
    }
}

static void run(uv_work_t *work) {
    struct ss_walk *walk = work->data;
    walk_all(walk);
    if (walk->bytes > walk->cache->max_bytes) {
        forget_old(walk);
    }
}

static void after(uv_work_t *work, int status) {
    struct ss_walk *walk = work->data;
    (void)status;
    struct ss_cache *cache = walk->cache;
    const uint64_t added = cache->added;
    cache->bytes = walk->bytes + added;
    cache->added = 0;
    cache->evicting = false;
    cache->jobs--;
    if (walk->forgotten > 0) {
        ss_log("cache: forgot %.1f MB that the store has", (double)walk->forgotten / 1e6);
    }
    free(walk->files);
    free(walk);
    if (added > 0) {
        ss_cache_added(cache, 0);
    }
}

static void start(struct ss_cache *cache) {
    struct ss_walk *walk = ss_new(sizeof(*walk));
    *walk = (struct ss_walk){.cache = cache};
    walk->work.data = walk;
    cache->evicting = true;
    cache->jobs++;
    uv_queue_work(cache->loop, &walk->work, run, after);
}

void ss_cache_count(struct ss_cache *cache, void (*local)(void *context, const struct ss_sha256 *sha256), void *context) {
    struct ss_walk walk = {.cache = cache, .local = local, .context = context};
    walk_all(&walk);
    cache->bytes = walk.bytes;
    free(walk.files);
}

void ss_cache_added(struct ss_cache *cache, uint64_t size) {
    cache->bytes += size;
    cache->added += cache->evicting ? size : 0;
    if (cache->bytes > cache->max_bytes && !cache->evicting) {
        start(cache);
    }
}
