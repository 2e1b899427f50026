// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"

#include "access/command.h"
#include "cli/command.h"
#include "daemon/config.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGIN                                                                                                                 \
    "  --config FILE         the login of an administrator, or of the scene's owner, whom `scenesync access` serves: lines\n" \
    "                        broker, user, password, ca_file (default: $SCENESYNC_ADMIN)\n"
#define SERVER                \
    "For an administrator:\n" \
    "  --store-users FOLDER  where the store's lists of users are, readers and writers (default: $SCENESYNC_STORE_USERS)\n"
#define PUBLIC                                                                           \
    "  --public-broker URL, --public-store URL, --public-viewer URL, --public-ca FILE\n" \
    "                        what the invited are to use (default: $SCENESYNC_PUBLIC_BROKER, …_STORE, …_VIEWER, …_CA)\n"

static const struct ss_access_command {
    const char *name, *usage, *help;
    int least, most;
    int (*run)(struct ss_access *access);
} COMMANDS[] = {
    {"invite", "invite SCENE --role owner|editor|viewer|bridge [--user NAME] [--expires T] …",
     "Prints a link that lets somebody take part in a scene (* : in every scene): `scenesync join LINK`, or Paste Invitation in Blender.\n"
     "A user who is known keeps the password, which the link then lacks; a new one gets a password that nobody has seen before.\n"
     "  --user NAME           who it is for (default: a name made up)\n"
     "  --expires T           the role ends after that time: 90m, 12h, 7d, 4w (default: never)\n" LOGIN SERVER PUBLIC,
     1, 1, ss_access_change},
    {"revoke", "revoke USER [SCENE] | revoke --expired …",
     "Takes a user's role in a scene, or the user altogether; --expired: everybody's whose time is up. Who is connected is disconnected.\n" LOGIN
         SERVER,
     0, 2, ss_access_change},
    {"who", "who [SCENE] …", "Lists the users, their roles and until when.\n" LOGIN, 0, 1, ss_access_change},
    {"access", "access …",
     "Runs at the server, with an administrator's login, until it is stopped: does what owners of scenes ask (invite, revoke, who), and ends what\n"
     "is over. With both of the first two, nobody fills more of the store than that.\n"
     "  --store-files FOLDER  the store's (default: $SCENESYNC_STORE_FILES)\n"
     "  --store-quota BYTES   what each user may have there, such as 20G (default: $SCENESYNC_STORE_QUOTA)\n" LOGIN SERVER PUBLIC,
     0, 0, ss_access_serve},
    {"join", "join LINK [--data FOLDER]",
     "Writes what an invitation says into FOLDER (default: ~/.local/share/scenesync/invited), and says how to start the agent with it.\n",
     1, 1, ss_access_join},
};
enum { COMMAND_COUNT = sizeof(COMMANDS) / sizeof(COMMANDS[0]) };

static const struct ss_access_command *find(const char *word) {
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(COMMANDS[i].name, word) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}

static const struct ss_access_option {
    const char *name, *variable;
    size_t offset;
} OPTIONS[] = {
    {"config", "SCENESYNC_ADMIN", offsetof(struct ss_access, config)},
    {"role", NULL, offsetof(struct ss_access, role)},
    {"user", NULL, offsetof(struct ss_access, user)},
    {"expires", NULL, offsetof(struct ss_access, expires)},
    {"data", NULL, offsetof(struct ss_access, data)},
    {"public-broker", "SCENESYNC_PUBLIC_BROKER", offsetof(struct ss_access, public_broker)},
    {"public-store", "SCENESYNC_PUBLIC_STORE", offsetof(struct ss_access, public_store)},
    {"public-viewer", "SCENESYNC_PUBLIC_VIEWER", offsetof(struct ss_access, public_viewer)},
    {"public-ca", "SCENESYNC_PUBLIC_CA", offsetof(struct ss_access, ca)},
    {"store-users", "SCENESYNC_STORE_USERS", offsetof(struct ss_access, store_users)},
    {"store-files", "SCENESYNC_STORE_FILES", offsetof(struct ss_access, store_files)},
    {"store-quota", "SCENESYNC_STORE_QUOTA", offsetof(struct ss_access, store_quota)},
};
enum { OPTION_COUNT = sizeof(OPTIONS) / sizeof(OPTIONS[0]), EXPIRED = OPTION_COUNT, HELP, WRONG = 512 };

static const char **value_of(struct ss_access *access, int option) {
    return (const char **)(void *)((char *)access + OPTIONS[option].offset);
}

// Returns false when something is wrong, and says it in `wrong`.
static bool take_options(struct ss_access *access, int count, char **words, bool *help, char wrong[WRONG]) {
    struct option options[OPTION_COUNT + 3] = {{0}};
    for (int i = 0; i < OPTION_COUNT; i++) {
        options[i] = (struct option){OPTIONS[i].name, required_argument, NULL, i};
        const char *set = OPTIONS[i].variable != NULL ? getenv(OPTIONS[i].variable) : NULL;
        *value_of(access, i) = set != NULL && *set != '\0' ? set : NULL;
    }
    options[OPTION_COUNT] = (struct option){"expired", no_argument, NULL, EXPIRED};
    options[OPTION_COUNT + 1] = (struct option){"help", no_argument, NULL, HELP};
    opterr = 0;
    optind = 1; // the manual asks several commands
    for (int option; (option = getopt_long(count, words, ":", options, NULL)) != -1;) {
        if (option == '?' || option == ':') {
            snprintf(wrong, WRONG, option == ':' ? "%s lacks its value" : "%s is no option of this command", words[optind - 1]);
            return false;
        }
        access->expired |= option == EXPIRED;
        *help |= option == HELP;
        if (option < OPTION_COUNT) {
            *value_of(access, option) = optarg;
        }
    }
    access->command = words[0];
    access->count = count - optind;
    access->arguments = words + optind;
    return true;
}

int ss_access_main(int count, char **words) {
    const struct ss_access_command *command = find(words[0]);
    struct ss_access access = {0};
    bool help = false;
    char wrong[WRONG] = "";
    bool ok = take_options(&access, count, words, &help, wrong);
    if (ok && help) {
        printf("usage: scenesync %s\n\n%s", command->usage, command->help);
        return SS_EXIT_OK;
    }
    if (ok && access.count < command->least) {
        snprintf(wrong, WRONG, "an argument is missing");
    } else if (ok && access.count > command->most) {
        snprintf(wrong, WRONG, "%s is one argument too many", access.arguments[command->most]);
    }
    if (wrong[0] != '\0') {
        fprintf(stderr, "scenesync %s: %s\nusage: scenesync %s\n`scenesync %s --help` says more.\n", command->name, wrong, command->usage,
                command->name);
        return SS_EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    return command->run(&access);
}

bool ss_access_read(const struct ss_access *access, struct ss_config *config) {
    char problem[512], *words[] = {"--config", (char *)(uintptr_t)access->config};
    if (access->config == NULL) {
        ss_fail("--config FILE, or SCENESYNC_ADMIN, is to name the login of an administrator or of the scene's owner");
        return false;
    }
    const bool ok = ss_config_read(config, 2, words, false, problem, sizeof(problem));
    if (ok && config->broker != NULL) {
        return true;
    }
    ss_fail("%s: %s", access->config, ok ? "it names no broker" : problem);
    ss_config_finish(config);
    return false;
}
