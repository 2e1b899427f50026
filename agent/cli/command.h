// SPDX-License-Identifier: Apache-2.0
// What subcommands share: options, a connection, reporting.
#ifndef SS_CLI_COMMAND_H
#define SS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "scenesync/scenesync.h"

enum { SS_EXIT_OK = 0, SS_EXIT_FAILED = 1, SS_EXIT_USAGE = 2 };

struct ss_cli {
    const struct ss_command *command;
    bool json;          // --json
    bool force;         // --force: set what this version does not know
    bool help;          // --help
    bool once;          // --once: top shows one look
    const char *socket; // --socket PATH, or NULL
    const char *output; // -o FILE, or NULL
    const char *scene;  // --scene NAME, or NULL: where replay plays
    double speed;       // --speed N: of replay
    double from, to;    // --from and --to SECONDS: of replay
    int timeout_ms;     // --wait SECONDS
    int count;          // what is left of the arguments
    char **arguments;
    struct scenesync *client;
};

// ss_command is one subcommand: how it is called, what it says for --help, and its function, which returns the exit status: `run`, or `main` of
// one that takes its words, its own name first, and has options and a --help of its own.
struct ss_command {
    const char *name;
    const char *usage;
    const char *help;
    int least, most; // arguments; most < 0: any number
    int (*run)(struct ss_cli *cli);
    int (*main)(int count, char **words);
};

extern const struct ss_command ss_command_status, ss_command_scenes, ss_command_ls, ss_command_get, ss_command_set, ss_command_create,
    ss_command_delete, ss_command_watch, ss_command_dump, ss_command_digest, ss_command_blob, ss_command_tree, ss_command_top,
    ss_command_completion, ss_command_manual;

// ss_commands is all of them, ending with NULL (daemon/main.c).
extern const struct ss_command *const ss_commands[];

// What the overview and the manual say of scenes, and of every command's options.
extern const char ss_about[], ss_options_help[];

// ss_fail prints a line "scenesync: …" on stderr, control characters in it as `?`, and returns SS_EXIT_FAILED; ss_usage says what
// is wrong with a call, and how the command is called, and returns SS_EXIT_USAGE.
__attribute__((format(printf, 1, 2))) int ss_fail(const char *format, ...);
__attribute__((format(printf, 2, 3))) int ss_usage(const struct ss_command *command, const char *format, ...);

// ss_command_argument is the usage from its argument of that number on, which begins with a word such as SCENE or KIND; empty: it has none.
const char *ss_command_argument(const struct ss_command *command, int number);

// ss_cli_check reports a failed call of the client library. Returns true when `error` is none.
bool ss_cli_check(const struct ss_cli *cli, int error);

// ss_cli_open connects to the agent; ss_cli_join also joins a scene for editing only. What fails is reported.
bool ss_cli_open(struct ss_cli *cli);
bool ss_cli_join(struct ss_cli *cli, const char *scene);

// ss_memory ends the program when an allocation was denied, else returns it.
void *ss_memory(void *memory);

#endif
