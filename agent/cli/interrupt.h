// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM end what a command waits for, and the command ends well.
#ifndef SS_CLI_INTERRUPT_H
#define SS_CLI_INTERRUPT_H

#include <stdbool.h>

void ss_catch_interrupts(void);
bool ss_interrupted(void);

#endif
