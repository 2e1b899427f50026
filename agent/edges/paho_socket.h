// SPDX-License-Identifier: Apache-2.0
// What is known of Paho's sockets (paho_socket.c), for not feeding it faster than the network takes.
#ifndef SS_EDGES_PAHO_SOCKET_H
#define SS_EDGES_PAHO_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

enum { SS_PAHO_SOCKETS = 128 }; // connections of this process

// ss_paho_written counts the bytes that this process's MQTT connections took; ss_paho_is_waiting tells whether one of them is full.
uint64_t ss_paho_written(void);
bool ss_paho_is_waiting(void);

// ss_paho_go_on has Paho's sending thread look for what it may send: it does not when an acknowledgement has made room, but a second later.
void ss_paho_go_on(void);

#endif
