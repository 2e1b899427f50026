// SPDX-License-Identifier: Apache-2.0
// Keeps the cache below its size by forgetting what the store has and what was used least recently.
#ifndef SS_EDGES_EVICT_H
#define SS_EDGES_EVICT_H

#include "edges/cache.h"

// ss_cache_count goes through the folders: forgets what an earlier life left half done, adds up the rest, and tells of each file that the store
// does not have yet. To be called before anything is served.
void ss_cache_count(struct ss_cache *cache, void (*local)(void *context, const struct ss_sha256 *sha256), void *context);

// ss_cache_added counts a new file and begins to forget old ones when there are too many bytes.
void ss_cache_added(struct ss_cache *cache, uint64_t size);

#endif
