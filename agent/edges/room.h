// SPDX-License-Identifier: Apache-2.0
// One scene that the agent takes part in: its core, and the way of every event into it and of every effect out of it.
#ifndef SS_EDGES_ROOM_H
#define SS_EDGES_ROOM_H

#include "edges/agent.h"
#include "wire/link.h"
#include "wire/messages.h"
#include "wire/topics.h"

struct ss_link;
struct ss_later;
struct ss_peer;
struct ss_records;
struct ss_snapshots;

enum ss_room_phase { SS_ROOM_READING, SS_ROOM_OPEN, SS_ROOM_LEAVING };

enum { SS_MAX_CAUSES = 32, SS_MAX_CAUSE = 24 };

struct ss_cause {
    char word[SS_MAX_CAUSE];
    uint64_t count;
};

struct ss_room {
    struct ss_room *next;
    struct ss_agent *agent;
    char name[SS_MAX_SCENE + 1];
    struct ss_origin origin; // the data directory's, until the core took another because that was a copy
    struct ss_core *core;
    struct ss_records *records;
    struct ss_link *link; // to the broker; NULL when there is none to connect to
    struct ss_peer *peers;
    struct ss_snapshots *snapshots;
    uv_timer_t wake;        // the core's alarm
    uv_timer_t status_tick; // running: a status was sent less than 250 ms ago
    uv_timer_t presence_tick;
    uv_timer_t turn; // reading: the next records; then: to be left, as nobody uses it
    enum ss_room_phase phase;
    int open_handles;
    bool status_changed;
    bool stepping;
    struct ss_later *later_first, *later_last; // events that came up while effects were carried out
    uint64_t pending, entities;                // as the core said last
    uint32_t peer_count;
    bool comparing;               // with what the broker retains, as the core said last
    bool kept;                    // something of it is, or will be, on the disk
    uint64_t put_txn, stored_txn; // the last that was given to the disk, and that it has
    bool store_failed;
    char store_problem[256];
    size_t cause_count;
    struct ss_cause causes[SS_MAX_CAUSES];
    struct ss_buffer vector;                  // entries of `self.vector`
    struct ss_sha256 missing[SS_MAX_MISSING]; // those of `self.missing`
    struct ss_peer_message self;              // the core's part of our own peer message
    bool self_known;
    struct ss_buffer presence; // the newest fields of a client here that were not published yet
};

// ss_room_step gives an event (its times are filled in) to the core and carries out the effects. Not to be called while effects are
// carried out: then ss_room_later keeps the event, which must not hold slices, until they are. Nothing happens in a room that is not open.
void ss_room_step(struct ss_room *room, struct ss_event *event);
void ss_room_later(struct ss_room *room, const struct ss_event *event);

// ss_room_each_later gives one event to every open scene.
void ss_room_each_later(struct ss_agent *agent, const struct ss_event *event);

// ss_room_refused counts something that was not taken under one word and logs the first of each.
void ss_room_refused(struct ss_room *room, const char *cause, const char *text);

// ss_room_status says that something shown in `status` changed.
void ss_room_status(struct ss_room *room);

// ss_carry_out does what the core asked for.
void ss_carry_out(struct ss_room *room, const struct ss_effect *effect);

#endif
