// SPDX-License-Identifier: Apache-2.0
// Reads what the agent is told: flags before environment before file.
#ifndef SS_DAEMON_CONFIG_H
#define SS_DAEMON_CONFIG_H

#include "edges/config.h"

#include <stddef.h>

// ss_config_read fills `config` from the words after `scenesync agent`. On failure `problem` says what is wrong, where, and what to do.
// `agent`: it is for one, which needs --data and --socket.
// Either way the configuration is freed by ss_config_finish.
bool ss_config_read(struct ss_config *config, int count, char **words, bool agent, char *problem, size_t problem_size);
void ss_config_finish(struct ss_config *config);

extern const char ss_config_usage[];

// ss_parse_bytes reads a number with an optional k, M, G or T (powers of 1024); false: it is none.
bool ss_parse_bytes(const char *text, uint64_t *bytes);

#endif
