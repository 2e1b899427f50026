// SPDX-License-Identifier: Apache-2.0
// The scene that a recorded one is played into.
#ifndef SS_RECORDING_TARGET_H
#define SS_RECORDING_TARGET_H

#include "cli/replica.h"
#include "recording/recording.h"

struct ss_given_blob;

struct ss_target {
    struct ss_cli cli;
    const struct ss_recording *recording;
    const char *recorded; // the scene's name there
    char scene[65];       // and here
    struct ss_replica state;
    struct ss_given_blob *given;
    uint64_t refused;
};

// ss_target_take collects a CHANGE or STATE in `state`. ss_target_send_state plays what was collected, ss_target_send plays one change.
// Errors: false, with the reason on stderr.
bool ss_target_take(struct ss_target *target, const struct ss_frame *frame);
bool ss_target_send_state(struct ss_target *target);
bool ss_target_send(struct ss_target *target, const struct ss_frame *frame);

// ss_target_drain takes what the agent answers without waiting; what it refuses is told, once.
bool ss_target_drain(struct ss_target *target);
void ss_target_finish(struct ss_target *target);

#endif
