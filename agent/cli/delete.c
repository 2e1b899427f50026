// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/edit.h"
#include "cli/replica.h"

static int run(struct ss_cli *cli) {
    const char *kind, *text;
    if (!ss_split_target(cli->arguments[1], &kind, &text)) {
        return ss_usage(cli->command, "expected KIND/ID or KIND/NAME, as in light/Lamp");
    }
    if (strcmp(kind, "transform") == 0) {
        return ss_usage(cli->command, "a transform goes with its object: delete object/%s", text);
    }
    static const uint8_t yes[] = {0xc3};
    struct ss_assignments deleted = {.kind = kind};
    ss_assignments_add(&deleted, "deleted", (struct scenesync_bytes){yes, sizeof yes});
    int status = ss_edit_named(cli, text, &deleted);
    ss_assignments_finish(&deleted);
    return status;
}

const struct ss_command ss_command_delete = {
    .name = "delete",
    .usage = "delete SCENE KIND/ID-OR-NAME",
    .help =
        "Deletes an entity and returns when that is durable. Deleting is an edit: `scenesync set SCENE KIND/ID deleted=false` brings it back.\n"
        "--json prints {kind, id}.\n",
    .least = 2,
    .most = 2,
    .run = run,
};
