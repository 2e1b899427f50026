// SPDX-License-Identifier: Apache-2.0
// Numbers for Prometheus: GET /metrics, in its text format (version 0.0.4). Nothing else is answered, and nothing that is sent changes anything.
#ifndef SS_EDGES_METRICS_H
#define SS_EDGES_METRICS_H

#include "edges/agent.h"

struct ss_metrics;

// ss_metrics_listen serves the address of the configuration, if there is one. Returns false after saying why it cannot.
bool ss_metrics_listen(struct ss_agent *agent);

// ss_metrics_close ends it; the loop frees what is left.
void ss_metrics_close(struct ss_agent *agent);

#endif
