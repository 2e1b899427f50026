// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

enum { DEFAULT_WAIT_MS = 30000 };

const char ss_about[] =
    "A scene is a shared room, named by a word such as `demo`. In it are entities; each has a kind (object, transform, light, …), a UUID and\n"
    "fields. An object's place is its transform, which has the object's UUID and is found by the object's name too.\n";

const char ss_options_help[] =
    "Options of every command:\n"
    "  --json         print JSON, one document (watch: one a line)\n"
    "  --socket PATH  the agent's socket (default: $SCENESYNC_SOCKET, then $XDG_RUNTIME_DIR/scenesync/agent.sock)\n"
    "  --wait SECONDS how long to wait for the agent (default 30)\n"
    "  --help         this, or what a command does\n"
    "Exit status: 0, 1 when it failed (the reason is on stderr), 2 when it was called wrongly.\n";

static void print_overview(FILE *out) {
    fputs("usage: scenesync COMMAND …\n\n", out);
    fprintf(out, "%s\nCommands:\n", ss_about);
    for (const struct ss_command *const *command = ss_commands; *command; command++) {
        fprintf(out, "  %s\n", (*command)->usage);
    }
    fprintf(out, "\n%s", ss_options_help);
}

static bool take_number(const char *text, double most, double *number) {
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*number) && *number >= 0 && *number <= most;
}

static const char *take_wait(struct ss_cli *cli, const char *text) {
    double seconds;
    bool ok = take_number(text, 86400, &seconds);
    cli->timeout_ms = ok ? (int)(seconds * 1000) : 0;
    return cli->timeout_ms > 0 ? NULL : "--wait takes seconds, 0.001 to 86400";
}

static const char *take_time(const char *text, double *seconds) {
    return take_number(text, 1e9, seconds) ? NULL : "--from and --to take seconds since the recording began";
}

static const char *take_option(struct ss_cli *cli, int letter) {
    switch (letter) {
    case 'j': cli->json = true; return NULL;
    case 'f': cli->force = true; return NULL;
    case 'h': cli->help = true; return NULL;
    case '1': cli->once = true; return NULL;
    case 's': cli->socket = optarg; return NULL;
    case 'o': cli->output = optarg; return NULL;
    case 'w': return take_wait(cli, optarg);
    case 'S': cli->scene = optarg; return NULL;
    case 'v': return take_number(optarg, 1000, &cli->speed) ? NULL : "--speed takes a factor, 0 (do not wait) to 1000";
    case 'F': return take_time(optarg, &cli->from);
    case 'T': return take_time(optarg, &cli->to);
    default: return NULL;
    }
}

// The option that getopt has just stumbled over, as it was written.
static int refuse_option(const struct ss_cli *cli, bool lacks_value, const char *word) {
    const char letter[] = {'-', (char)optopt, '\0'};
    const char *option = optopt && strncmp(word, "--", 2) != 0 ? letter : word;
    return ss_usage(cli->command, lacks_value ? "%s lacks its value" : "%s is no option of this command", option);
}

// Options may stand anywhere among the arguments. Returns SS_EXIT_OK, or the exit status after saying what is wrong.
static int take_options(struct ss_cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},         {"socket", required_argument, NULL, 's'}, {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},         {"force", no_argument, NULL, 'f'},        {"once", no_argument, NULL, '1'},
        {"output", required_argument, NULL, 'o'}, {"scene", required_argument, NULL, 'S'},  {"speed", required_argument, NULL, 'v'},
        {"from", required_argument, NULL, 'F'},   {"to", required_argument, NULL, 'T'},     {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    for (int letter; (letter = getopt_long(argc, argv, ":o:h", options, NULL)) != -1;) {
        if (letter == '?' || letter == ':') {
            return refuse_option(cli, letter == ':', argv[optind - 1]);
        }
        const char *wrong = take_option(cli, letter);
        if (wrong) {
            return ss_usage(cli->command, "%s, not %s", wrong, optarg);
        }
    }
    cli->count = argc - optind;
    cli->arguments = argv + optind;
    return SS_EXIT_OK;
}

static int run(struct ss_cli *cli) {
    const struct ss_command *command = cli->command;
    if (cli->help) {
        printf("usage: scenesync %s\n\n%s\n%s", command->usage, command->help, ss_options_help);
        return SS_EXIT_OK;
    }
    if (cli->count < command->least) {
        const char *missing = ss_command_argument(command, cli->count + 1);
        return ss_usage(command, "%.*s is missing", (int)strcspn(missing, " ]"), missing);
    }
    if (command->most >= 0 && cli->count > command->most) {
        return ss_usage(command, "%s is one argument too many", cli->arguments[command->most]);
    }
    int status = command->run(cli);
    scenesync_close(cli->client);
    if (fflush(stdout) != 0 && status == SS_EXIT_OK) {
        return ss_fail("the output could not be written");
    }
    return status;
}

int ss_cli_main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return SS_EXIT_OK;
    }
    struct ss_cli cli = {.timeout_ms = DEFAULT_WAIT_MS, .speed = 1, .to = INFINITY};
    for (const struct ss_command *const *command = ss_commands; *command; command++) {
        cli.command = strcmp((*command)->name, name) == 0 ? *command : cli.command;
    }
    if (!cli.command && *name) {
        *name == '-' ? ss_fail("options come after the command, as in `scenesync status --json`; %s comes first", name)
                     : ss_fail("there is no command `%s`", name);
        fputs("usage: scenesync COMMAND …\n`scenesync --help` lists the commands.\n", stderr);
        return SS_EXIT_USAGE;
    }
    if (!cli.command) {
        fputs("scenesync: no command given\n", stderr);
        print_overview(stderr);
        return SS_EXIT_USAGE;
    }
    if (cli.command->main) {
        return cli.command->main(argc - 1, argv + 1);
    }
    int status = take_options(&cli, argc - 1, argv + 1);
    return status == SS_EXIT_OK ? run(&cli) : status;
}
