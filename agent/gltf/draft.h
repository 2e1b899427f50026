// SPDX-License-Identifier: Apache-2.0
// An entity that is being put together, field by field, and then sent.
#ifndef SS_GLTF_DRAFT_H
#define SS_GLTF_DRAFT_H

#include "cli/command.h"

struct ss_draft {
    struct ss_cli *cli;
    const char *kind;
    struct scenesync_uuid id;
    struct scenesync_writer *writer;
    struct scenesync_bytes *names; // copies
    struct scenesync_bytes *values;
    size_t count;
};

void ss_draft_begin(struct ss_draft *draft, struct ss_cli *cli, const char *kind, const struct scenesync_uuid *id);

// ss_draft_put makes what was written to `writer` the value of a field. The others write it themselves.
void ss_draft_put(struct ss_draft *draft, const char *name);
void ss_draft_text(struct ss_draft *draft, const char *name, const char *text);
void ss_draft_number(struct ss_draft *draft, const char *name, double number);
void ss_draft_numbers(struct ss_draft *draft, const char *name, const double *numbers, size_t count);
void ss_draft_flag(struct ss_draft *draft, const char *name, bool flag);
void ss_draft_reference(struct ss_draft *draft, const char *name, const struct scenesync_uuid *id);

// ss_draft_send sends it, without waiting for its fate. Errors: false, with the reason on stderr. Finish it in any case.
bool ss_draft_send(struct ss_draft *draft);
void ss_draft_finish(struct ss_draft *draft);

#endif
