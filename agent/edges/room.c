// SPDX-License-Identifier: Apache-2.0
#include "edges/room.h"

#include "edges/log.h"
#include "edges/memory.h"
#include "edges/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ss_later is an event that came up while effects were carried out.
struct ss_later {
    struct ss_later *next;
    struct ss_event event;
};

uint64_t ss_now_ms(const struct ss_agent *agent) {
    (void)agent;
    return uv_hrtime() / 1000000;
}

uint64_t ss_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- Steps ------------------------------------------------------------------------------------------------------------------------------

// What nobody says a second time the core has to hear. Had it not heard that the disk refused a transaction, the next one that is stored would
// acknowledge that one's edits, too.
static bool is_said_once(enum ss_event_type type) {
    switch (type) {
    case SS_EV_START:
    case SS_EV_CLIENT_LEFT:
    case SS_EV_STORED:
    case SS_EV_STORE_FAILED:
    case SS_EV_CONNECTED:
    case SS_EV_DISCONNECTED:
    case SS_EV_REPLAYED:
    case SS_EV_PUBLISHED:
    case SS_EV_SNAPSHOT:
    case SS_EV_BLOB_PRESENT:
    case SS_EV_BLOB_UPLOADED:
    case SS_EV_BLOB_MISSING:
    case SS_EV_BLOB_GONE: return true;
    default: return false;
    }
}

static void step_once(struct ss_room *room, struct ss_event *event) {
    struct ss_effects effects = {0};
    event->now_ms = ss_now_ms(room->agent);
    event->wall_ms = ss_wall_ms();
    int error = ss_core_step(room->core, event, &effects);
    if (error == SS_ENOMEM && is_said_once(event->type)) {
        ss_out_of_memory();
    }
    if (error != SS_OK) {
        ss_room_refused(room, error == SS_ENOMEM ? "memory" : "event", "the core did not take an event");
    }
    room->stepping = true;
    for (size_t i = 0; i < effects.count; i++) {
        ss_carry_out(room, &effects.items[i]);
    }
    room->stepping = false;
}

// Whether somebody may wait for what such an event has stored: a client for its acknowledgement, or others for what is published then.
static bool is_awaited(enum ss_event_type type) { return type != SS_EV_STATE && type != SS_EV_PUBLISHED && type != SS_EV_SYNC_REPLIED; }

void ss_room_step(struct ss_room *room, struct ss_event *event) {
    assert(!room->stepping);
    if (room->phase != SS_ROOM_OPEN) {
        return;
    }
    bool awaited = is_awaited(event->type);
    step_once(room, event);
    struct ss_later *later;
    while ((later = room->later_first) != NULL) {
        room->later_first = later->next;
        awaited |= is_awaited(later->event.type);
        step_once(room, &later->event);
        free(later);
    }
    ss_store_flush(room->agent->store, awaited);
}

void ss_room_later(struct ss_room *room, const struct ss_event *event) {
    if (!room->stepping) {
        struct ss_event copy = *event;
        ss_room_step(room, &copy);
        return;
    }
    struct ss_later *later = ss_new(sizeof(*later));
    later->event = *event;
    *(room->later_first != NULL ? &room->later_last->next : &room->later_first) = later;
    room->later_last = later;
}

void ss_room_each_later(struct ss_agent *agent, const struct ss_event *event) {
    for (struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
        ss_room_later(room, event);
    }
}

// ---- What people are told ---------------------------------------------------------------------------------------------------------------

static struct ss_cause *find_cause(struct ss_room *room, const char *word) {
    for (size_t i = 0; i < room->cause_count; i++) {
        if (strcmp(room->causes[i].word, word) == 0) {
            return &room->causes[i];
        }
    }
    if (room->cause_count == SS_MAX_CAUSES) {
        return &room->causes[SS_MAX_CAUSES - 1];
    }
    struct ss_cause *cause = &room->causes[room->cause_count++];
    snprintf(cause->word, sizeof(cause->word), "%s", word);
    return cause;
}

void ss_room_refused(struct ss_room *room, const char *word, const char *text) {
    struct ss_cause *cause = find_cause(room, word);
    if (cause->count++ == 0) {
        ss_log("scene %s: refused (%s): %s; more of these are only counted", room->name, word, text);
    }
    ss_room_status(room);
}
