// SPDX-License-Identifier: Apache-2.0
// What metrics.c answers.
#ifndef SS_EDGES_METRICS_TEXT_H
#define SS_EDGES_METRICS_TEXT_H

#include "edges/agent.h"

// ss_metrics_text and ss_metrics_not_found return a whole HTTP response of `*size` bytes, to be freed.
char *ss_metrics_text(const struct ss_agent *agent, size_t *size);
char *ss_metrics_not_found(size_t *size);

#endif
