// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "scenesync_schema.h"

static void print_arguments(const struct ss_command *command) {
    for (int number = 1; number <= 2; number++) {
        const char *word = ss_command_argument(command, number);
        if (strncmp(word, "SCENE", 5) == 0) {
            printf("        %d,%s) words=$(\"${COMP_WORDS[0]}\" scenes --wait 1 2>/dev/null | cut -d : -f 1) ;;\n", number + 1,
                   command->name);
        } else if (strncmp(word, "KIND", 4) == 0) {
            printf("        %d,%s) words=$kinds ;;\n", number + 1, command->name);
        }
    }
}

static void print_kinds(void) {
    size_t count;
    const struct ss_schema_kind *kinds = ss_schema_kinds(&count);
    fputs("    local kinds=\"", stdout);
    for (size_t i = 0; i < count; i++) {
        printf(i > 0 ? " %s" : "%s", kinds[i].name);
    }
    fputs("\"\n", stdout);
}

static int run(struct ss_cli *cli) {
    (void)cli;
    fputs("# bash completion for scenesync; in zsh after `autoload bashcompinit && bashcompinit`\n"
          "_scenesync() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words=''\n",
          stdout);
    print_kinds();
    fputs("    case $COMP_CWORD,${COMP_WORDS[1]} in\n        1,*) words='", stdout);
    for (const struct ss_command *const *command = ss_commands; *command; command++) {
        printf("%s ", (*command)->name);
    }
    fputs("--help' ;;\n", stdout);
    for (const struct ss_command *const *command = ss_commands; *command; command++) {
        print_arguments(*command);
    }
    fputs(
        "    esac\n"
        "    if [ \"$COMP_CWORD\" -gt 1 ] && [[ $word == -* ]]; then\n"
        "        words=$({ echo --help; \"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" --help 2>/dev/null; } | grep -Eo -- '--[a-z]+(-[a-z]+)*' | sort -u)\n"
        "    fi\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
        "}\n"
        "complete -o default -F _scenesync scenesync\n",
        stdout);
    return SS_EXIT_OK;
}

const struct ss_command ss_command_completion = {
    .name = "completion",
    .usage = "completion",
    .help = "Prints what makes bash complete commands, options, scenes and kinds: `. <(scenesync completion)`, in ~/.bashrc.\n",
    .least = 0,
    .most = 0,
    .run = run,
};
