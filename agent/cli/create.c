// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/edit.h"

// Without these it would be kept, but shown by nobody.
static bool is_complete(const struct ss_assignments *assignments) {
    const char *lacks = ss_assignments_lack(assignments);
    if (lacks) {
        ss_fail("%s: a new %s needs it; add '%s=…'", lacks, assignments->kind, lacks);
    }
    return !lacks;
}

static bool choose_id(const char *scene, const char *kind, struct scenesync_uuid *id) {
    const struct ss_schema_kind *known = ss_schema_kind(kind, strlen(kind));
    if (known && known->singleton) {
        scenesync_uuid_singleton(scene, kind, id);
        return true;
    }
    if (!scenesync_uuid_random(id)) {
        ss_fail("the system has no randomness for a new id");
        return false;
    }
    return true;
}

static int create(struct ss_cli *cli, const char *kind, struct ss_assignments assignments[2]) {
    struct scenesync_uuid id;
    size_t count = strcmp(kind, "object") == 0 ? 2 : 1;
    if (!is_complete(&assignments[0]) || !choose_id(cli->arguments[0], kind, &id) || !ss_cli_join(cli, cli->arguments[0])) {
        return SS_EXIT_FAILED;
    }
    if (count == 2) {
        ss_assignments_place(&assignments[1]);
    }
    int status = ss_edit(cli, &id, assignments, count);
    if (status == SS_EXIT_OK && !cli->json) {
        char text[37];
        scenesync_uuid_format(&id, text);
        puts(text);
    }
    return status;
}

static int run(struct ss_cli *cli) {
    const char *kind = cli->arguments[1];
    struct ss_assignments assignments[2] = {0};
    if (strcmp(kind, "transform") == 0) {
        return ss_usage(cli->command, "a transform comes with its object: create an object, then set the fields of transform/NAME");
    }
    int status = ss_assignments_read(cli, kind, cli->count - 2, cli->arguments + 2, &assignments[0]);
    status = status == SS_EXIT_OK ? create(cli, kind, assignments) : status;
    ss_assignments_finish(&assignments[0]);
    ss_assignments_finish(&assignments[1]);
    return status;
}

const struct ss_command ss_command_create = {
    .name = "create",
    .usage = "create SCENE KIND FIELD=JSON…",
    .help = "Makes an entity and prints its id: `scenesync create demo light 'type=\"POINT\"' 'name=\"Lamp\"' energy=100`.\n"
            "An object gets a transform at the origin with it. FIELD=JSON as for `set`.\n",
    .least = 3,
    .most = -1,
    .run = run,
};
