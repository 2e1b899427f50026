// SPDX-License-Identifier: Apache-2.0
#include "cli/edit.h"
#include "cli/replica.h"

static int apply(struct ss_cli *cli, const char *kind, const char *text, const struct ss_assignments *assignments) {
    struct ss_replica replica = {0};
    int status = SS_EXIT_FAILED;
    if (ss_replica_load(cli, cli->arguments[0], kind, false, &replica)) {
        const struct ss_known *entity = ss_replica_resolve(&replica, kind, text);
        status = entity ? ss_edit(cli, &entity->id, assignments, 1) : status;
    }
    ss_replica_finish(&replica);
    return status;
}

static int run(struct ss_cli *cli) {
    const char *kind, *text;
    if (!ss_split_target(cli->arguments[1], &kind, &text)) {
        return ss_usage(cli->command, "expected KIND/ID or KIND/NAME, as in light/Lamp");
    }
    struct ss_assignments assignments;
    int status = ss_assignments_read(cli, kind, cli->count - 2, cli->arguments + 2, &assignments);
    status = status == SS_EXIT_OK ? apply(cli, kind, text, &assignments) : status;
    ss_assignments_finish(&assignments);
    return status;
}

const struct ss_command ss_command_set = {
    .name = "set",
    .usage = "set SCENE KIND/ID-OR-NAME FIELD=JSON…",
    .help =
        "Sets fields of an entity and returns when the edit is durable: `scenesync set demo transform/Cube 'location=[0, 0, 2]'`.\n"
        "null removes a field that the entity can do without. Values are checked against the schema (docs/protocol.md lists every field); --force sets fields and words that this\n"
        "version does not know. Text needs its double quotes: 'name=\"Lamp\"'.\n",
    .least = 3,
    .most = -1,
    .run = run,
};
