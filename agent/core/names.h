// SPDX-License-Identifier: Apache-2.0
// Names of fields and kinds, each kept once and then called by its number.
#ifndef SS_CORE_NAMES_H
#define SS_CORE_NAMES_H

#include "util/array.h"
#include "util/index.h"

#define SS_NONE UINT32_MAX

struct ss_name {
    uint8_t *text;
    uint32_t len;
    uint32_t parent; // the path above it: `nodes/1` of `nodes/1/name`; SS_NONE at the top
    uint8_t part;    // the topic level <hh> that an entity in parts keeps this field in
};

struct ss_names {
    const struct ss_alloc *alloc;
    uint64_t seed;
    SS_ARRAY(struct ss_name) all;
    struct ss_index index;
};

// ss_names_intern returns the number of a name, making it (and the paths above it) when it is new. Errors: SS_NONE when memory is denied.
uint32_t ss_names_intern(struct ss_names *names, struct ss_slice text);

// ss_names_find returns SS_NONE for a name that nobody used yet.
uint32_t ss_names_find(const struct ss_names *names, struct ss_slice text);
struct ss_slice ss_names_text(const struct ss_names *names, uint32_t name);

// ss_names_compare orders by text.
int ss_names_compare(const struct ss_names *names, uint32_t a, uint32_t b);
void ss_names_finish(struct ss_names *names);

#endif
