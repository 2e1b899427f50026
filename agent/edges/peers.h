// SPDX-License-Identifier: Apache-2.0
// Who else is in a scene, for people to see: names and colours from peer messages, who is there from online messages and from the core.
#ifndef SS_EDGES_PEERS_H
#define SS_EDGES_PEERS_H

#include "edges/room.h"

struct ss_client;

// ss_peers_message takes what a peer says of itself; ss_peers_changed what the core knows of its being there.
void ss_peers_message(struct ss_room *room, const struct ss_origin *origin, struct ss_slice user, const struct ss_peer_message *message);
void ss_peers_changed(struct ss_room *room, const struct ss_origin *origin, bool online);

// ss_peers_tell sends every peer that is there to one client, and the other programs at this agent. ss_peers_here tells those of this one:
// to each other they are peers, with origins of their own; to other agents they are one.
void ss_peers_tell(struct ss_room *room, struct ss_client *client);
void ss_peers_here(struct ss_room *room, const struct ss_client *client, bool online);
void ss_peers_free(struct ss_room *room);

#endif
