// SPDX-License-Identifier: Apache-2.0
// Keeps the cache below its size by forgetting what the store has and what was used least recently.
#ifndef SS_EDGES_EVICT_H
#define SS_EDGES_EVICT_H

#include "edges/cache.h"

// ss_cache_count goes through the folders: forgets what an earlier life left half done, and adds up the rest.
void ss_cache_count(struct ss_cache *cache);

// ss_cache_added counts a new file and begins to forget old ones when there are too many bytes.
void ss_cache_added(struct ss_cache *cache, uint64_t size);

#endif
