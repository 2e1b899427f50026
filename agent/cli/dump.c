// SPDX-License-Identifier: Apache-2.0
#include "cli/dump.h"

// One line per field, so that `diff` of two dumps shows what differs; an entity without fields is not there at all.
static void dump_entity(void *context, const struct ss_known *entity) {
    char id[37];
    scenesync_uuid_format(&entity->id, id);
    for (size_t i = 0; i < entity->count; i++) {
        fprintf(context, "%s/%s ", entity->kind, id);
        ss_print_field(context, entity->kind, &entity->fields[i]);
        fputc('\n', context);
    }
}

void ss_dump(FILE *out, const struct ss_replica *replica) { ss_replica_each(replica, dump_entity, out); }

struct listing {
    const struct ss_replica *replica;
    bool later;
};

static void dump_object(void *context, const struct ss_known *entity) {
    struct listing *listing = context;
    fputs(listing->later ? ",\n" : "\n", stdout);
    ss_print_object(stdout, listing->replica, entity, true);
    listing->later = true;
}

static int run(struct ss_cli *cli) {
    struct ss_replica replica = {0};
    bool ok = ss_replica_load(cli, cli->arguments[0], NULL, true, &replica);
    if (ok && cli->json) {
        struct listing listing = {&replica, false};
        fputc('[', stdout);
        ss_replica_each(&replica, dump_object, &listing);
        fputs(listing.later ? "\n]\n" : "]\n", stdout);
    } else if (ok) {
        ss_dump(stdout, &replica);
    }
    ss_replica_finish(&replica);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

const struct ss_command ss_command_dump = {
    .name = "dump",
    .usage = "dump SCENE [--json]",
    .help = "Prints all that is in a scene, one field a line, sorted: equal copies give equal text.\n",
    .least = 1,
    .most = 1,
    .run = run,
};
