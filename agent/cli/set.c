// SPDX-License-Identifier: Apache-2.0
#include "cli/edit.h"
#include "cli/replica.h"

static int run(struct ss_cli *cli) {
    const char *kind, *text;
    if (!ss_split_target(cli->arguments[1], &kind, &text)) {
        return ss_usage(cli->command, "expected KIND/ID or KIND/NAME, as in light/Lamp");
    }
    struct ss_assignments assignments;
    int status = ss_assignments_read(cli, kind, cli->count - 2, cli->arguments + 2, &assignments);
    status = status == SS_EXIT_OK ? ss_edit_named(cli, text, &assignments) : status;
    ss_assignments_finish(&assignments);
    return status;
}

const struct ss_command ss_command_set = {
    .name = "set",
    .usage = "set SCENE KIND/ID-OR-NAME FIELD=JSON…",
    .help =
        "Sets fields of an entity and returns when the edit is durable: `scenesync set demo transform/Cube 'location=[0, 0, 2]'`.\n"
        "null removes a field that the entity can do without. Values are checked against the schema (docs/protocol.md lists every field); --force sets fields and words that this\n"
        "version does not know, and an object that hangs on itself. Text needs its double quotes: 'name=\"Lamp\"'. --json prints {kind, id}.\n",
    .least = 3,
    .most = -1,
    .run = run,
};
