// SPDX-License-Identifier: Apache-2.0
// Items in a row that grow up to a maximum. Room is made first and may be denied; what is then added cannot fail.
#ifndef SS_UTIL_ARRAY_H
#define SS_UTIL_ARRAY_H

#include "util/alloc.h"
#include "util/types.h"

// SS_ARRAY declares an array of `type`; zeroed it is empty.
#define SS_ARRAY(type)   \
    struct {             \
        type *items;     \
        size_t count;    \
        size_t capacity; \
    }

// ss_array_room makes room for `more` items beyond `array->count`, at most `max` in all.
// Errors: false beyond the maximum or when memory is denied; the array is then as it was.
#define ss_array_room(array, alloc, more, max) \
    ss_array_grow((alloc), (void **)&(array)->items, &(array)->capacity, (array)->count, (more), (max), sizeof *(array)->items)

// ss_array_push adds an item for which room was made.
#define ss_array_push(array, ...) ((array)->items[(array)->count++] = (__VA_ARGS__))

#define ss_array_finish(array, alloc) ss_array_release((alloc), (void **)&(array)->items, &(array)->count, &(array)->capacity)

bool ss_array_grow(const struct ss_alloc *alloc, void **items, size_t *capacity, size_t count, size_t more, size_t max, size_t size);
void ss_array_release(const struct ss_alloc *alloc, void **items, size_t *count, size_t *capacity);

#endif
