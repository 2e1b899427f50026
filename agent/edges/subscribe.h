// SPDX-License-Identifier: Apache-2.0
// What the connection of a scene subscribes to.
#ifndef SS_EDGES_SUBSCRIBE_H
#define SS_EDGES_SUBSCRIBE_H

#include "edges/room.h"
#include "edges/session.h"

// ss_subscribe subscribes to all that concerns a scene; `replay` asks for the states that the broker retains. The answer is SS_NEWS_SUBSCRIBED.
// Errors: false when Paho does not take it.
bool ss_subscribe(struct ss_session *session, const struct ss_room *room, bool replay);

// ss_subscribe_again has the broker replay the states that it retains. Errors: as above.
bool ss_subscribe_again(struct ss_session *session, const struct ss_room *room);

#endif
