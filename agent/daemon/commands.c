// SPDX-License-Identifier: Apache-2.0
// The table of commands: from it come the overview, the manual and the completion.
#include "cli/command.h"

// Those that main.c runs without this folder; each has a --help of its own.
static const struct ss_command agent = {
    .name = "agent",
    .usage = "agent --data DIR --socket PATH [--broker URL] [--store URL] [--tcp PORT] [--name NAME] [--config FILE]",
    .help = "The daemon that takes part in scenes for the programs of this machine.\n",
};
static const struct ss_command bridge = {
    .name = "bridge",
    .usage = "bridge SCENE… --broker URL [--socket PATH] [--config FILE] [--rate N]",
    .help = "Keeps scenes as readable JSON at the broker, and takes updates in JSON.\n",
};
static const struct ss_command doctor = {
    .name = "doctor",
    .usage = "doctor [--data DIR] [--broker URL] [--store URL] [--config FILE] [--json]",
    .help = "Looks at a data directory, a broker and a store, and says what to do about what is wrong.\n",
};
static const struct ss_command access_command = {
    .name = "access",
    .usage = "access …",
    .help = "Does what owners of scenes ask, at the server, and ends invitations that are over.\n",
};
static const struct ss_command invite = {
    .name = "invite",
    .usage = "invite SCENE --role owner|editor|viewer|bridge [--user NAME] [--expires T] …",
    .help = "Prints a link that lets somebody take part in a scene.\n",
};
static const struct ss_command join = {
    .name = "join",
    .usage = "join LINK [--data FOLDER]",
    .help = "Takes an invitation, and says how to start the agent with it.\n",
};
static const struct ss_command revoke = {
    .name = "revoke",
    .usage = "revoke USER [SCENE] | revoke --expired …",
    .help = "Takes a user's role in a scene, or the user altogether.\n",
};
static const struct ss_command who = {
    .name = "who",
    .usage = "who [SCENE] …",
    .help = "Lists the users, their roles and until when.\n",
};

const struct ss_command *const ss_commands[] = {
    &agent,
    &ss_command_status,
    &ss_command_top,
    &ss_command_scenes,
    &ss_command_ls,
    &ss_command_tree,
    &ss_command_get,
    &ss_command_set,
    &ss_command_create,
    &ss_command_delete,
    &ss_command_watch,
    &ss_command_dump,
    &ss_command_digest,
    &ss_command_blob,
    &bridge,
    &doctor,
    &access_command,
    &invite,
    &join,
    &revoke,
    &who,
    &ss_command_completion,
    &ss_command_manual,
    NULL,
};
