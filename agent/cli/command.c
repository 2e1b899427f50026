// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"

enum { TEXT = 8192 };

static void compose(char text[TEXT], const char *format, va_list arguments) {
    vsnprintf(text, TEXT, format, arguments);
    ss_text_tame(text);
}

int ss_fail(const char *format, ...) {
    char text[TEXT];
    va_list arguments;
    va_start(arguments, format);
    compose(text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "scenesync: %s\n", text);
    return SS_EXIT_FAILED;
}

int ss_usage(const struct ss_command *command, const char *format, ...) {
    char text[TEXT];
    va_list arguments;
    va_start(arguments, format);
    compose(text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "scenesync %s: %s\nusage: scenesync %s\n`scenesync %s --help` says more.\n", command->name, text, command->usage,
            command->name);
    return SS_EXIT_USAGE;
}

const char *ss_command_argument(const struct ss_command *command, int number) {
    const char *at = strchr(command->usage, ' ');
    while (at && number-- > 1) {
        at = strchr(at + 1, ' ');
    }
    return at ? at + 1 + (at[1] == '[') : "";
}

bool ss_cli_check(const struct ss_cli *cli, int error) {
    if (error) {
        const char *problem = cli->client ? scenesync_problem(cli->client) : "";
        ss_fail("%s", *problem ? problem : scenesync_error_text(error));
    }
    return !error;
}

bool ss_cli_open(struct ss_cli *cli) {
    struct scenesync_options options = {.socket = cli->socket, .app = "scenesync", .role = SCENESYNC_TOOL};
    return ss_cli_check(cli, scenesync_open(&cli->client, &options, cli->timeout_ms));
}

bool ss_cli_join(struct ss_cli *cli, const char *scene) {
    return ss_cli_open(cli) && ss_cli_check(cli, scenesync_join(cli->client, scene, NULL, 0, false, cli->timeout_ms));
}

void *ss_memory(void *memory) {
    if (!memory) {
        exit(ss_fail("memory was denied"));
    }
    return memory;
}
