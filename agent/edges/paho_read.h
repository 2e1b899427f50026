// SPDX-License-Identifier: Apache-2.0
// Reads ahead for Paho, which takes a message from its socket byte by byte: a system call for the type, one or more for the length, one for
// the rest, and a poll. Called by its receiving thread; ss_paho_read_forget by any.
#ifndef SS_EDGES_PAHO_READ_H
#define SS_EDGES_PAHO_READ_H

#include <poll.h>

// ss_paho_read_ready marks the sockets of which something was read ahead; returns how many.
int ss_paho_read_ready(struct pollfd *fds, nfds_t count);

// ss_paho_read_forget drops what was read ahead of a socket that is closed.
void ss_paho_read_forget(int fd);

#endif
