// SPDX-License-Identifier: Apache-2.0
#include "gltf/left_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/command.h"

struct ss_left_out {
    const char *what;
    size_t count;
    char first[64];
    UT_hash_handle hh;
};

void ss_left_out_add(struct ss_left_out **list, const char *what, const char *name, size_t size) {
    struct ss_left_out *left_out;
    HASH_FIND_STR(*list, what, left_out);
    if (!left_out) {
        left_out = ss_memory(calloc(1, sizeof *left_out));
        left_out->what = what;
        snprintf(left_out->first, sizeof left_out->first, "%.*s", (int)size, name ? name : "");
        HASH_ADD_KEYPTR(hh, *list, left_out->what, strlen(left_out->what), left_out);
    }
    left_out->count++;
}

void ss_left_out_finish(struct ss_left_out **list) {
    struct ss_left_out *each, *next;
    HASH_ITER(hh, *list, each, next) {
        ss_fail("%zu %s: %s%s", each->count, each->what, each->first, each->count > 1 ? ", …" : "");
        HASH_DEL(*list, each);
        free(each);
    }
}
