// SPDX-License-Identifier: Apache-2.0
// Where memory comes from, so that a test can deny it.
#ifndef SS_UTIL_ALLOC_H
#define SS_UTIL_ALLOC_H

#include <stddef.h>

// ss_alloc is a source of memory. `resize` acts like realloc (size 0 frees and returns NULL) and may refuse with NULL.
struct ss_alloc {
    void *(*resize)(void *context, void *memory, size_t size);
    void *context;
};

// The C library's.
extern const struct ss_alloc ss_heap;

static inline void *ss_alloc_take(const struct ss_alloc *alloc, size_t size) { return alloc->resize(alloc->context, NULL, size); }

static inline void ss_alloc_free(const struct ss_alloc *alloc, void *memory) {
    if (memory != NULL)
        (void)alloc->resize(alloc->context, memory, 0);
}

#endif
