// SPDX-License-Identifier: Apache-2.0
// The content cache: CACHE/<first 2 hex>/<64 hex>. A file's mode says what is known of it, so that it survives with the file:
//   0600  handed over by a client here and not in the store yet: never forgotten, and uploaded when the agent starts
//   0440  downloaded, perhaps not on the disk yet: thrown away when the agent starts
//   0400  in the store and on the disk: may be forgotten when the cache is full
#ifndef SS_EDGES_CACHE_H
#define SS_EDGES_CACHE_H

#include "util/types.h"

#include <limits.h>
#include <uv.h>

enum { SS_MODE_LOCAL = 0600, SS_MODE_FRESH = 0440, SS_MODE_STORED = 0400 };

struct ss_cache_job;

struct ss_cache {
    uv_loop_t *loop;
    char folder[PATH_MAX];
    char incoming[PATH_MAX];
    uint64_t max_bytes;
    uint64_t bytes;               // as far as counted
    uint64_t added;               // of these, while it was looked what to forget: perhaps not seen then
    struct ss_cache_job *to_sync; // verified, waiting for the disk
    bool syncing, evicting;
    int jobs; // on the thread pool
};

// Tells on the loop that a file is in the cache, or why not (`problem` is for people).
typedef void ss_cache_done(void *context, const char *problem);

// ss_cache_init makes the folders; ss_cache_count (evict.h) is to follow. Returns false after saying why.
bool ss_cache_init(struct ss_cache *cache, uv_loop_t *loop, const char *folder, const char *incoming, uint64_t max_bytes);

void ss_cache_path(const struct ss_cache *cache, const struct ss_sha256 *sha256, const char *suffix, char path[PATH_MAX]);

// ss_cache_has tells whether a blob is there and, when it is, its size; it counts as used.
bool ss_cache_has(const struct ss_cache *cache, const struct ss_sha256 *sha256, uint64_t *size);

// ss_cache_adopt verifies a file of the incoming folder on the thread pool and says so, has it fsynced together with others, and renames it.
void ss_cache_adopt(struct ss_cache *cache, const char *path, const struct ss_sha256 *sha256, uint64_t size, ss_cache_done *verified,
                    ss_cache_done *done, void *context);

// ss_cache_keep makes a verified `.part` the blob; it is fsynced later, by itself. Returns false when it cannot be renamed.
bool ss_cache_keep(struct ss_cache *cache, const struct ss_sha256 *sha256);

// ss_cache_stored says that the store has it: it may be forgotten from now on.
void ss_cache_stored(struct ss_cache *cache, const struct ss_sha256 *sha256);

#endif
