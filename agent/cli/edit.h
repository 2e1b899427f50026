// SPDX-License-Identifier: Apache-2.0
// FIELD=JSON arguments made into an edit that is acknowledged before the command ends.
#ifndef SS_CLI_EDIT_H
#define SS_CLI_EDIT_H

#include "cli/json.h"

// ss_assignments is the fields of one entity: names point into the arguments, values into the writer.
struct ss_assignments {
    const char *kind;
    size_t count;
    struct scenesync_bytes *names;
    struct scenesync_bytes *values;
    struct scenesync_writer *writer;
};

// ss_assignments_read takes FIELD=JSON arguments and checks them. Returns SS_EXIT_OK or the exit status, with the reason on stderr.
int ss_assignments_read(const struct ss_cli *cli, const char *kind, int count, char **arguments, struct ss_assignments *assignments);

// ss_assignments_add adds a field that the command itself sets.
void ss_assignments_add(struct ss_assignments *assignments, const char *name, struct scenesync_bytes value);

// ss_assignments_lack names a field without which a new entity of this kind would be shown by nobody, or is NULL.
const char *ss_assignments_lack(const struct ss_assignments *assignments);

// ss_assignments_place fills in what an object stands at when it is new: the schema's defaults of a transform.
void ss_assignments_place(struct ss_assignments *transform);
void ss_assignments_finish(struct ss_assignments *assignments);

// ss_edit sends the assignments to entities with this UUID in one edit and waits until it is durable; with --json it prints {kind, id} of the
// first. Returns the exit status.
int ss_edit(struct ss_cli *cli, const struct scenesync_uuid *id, const struct ss_assignments *assignments, size_t count);

// ss_edit_named does the same for the entity that is meant by its id or name; what was deleted is found by its id when it is brought back.
int ss_edit_named(struct ss_cli *cli, const char *text, const struct ss_assignments *assignments);

#endif
