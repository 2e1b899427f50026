// SPDX-License-Identifier: Apache-2.0
#include "util/alloc.h"

#include <stdlib.h>

static void *resize(void *context, void *memory, size_t size) {
    (void)context;
    if (size > 0) {
        return realloc(memory, size);
    }
    free(memory);
    return NULL;
}

const struct ss_alloc ss_heap = {resize, NULL};
