// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cli/dump.h"

static void print_digest(const struct ss_cli *cli, const struct ss_replica *replica) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = ss_memory(open_memstream(&text, &size));
    ss_dump(memory, replica);
    fclose(memory);
    struct scenesync_sha256 sha256;
    scenesync_sha256(ss_memory(text), size, &sha256);
    fputs(cli->json ? "{\"digest\": \"" : "", stdout);
    for (size_t i = 0; i < sizeof sha256.b; i++) {
        printf("%02x", sha256.b[i]);
    }
    fputs(cli->json ? "\"}\n" : "\n", stdout);
    free(text);
}

static int run(struct ss_cli *cli) {
    struct ss_replica replica = {0};
    bool ok = ss_replica_load(cli, cli->arguments[0], NULL, true, &replica);
    if (ok) {
        print_digest(cli, &replica);
    }
    ss_replica_finish(&replica);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

const struct ss_command ss_command_digest = {
    .name = "digest",
    .usage = "digest SCENE [--json]",
    .help = "Prints the SHA-256 of what `scenesync dump SCENE` prints: two agents that know the same print the same.\n",
    .least = 1,
    .most = 1,
    .run = run,
};
