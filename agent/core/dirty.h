// SPDX-License-Identifier: Apache-2.0
// What each client has yet to get: a set of fields, never a queue of values. Memory is bounded by the scene.
#ifndef SS_CORE_DIRTY_H
#define SS_CORE_DIRTY_H

#include "core/state.h"

// ss_client_find returns the number of a client, or -1.
int ss_client_find(const struct ss_core *core, uint32_t id);

// ss_client_wants tells whether a client takes part in a kind.
bool ss_client_wants(const struct ss_client *client, uint32_t kind);

// ss_clients_room makes every client's queue long enough for all things. Errors: false when memory is denied.
bool ss_clients_room(struct ss_core *core);

// ss_clients_news marks the cells of a thing that are SS_CELL_NEWS for everybody who wants them but `editor` (a bit; its own cells are also
// no longer waiting for it).
void ss_clients_news(struct ss_core *core, uint32_t thing, uint32_t editor);

// ss_clients_queue puts a thing into the queues of clients (bits) where it is not yet.
void ss_clients_queue(struct ss_core *core, uint32_t thing, uint32_t clients);
void ss_client_push(struct ss_client *client, uint32_t thing);
uint32_t ss_client_pop(struct ss_client *client);

#endif
