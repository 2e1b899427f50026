// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

static int show(const struct ss_cli *cli, const struct ss_replica *replica, const struct ss_known *entity) {
    if (cli->json) {
        ss_print_object(stdout, replica, entity, true);
        fputc('\n', stdout);
        return SS_EXIT_OK;
    }
    ss_print_heading(stdout, replica, entity);
    fputc('\n', stdout);
    for (size_t i = 0; i < entity->count; i++) {
        fputs("  ", stdout);
        ss_print_field(stdout, entity->kind, &entity->fields[i]);
        fputc('\n', stdout);
    }
    return SS_EXIT_OK;
}

static int run(struct ss_cli *cli) {
    const char *kind, *text;
    if (!ss_split_target(cli->arguments[1], &kind, &text)) {
        return ss_usage(cli->command, "expected KIND/ID or KIND/NAME, as in light/Lamp");
    }
    struct ss_replica replica = {0};
    int status = SS_EXIT_FAILED;
    if (ss_replica_load(cli, cli->arguments[0], kind, true, &replica)) {
        const struct ss_known *entity = ss_replica_resolve(&replica, kind, text);
        status = entity ? show(cli, &replica, entity) : status;
    }
    ss_replica_finish(&replica);
    return status;
}

const struct ss_command ss_command_get = {
    .name = "get",
    .usage = "get SCENE KIND/ID-OR-NAME [--json]",
    .help =
        "Prints an entity's fields, as in `scenesync get demo transform/Cube`. With --json: {kind, id, name, fields}.\n"
        "References are UUIDs; bytes, arrays and unusual numbers are {\"$bin\": hex}, {\"$ext\": [type, hex]} and {\"$float\": word}.\n",
    .least = 2,
    .most = 2,
    .run = run,
};
