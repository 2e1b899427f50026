// SPDX-License-Identifier: Apache-2.0
#include "edges/memory.h"

#include "edges/log.h"

#include <stdlib.h>
#include <string.h>

void ss_out_of_memory(void) {
    ss_log("out of memory; what was acknowledged is safe on the disk");
    abort();
}

static void *or_abort(void *memory) {
    if (memory == NULL) {
        ss_out_of_memory();
    }
    return memory;
}

void *ss_new(size_t size) { return or_abort(calloc(1, size)); }

void *ss_resize(void *memory, size_t size) { return or_abort(realloc(memory, size)); }

char *ss_copy_text(const void *text, size_t len) {
    char *copy = ss_new(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}
