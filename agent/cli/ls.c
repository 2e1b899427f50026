// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

#include <string.h>

struct listing {
    const struct ss_cli *cli;
    const struct ss_replica *replica;
    const char *kind;
    size_t count;
};

static void list(void *context, const struct ss_known *entity) {
    struct listing *listing = context;
    bool other = listing->kind && strcmp(listing->kind, entity->kind) != 0;
    if (other || ss_replica_is_orphan(listing->replica, entity)) {
        return;
    }
    if (listing->cli->json) {
        fputs(listing->count > 0 ? ", " : "", stdout);
        ss_print_object(stdout, listing->replica, entity, false);
    } else {
        ss_print_heading(stdout, listing->replica, entity);
        fputc('\n', stdout);
    }
    listing->count++;
}

static int run(struct ss_cli *cli) {
    struct ss_replica replica = {0};
    const char *kind = cli->count > 1 ? cli->arguments[1] : NULL;
    bool ok = ss_replica_load(cli, cli->arguments[0], kind, false, &replica);
    if (ok) {
        struct listing listing = {cli, &replica, kind, 0};
        fputs(cli->json ? "[" : "", stdout);
        ss_replica_each(&replica, list, &listing);
        fputs(cli->json ? "]\n" : "", stdout);
        if (kind && listing.count == 0 && !ss_schema_kind(kind, strlen(kind))) {
            ss_fail("%s: this version knows no such kind, and the scene has none", kind);
            ok = false;
        }
    }
    ss_replica_finish(&replica);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

const struct ss_command ss_command_ls = {
    .name = "ls",
    .usage = "ls SCENE [KIND] [--json]",
    .help = "Lists what is in a scene, or what of one kind is: KIND/ID and the name.\n",
    .least = 1,
    .most = 2,
    .run = run,
};
