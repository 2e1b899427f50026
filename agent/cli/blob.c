// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static int put(struct ss_cli *cli) {
    struct scenesync_sha256 sha256;
    uint64_t size;
    if (!ss_cli_open(cli) ||
        !ss_cli_check(cli, scenesync_blob_put(cli->client, cli->arguments[1], NULL, &sha256, &size, cli->timeout_ms))) {
        return SS_EXIT_FAILED;
    }
    fputs(cli->json ? "{\"sha256\": \"" : "", stdout);
    for (size_t i = 0; i < sizeof sha256.b; i++) {
        printf("%02x", sha256.b[i]);
    }
    printf(cli->json ? "\", \"size\": %" PRIu64 "}\n" : "\n", size);
    return SS_EXIT_OK;
}

static bool parse_sha256(const char *text, struct scenesync_sha256 *sha256) {
    for (size_t i = 0; i < sizeof sha256->b; i++) {
        char pair[3] = {text[2 * i], text[2 * i] ? text[2 * i + 1] : '\0', '\0'}, *end;
        sha256->b[i] = (uint8_t)strtoul(pair, &end, 16);
        if (end != pair + 2 || strspn(pair, "0123456789abcdefABCDEF") != 2) {
            return false;
        }
    }
    return text[2 * sizeof sha256->b] == '\0';
}

static bool copy(FILE *from, FILE *to) {
    static char chunk[65536];
    size_t len;
    while ((len = fread(chunk, 1, sizeof chunk, from)) > 0) {
        if (fwrite(chunk, 1, len, to) != len) {
            return false;
        }
    }
    return !ferror(from);
}

static int show(const char *path) {
    FILE *from = fopen(path, "rb");
    bool ok = from && copy(from, stdout);
    int status = ok ? SS_EXIT_OK : ss_fail("%s: %s", path, strerror(errno));
    if (from) {
        fclose(from);
    }
    return status;
}

// Written beside its name and renamed, so that nobody finds half a file.
static int save(const char *path, const char *output) {
    size_t size = strlen(output) + 8;
    char *temporary = ss_memory(malloc(size));
    snprintf(temporary, size, "%s.part", output);
    FILE *from = fopen(path, "rb"), *to = from ? fopen(temporary, "wb") : NULL;
    bool ok = from && to && copy(from, to);
    ok = (!to || fclose(to) == 0) && ok;
    ok = ok && rename(temporary, output) == 0;
    int status = ok ? SS_EXIT_OK : ss_fail("%s: %s", from ? output : path, strerror(errno));
    if (!ok && to) {
        unlink(temporary);
    }
    if (from) {
        fclose(from);
    }
    free(temporary);
    return status;
}

static int get(struct ss_cli *cli) {
    struct scenesync_sha256 sha256;
    char path[4097];
    if (!parse_sha256(cli->arguments[1], &sha256)) {
        return ss_usage(cli->command, "a blob is named by the 64 hexadecimal digits of its SHA-256");
    }
    if (!cli->output) {
        return ss_usage(cli->command, "-o FILE is missing: where is the blob to go?");
    }
    if (!ss_cli_open(cli) || !ss_cli_check(cli, scenesync_blob_get(cli->client, &sha256, path, sizeof path, cli->timeout_ms))) {
        return SS_EXIT_FAILED;
    }
    if (strcmp(cli->output, "-") == 0) {
        return show(path);
    }
    int status = save(path, cli->output);
    if (status == SS_EXIT_OK && cli->json) {
        printf("{\"sha256\": \"%s\"}\n", cli->arguments[1]);
    }
    return status;
}

static int run(struct ss_cli *cli) {
    const char *word = cli->arguments[0];
    bool puts = strcmp(word, "put") == 0;
    if (!puts && strcmp(word, "get") != 0) {
        return ss_usage(cli->command, "expected put or get, not `%s`", word);
    }
    if (cli->count < 2) {
        return ss_usage(cli->command, "%s is missing", puts ? "FILE" : "SHA256");
    }
    return puts ? put(cli) : get(cli);
}

const struct ss_command ss_command_blob = {
    .name = "blob",
    .usage = "blob put FILE | blob get SHA256 -o FILE",
    .help =
        "put: gives a file to the agent and prints its SHA-256, the name by which values refer to it. From then on the agent has it safely and\n"
        "brings it to the asset store, whenever that is there. get: fetches the bytes of that name, from the cache or the asset store, into FILE\n"
        "(-: to standard output).\n",
    .least = 1,
    .most = 2,
    .run = run,
};
