// SPDX-License-Identifier: Apache-2.0
#include "util/array.h"

bool ss_array_grow(const struct ss_alloc *alloc, void **items, size_t *capacity, size_t count, size_t more, size_t max, size_t size) {
    if (more <= *capacity - count)
        return true;
    if (count > max || more > max - count)
        return false;
    size_t wanted = *capacity + *capacity / 2 + 4;
    wanted = wanted < count + more ? count + more : wanted;
    wanted = wanted > max ? max : wanted;
    if (wanted > SIZE_MAX / size)
        return false;
    void *grown = alloc->resize(alloc->context, *items, wanted * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

void ss_array_release(const struct ss_alloc *alloc, void **items, size_t *count, size_t *capacity) {
    ss_alloc_free(alloc, *items);
    *items = NULL;
    *count = 0;
    *capacity = 0;
}
