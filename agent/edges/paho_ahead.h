// SPDX-License-Identifier: Apache-2.0
// What is read ahead of Paho from its sockets. It reads a message in pieces, the first byte by byte, and polls before each: with what is here, four
// system calls of six are saved for a small one.
#ifndef SS_EDGES_PAHO_AHEAD_H
#define SS_EDGES_PAHO_AHEAD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// ss_ahead_read is recv of a socket that does not block.
ssize_t ss_ahead_read(int fd, void *bytes, size_t len);

// ss_ahead_mark adds to `revents` that those which are polled for reading and have something here can be read. Returns how many are ready.
int ss_ahead_mark(struct pollfd *fds, nfds_t count);

// ss_ahead_amid tells whether the calling thread is reading from this socket and has not come to the end of what is here.
bool ss_ahead_amid(int fd);

// ss_ahead_forget drops what is here of a socket that is closed.
void ss_ahead_forget(int fd);

#endif
