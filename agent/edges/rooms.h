// SPDX-License-Identifier: Apache-2.0
// Which scenes the agent takes part in: those that a client uses, those that owe others something, and those that the configuration keeps.
// The others are only on the disk; one in which nothing was ever made is nowhere once nobody uses it.
#ifndef SS_EDGES_ROOMS_H
#define SS_EDGES_ROOMS_H

#include "edges/room.h"

// ss_rooms_start looks at every scene on the disk, one after the other, and takes part in those that must be. ss_rooms_seen: that is done,
// and no scene is being read.
void ss_rooms_start(struct ss_agent *agent);
bool ss_rooms_seen(const struct ss_agent *agent);

// ss_rooms_open finds a scene, or begins to read it: it can be used once its phase is SS_ROOM_OPEN, and ss_clients_resume is then called, as
// it is when a scene was left or could not be read. NULL after saying why.
struct ss_room *ss_rooms_open(struct ss_agent *agent, struct ss_slice name);

// ss_room_used says that a client has come, ss_room_unused that one has gone: without any the scene is left after a while, once it is at rest.
void ss_room_used(struct ss_room *room);
void ss_room_unused(struct ss_room *room, uint64_t after_ms);

// ss_rooms_list lists all scenes, open or not; to be freed with free().
size_t ss_rooms_list(const struct ss_agent *agent, struct ss_scene_summary **summaries);

// ss_room_free frees everything but what libuv still closes, ss_rooms_finish what is known of scenes that are not open.
void ss_room_free(struct ss_room *room);
void ss_rooms_finish(struct ss_agent *agent);

#endif
