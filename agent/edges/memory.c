// SPDX-License-Identifier: Apache-2.0
#include "edges/memory.h"

#include "edges/log.h"

#include <stdlib.h>
#include <string.h>

void *ss_new(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        ss_log("out of memory; what was acknowledged is safe on the disk");
        abort();
    }
    return memory;
}

char *ss_copy_text(const void *text, size_t len) {
    char *copy = ss_new(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}
