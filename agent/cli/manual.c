// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

// Text as roff takes it: a backslash is \e, a hyphen that can be copied \-, and no line begins with a control character.
static void print(const char *text) {
    for (bool begins = true; *text; text++) {
        if (begins && (*text == '.' || *text == '\'')) {
            fputs("\\&", stdout);
        }
        if (*text == '\\' || *text == '-') {
            fputs(*text == '-' ? "\\-" : "\\e", stdout);
        } else {
            fputc(*text, stdout);
        }
        begins = *text == '\n';
    }
}

// What a command with options of its own says of itself, after its first lines, which say how it is called.
static void print_own_help(const struct ss_command *command) {
    char *text = NULL, name[32], help[] = "--help", *words[] = {name, help, NULL};
    size_t size;
    FILE *page = stdout;
    snprintf(name, sizeof name, "%s", command->name);
    stdout = ss_memory(open_memstream(&text, &size));
    command->main(2, words);
    fclose(stdout);
    stdout = page;
    fputs(".nf\n", stdout);
    print(strchr(text, '\n') + 1);
    fputs(".fi\n", stdout);
    free(text);
}

static int run(struct ss_cli *cli) {
    (void)cli;
    fputs(".TH SCENESYNC 1 \"\" scenesync \"User Commands\"\n.SH NAME\nscenesync \\- several people, several Blenders, one scene, live\n"
          ".SH SYNOPSIS\n.B scenesync\n.I COMMAND\n\\&...\n.SH DESCRIPTION\n",
          stdout);
    print(ss_about);
    fputs(".SH COMMANDS\n", stdout);
    for (const struct ss_command *const *command = ss_commands; *command; command++) {
        fputs(".TP\n.B ", stdout);
        print((*command)->usage);
        fputc('\n', stdout);
        (*command)->main ? print_own_help(*command) : print((*command)->help);
    }
    fputs(".SH OPTIONS\n.nf\n", stdout);
    print(ss_options_help);
    fputs(".fi\n.SH ENVIRONMENT\n.TP\n.B SCENESYNC_SOCKET\nThe agent's socket, where \\-\\-socket does not say it.\n", stdout);
    return SS_EXIT_OK;
}

const struct ss_command ss_command_manual = {
    .name = "manual",
    .usage = "manual",
    .help = "Prints this manual as a page for man: `scenesync manual >scenesync.1`, `man ./scenesync.1`.\n",
    .least = 0,
    .most = 0,
    .run = run,
};
