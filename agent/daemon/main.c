// SPDX-License-Identifier: Apache-2.0
// `scenesync COMMAND …`: the table of commands, by which they are run, and from it the overview, the manual and the completion.
#include "access/access.h"
#include "bridge/bridge.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "daemon/loop.h"
#include "doctor/doctor.h"
#include "gltf/gltf.h"
#include "recording/commands.h"
#include "sweep/sweep.h"

// Those with options of their own.
static const struct ss_command agent_command = {
    .name = "agent",
    .usage = "agent --data DIR --socket PATH [--broker URL] [--store URL] [--tcp PORT] [--name NAME] [--config FILE]",
    .help = "The daemon that takes part in scenes for the programs of this machine.\n",
    .main = ss_agent_main,
};
static const struct ss_command bridge_command = {
    .name = "bridge",
    .usage = "bridge SCENE… --broker URL [--socket PATH] [--config FILE] [--rate N]",
    .help = "Keeps scenes as readable JSON at the broker, and takes updates in JSON.\n",
    .main = ss_bridge_main,
};
static const struct ss_command doctor_command = {
    .name = "doctor",
    .usage = "doctor [--data DIR] [--broker URL] [--store URL] [--config FILE] [--json]",
    .help = "Looks at a data directory, a broker and a store, and says what to do about what is wrong.\n",
    .main = ss_doctor_main,
};
static const struct ss_command access_command = {
    .name = "access",
    .usage = "access …",
    .help = "Does what owners of scenes ask, at the server, and ends invitations that are over.\n",
    .main = ss_access_main,
};
static const struct ss_command invite_command = {
    .name = "invite",
    .usage = "invite SCENE --role owner|editor|viewer|bridge [--user NAME] [--expires T] …",
    .help = "Prints a link that lets somebody take part in a scene.\n",
    .main = ss_access_main,
};
static const struct ss_command join_command = {
    .name = "join",
    .usage = "join LINK [--data FOLDER]",
    .help = "Takes an invitation, and says how to start the agent with it.\n",
    .main = ss_access_main,
};
static const struct ss_command revoke_command = {
    .name = "revoke",
    .usage = "revoke USER [SCENE] | revoke --expired …",
    .help = "Takes a user's role in a scene, or the user altogether.\n",
    .main = ss_access_main,
};
static const struct ss_command who_command = {
    .name = "who",
    .usage = "who [SCENE] …",
    .help = "Lists the users, their roles and until when.\n",
    .main = ss_access_main,
};
static const struct ss_command sweep_command = {
    .name = "sweep",
    .usage = "sweep --store-files FOLDER --broker URL [--config FILE]",
    .help = "Deletes checkpoints that are of no use any more from the store's folder.\n",
    .main = ss_sweep_main,
};

const struct ss_command *const ss_commands[] = {
    &agent_command,
    &ss_command_status,
    &ss_command_top,
    &ss_command_scenes,
    // what is in a scene
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
    &ss_command_record,
    &ss_command_replay,
    &ss_command_export,
    &ss_command_import,
    // beside the agent
    &bridge_command,
    &doctor_command,
    &access_command,
    &invite_command,
    &join_command,
    &revoke_command,
    &who_command,
    &sweep_command,
    &ss_command_completion,
    &ss_command_manual,
    NULL,
};

int main(int count, char **words) { return ss_cli_main(count, words); }
