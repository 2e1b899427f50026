// SPDX-License-Identifier: Apache-2.0
// Reads a message of …/set, which anybody may have written: {"fields": {name: value}, "call"?: text}.
#ifndef SS_BRIDGE_UPDATE_READ_H
#define SS_BRIDGE_UPDATE_READ_H

#include "cli/edit.h"
#include "util/types.h"

enum { SS_UPDATE_FIELDS = 1024 };

struct ss_update_wrong {
    const char *error; // a word
    char field[256];   // empty: none in particular
    char text[640];    // what, where and what to do
};

struct ss_update_read {
    struct ss_assignments fields;
    char call[65]; // empty: none
    struct cJSON *json;
};

// ss_update_read reads and checks it against the schema. `update` is to be finished in any case, and its `call` is told in the answer.
// Errors: false with `wrong` filled.
bool ss_update_read(const char *kind, struct ss_slice payload, struct ss_update_read *update, struct ss_update_wrong *wrong);
void ss_update_read_finish(struct ss_update_read *update);

// ss_update_wrong fills `wrong` and returns false.
__attribute__((format(printf, 4, 5))) bool ss_update_wrong(struct ss_update_wrong *wrong, const char *error, const char *field,
                                                           const char *format, ...);

#endif
