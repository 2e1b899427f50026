// SPDX-License-Identifier: Apache-2.0
// The command line: every `scenesync` subcommand but `agent`. It speaks to the agent through the client library alone.
#ifndef SS_CLI_CLI_H
#define SS_CLI_CLI_H

// ss_cli_main runs the subcommand named by argv[1] and returns the exit status: 0, 1 (it failed, reason on stderr) or 2 (usage).
int ss_cli_main(int argc, char **argv);

#endif
