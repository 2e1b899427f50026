// SPDX-License-Identifier: Apache-2.0
// Which machine a data directory is at home on, and whether that machine went down under an agent: DATA/host.
#ifndef SS_EDGES_HOST_H
#define SS_EDGES_HOST_H

#include <stdbool.h>

// ss_host_strange says why what is in the directory cannot go on as if nothing had happened: it comes from another machine, or this one went
// down while `durability` was relaxed. NULL: it can.
const char *ss_host_strange(const char *root);

// ss_host_write makes the directory at home here. `relaxed`: an agent that may lose its last second with the machine is at work from now on.
// Returns false after saying why.
bool ss_host_write(const char *root, bool relaxed);

#endif
