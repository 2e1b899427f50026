// SPDX-License-Identifier: Apache-2.0
// One scene's connection to the broker. A scene has its own because a connection has one will, and each scene needs its `online` to be 0
// when we vanish; client id: origin and a random part (two agents with a copied origin must be able to meet to notice it).
#ifndef SS_EDGES_BROKER_H
#define SS_EDGES_BROKER_H

#include "edges/room.h"
#include "edges/session.h"

struct ss_link;

// ss_link_create begins to connect, and does so until ss_link_close. Returns NULL when no broker is configured.
struct ss_link *ss_link_create(struct ss_room *room);

// ss_link_close says good-bye and calls `closed` on the loop when nothing of the link is left.
void ss_link_close(struct ss_link *link, void (*closed)(struct ss_room *room));

// connected, connecting, refused or offline; `why` is empty or what people should know. NULL is offline.
const char *ss_link_state(const struct ss_link *link, const char **why);

// Milliseconds from a state message to its acknowledgement, smoothed; below 0: not known.
double ss_link_latency_ms(const struct ss_link *link);

// ss_link_publish hands one message to Paho. Without a connection it is dropped, and so is QoS 0 while the network is behind.
void ss_link_publish(struct ss_link *link, const struct ss_publication *publication);

// ss_link_reread has the broker replay what it retains; then SS_EV_REPLAYED.
void ss_link_reread(struct ss_link *link);

// ss_link_restart connects anew, soon: the scene has another origin.
void ss_link_restart(struct ss_link *link);

// ss_link_heard tells of an online message of ours that came back, and of retained messages: that is how a replay's end is seen.
void ss_link_heard_self(struct ss_link *link, bool online);
void ss_link_heard_retained(struct ss_link *link);

// ss_from_broker decodes one message and gives it to the core.
void ss_from_broker(struct ss_room *room, struct ss_slice topic, struct ss_slice payload, bool retained);

// Effects that publish.
void ss_to_broker_state(struct ss_room *room, const struct ss_effect *effect); // also CLEAR_STATE
void ss_to_broker_live(struct ss_room *room, const struct ss_effect *effect);
void ss_to_broker_peer(struct ss_room *room, const struct ss_effect *effect);
void ss_to_broker_call(struct ss_room *room, const struct ss_effect *effect);
void ss_to_broker_reply(struct ss_room *room, const struct ss_effect *effect);
void ss_to_broker_checkpoint(struct ss_room *room, const struct ss_effect *effect);
void ss_to_broker_self(struct ss_room *room);     // our peer message again: name or colour changed
void ss_to_broker_presence(struct ss_room *room); // what `room->presence` holds

// ss_topic_mine fills a topic of ours of a kind that has user and origin.
bool ss_topic_mine(const struct ss_room *room, enum ss_topic_type type, char text[SS_MAX_TOPIC]);

#endif
