// SPDX-License-Identifier: Apache-2.0
// Who else is in the scene, and what each says that it has.
#ifndef SS_CORE_PEERS_H
#define SS_CORE_PEERS_H

#include "core/state.h"

static inline bool ss_peer_present(const struct ss_peer *peer) { return peer->online && peer->heard_ms != 0; }

// ss_peer_find returns NULL for one that was never heard of.
struct ss_peer *ss_peer_find(struct ss_core *core, const struct ss_origin *origin);

// ss_peer_excess returns how much a peer has that we have not, in messages; ss_vector_excess says it of a vector.
uint64_t ss_peer_excess(const struct ss_core *core, const struct ss_peer *peer);
uint64_t ss_vector_excess(const struct ss_core *core, const struct ss_vector *vector);

// ss_vector_behind tells whether we have something that a vector does not count.
bool ss_vector_behind(const struct ss_core *core, const struct ss_vector *vector);

// ss_peer_time notes what a peer's clock shows now; ss_peers_clock sets ours by all of them, unless the store tells the time.
void ss_peer_time(struct ss_core *core, struct ss_peer *peer, uint64_t time_ms);
void ss_peers_clock(struct ss_core *core);

// ss_peers_gone marks everybody as absent: the connection is new or lost.
void ss_peers_gone(struct ss_core *core);
void ss_peers_finish(struct ss_core *core);

#endif
