// SPDX-License-Identifier: Apache-2.0
// A hash table of numbers: the caller keeps the things, numbered from 0, and the table finds the number of one.
// (uthash costs 56 bytes a thing and its memory cannot be denied; this costs 8.)
#ifndef SS_UTIL_INDEX_H
#define SS_UTIL_INDEX_H

#include "util/alloc.h"
#include "util/types.h"

#define SS_INDEX_NONE UINT32_MAX

struct ss_index_slot {
    uint32_t number; // plus 1; 0: free
    uint32_t hash;   // the upper half of the thing's hash
};

struct ss_index {
    struct ss_index_slot *slots;
    size_t capacity; // a power of two, or 0
    size_t count;
};

// ss_index_same tells whether the thing `number` is the one that `key` describes.
typedef bool ss_index_same(const void *context, uint32_t number, const void *key);

// ss_index_find returns the number of the thing, or SS_INDEX_NONE.
uint32_t ss_index_find(const struct ss_index *index, uint64_t hash, ss_index_same *same, const void *context, const void *key);

// ss_index_room makes room for `more` things. Errors: false when memory is denied.
bool ss_index_room(struct ss_index *index, const struct ss_alloc *alloc, size_t more);

// ss_index_add adds a number for which room was made.
void ss_index_add(struct ss_index *index, uint64_t hash, uint32_t number);
void ss_index_finish(struct ss_index *index, const struct ss_alloc *alloc);

#endif
