// SPDX-License-Identifier: Apache-2.0
// `scenesync bridge`: scenes as readable JSON for every MQTT client (docs/integrate.md). It is a client of the local link and of the broker:
// what JSON there is to distrust stays out of the agent, and the broker can give it a user of its own.
#ifndef SS_BRIDGE_BRIDGE_H
#define SS_BRIDGE_BRIDGE_H

#include "edges/config.h"
#include "edges/mailbox.h"

struct ss_bridge_scene;

struct ss_bridge {
    struct ss_config config;
    uv_loop_t loop;
    struct ss_mailbox mailbox;
    uv_signal_t signals[2];
    char id[12];                    // among bridges: hexadecimal digits
    unsigned rate;                  // how often a second an entity is told at most
    size_t scene_count;             // of scenes that are not closed yet
    size_t ready_count;             // of scenes that are mirrored
    struct ss_bridge_scene *scenes; // list, by `next`
    bool closing;
};

// ss_bridge_main is `scenesync bridge …`; `words` begin with `bridge`. Returns the exit status: 2 when it was called wrongly.
int ss_bridge_main(int count, char **words);

// ss_bridge_ready says that a scene is mirrored for the first time, ss_bridge_closed that nothing is left of it but memory.
void ss_bridge_ready(struct ss_bridge *bridge);
void ss_bridge_closed(struct ss_bridge *bridge);

#endif
