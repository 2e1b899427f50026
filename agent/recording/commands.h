// SPDX-License-Identifier: Apache-2.0
// Sessions as files: `scenesync record` and `scenesync replay`.
#ifndef SS_RECORDING_COMMANDS_H
#define SS_RECORDING_COMMANDS_H

#include "cli/command.h"

extern const struct ss_command ss_command_record, ss_command_replay;

#endif
