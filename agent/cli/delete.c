// SPDX-License-Identifier: Apache-2.0
#include "cli/edit.h"
#include "cli/replica.h"

static int run(struct ss_cli *cli) {
    const char *kind, *text;
    if (!ss_split_target(cli->arguments[1], &kind, &text)) {
        return ss_usage(cli->command, "expected KIND/ID or KIND/NAME, as in light/Lamp");
    }
    static const uint8_t yes[] = {0xc3};
    struct ss_replica replica = {0};
    struct ss_assignments deleted = {.kind = kind};
    int status = SS_EXIT_FAILED;
    ss_assignments_add(&deleted, "deleted", (struct scenesync_bytes){yes, sizeof yes});
    if (ss_replica_load(cli, cli->arguments[0], kind, false, &replica)) {
        const struct ss_known *entity = ss_replica_resolve(&replica, kind, text);
        status = entity ? ss_edit(cli, &entity->id, &deleted, 1) : status;
    }
    ss_assignments_finish(&deleted);
    ss_replica_finish(&replica);
    return status;
}

const struct ss_command ss_command_delete = {
    .name = "delete",
    .usage = "delete SCENE KIND/ID-OR-NAME",
    .help =
        "Deletes an entity and returns when that is durable. Deleting is an edit: `scenesync set … deleted=false` with the id brings it back.\n",
    .least = 2,
    .most = 2,
    .run = run,
};
