// SPDX-License-Identifier: Apache-2.0
// The agent's life: start everything, run the loop, stop everything in order.
#ifndef SS_DAEMON_LOOP_H
#define SS_DAEMON_LOOP_H

#include "edges/agent.h"

// ss_agent_main is `scenesync agent …`; `words` begin with `agent`. Returns the exit status.
int ss_agent_main(int count, char **words);

#endif
