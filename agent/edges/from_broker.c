// SPDX-License-Identifier: Apache-2.0
// The way in from the broker: one message becomes one event, or is refused and counted.
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/peers.h"

#include <stdio.h>
#include <string.h>

static bool is_us(const struct ss_room *room, const struct ss_origin *origin) {
    return memcmp(origin, &room->origin, sizeof(*origin)) == 0;
}

static void refuse(struct ss_room *room, struct ss_slice topic, int error) {
    char text[512];
    snprintf(text, sizeof(text), "%s on %.*s", ss_codec_problem(room->agent->codec), (int)(topic.len < 256 ? topic.len : 256),
             (const char *)topic.data);
    ss_room_refused(room, ss_wire_cause(error), text);
}

static int take_state(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload, bool retained) {
    if (retained) {
        ss_link_heard_retained(room->link);
    }
    if (payload.len == 0) {
        return SS_WIRE_OK; // an emptied topic means nothing
    }
    struct ss_state_message message;
    int error = ss_state_decode(room->agent->codec, topic->kind, &topic->uuid, payload, &message);
    if (error == SS_WIRE_OK) {
        struct ss_event event = {.type = SS_EV_STATE};
        event.state = (struct ss_ev_state){.entity = message.entity,
                                           .part = topic->part,
                                           .numbered = message.numbered,
                                           .from = message.from,
                                           .seq = message.seq,
                                           .retained = retained};
        ss_room_step(room, &event);
    }
    return error;
}

static int take_live(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload) {
    struct ss_event event = {.type = SS_EV_LIVE};
    int error = ss_live_decode(room->agent->codec, topic->kind, payload, &event.live);
    if (error == SS_WIRE_OK && !is_us(room, &event.live.from)) {
        ss_room_step(room, &event);
    }
    return error;
}

static int take_peer(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload, bool retained) {
    if (payload.len == 0 || is_us(room, &topic->origin)) {
        return SS_WIRE_OK;
    }
    struct ss_peer_message message;
    int error = ss_peer_decode(room->agent->codec, payload, &message);
    if (error == SS_WIRE_OK) {
        ss_peers_message(room, &topic->origin, topic->user, &message);
        struct ss_event event = {.type = SS_EV_PEER};
        event.peer = (struct ss_ev_peer){.origin = topic->origin,
                                         .user = topic->user,
                                         .vector = message.vector,
                                         .digest = message.digest,
                                         .entities = message.entities,
                                         .ready = message.ready,
                                         .keeps = message.keeps,
                                         .retained = retained,
                                         .time_ms = message.time_ms,
                                         .missing_count = message.missing_count,
                                         .missing = message.missing};
        ss_room_step(room, &event);
    }
    return error;
}

static int take_online(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload, bool retained) {
    struct ss_event event = {.type = SS_EV_ONLINE, .online = {.origin = topic->origin}};
    if (payload.len == 0) {
        return SS_WIRE_OK;
    }
    int error = ss_online_decode(room->agent->codec, payload, &event.online.online);
    if (error != SS_WIRE_OK) {
        return error;
    }
    if (!is_us(room, &topic->origin)) {
        ss_room_step(room, &event);
    } else if (!retained) {
        ss_link_heard_self(room->link, event.online.online);
    }
    return SS_WIRE_OK;
}

static int take_presence(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload) {
    if (is_us(room, &topic->origin)) {
        return SS_WIRE_OK;
    }
    struct ss_notice notice = {.type = SS_NOTICE_PRESENCE, .presence = {.origin = topic->origin}};
    int error = ss_presence_decode(room->agent->codec, payload, &notice.presence.fields);
    if (error == SS_WIRE_OK) {
        ss_clients_tell_presence(room, NULL, &notice);
    }
    return error;
}

static bool is_word(struct ss_slice text, const char *word) { return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0; }

static int take_call(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload) {
    if (!is_word(topic->name, "sync")) {
        return SS_WIRE_OK; // a method of a later revision
    }
    struct ss_call call;
    int error = ss_call_decode(room->agent->codec, payload, &call);
    if (error == SS_WIRE_OK) {
        struct ss_event event = {.type = SS_EV_SYNC_CALLED};
        event.sync_called.from = call.from;
        event.sync_called.user = call.user;
        event.sync_called.call = call.call;
        event.sync_called.vector = call.vector;
        event.sync_called.buckets = call.buckets;
        event.sync_called.blobs = call.blobs;
        ss_room_step(room, &event);
    }
    return error;
}

static int take_reply(struct ss_room *room, struct ss_slice payload) {
    struct ss_reply reply;
    int error = ss_reply_decode(room->agent->codec, payload, &reply);
    if (error == SS_WIRE_OK && reply.error.len == 0) { // a failed call times out in the core, which then asks another peer
        struct ss_event event = {.type = SS_EV_SYNC_REPLIED, .sync_replied = reply.sync};
        ss_room_step(room, &event);
    }
    return error;
}

static int take_checkpoint(struct ss_room *room, struct ss_slice payload) {
    if (payload.len == 0) {
        return SS_WIRE_OK;
    }
    struct ss_event event = {.type = SS_EV_CHECKPOINT};
    int error = ss_checkpoint_decode(room->agent->codec, payload, &event.checkpoint);
    if (error == SS_WIRE_OK) {
        ss_room_step(room, &event);
    }
    return error;
}

static int take(struct ss_room *room, const struct ss_topic *topic, struct ss_slice payload, bool retained) {
    switch (topic->type) {
    case SS_TOPIC_STATE: return take_state(room, topic, payload, retained);
    case SS_TOPIC_LIVE: return take_live(room, topic, payload);
    case SS_TOPIC_PEER: return take_peer(room, topic, payload, retained);
    case SS_TOPIC_ONLINE: return take_online(room, topic, payload, retained);
    case SS_TOPIC_PRESENCE: return take_presence(room, topic, payload);
    case SS_TOPIC_CALL: return take_call(room, topic, payload);
    case SS_TOPIC_REPLY: return take_reply(room, payload);
    case SS_TOPIC_CHECKPOINT: return take_checkpoint(room, payload);
    case SS_TOPIC_FRAME:
    case SS_TOPIC_JSON:
    case SS_TOPIC_JSON_SET: break; // not subscribed
    }
    return SS_WIRE_OK;
}

// What nobody can read now stands at the broker in an entity's place. It says nothing of the entity: so whoever knows it gives it back, as
// after any message that lacks something. A replay is compared as a whole.
static void take_unreadable(struct ss_room *room, const struct ss_topic *topic, bool retained) {
    if (topic->type == SS_TOPIC_STATE && !retained) {
        struct ss_event event = {.type = SS_EV_STATE};
        event.state = (struct ss_ev_state){.entity = {.kind = topic->kind, .uuid = topic->uuid}, .part = topic->part};
        ss_room_step(room, &event);
    }
}

void ss_from_broker(struct ss_room *room, struct ss_slice topic, struct ss_slice payload, bool retained) {
    struct ss_topic parsed;
    if (!ss_topic_parse(room->agent->config.prefix, topic, &parsed)) {
        char text[320];
        snprintf(text, sizeof(text), "no topic of version 1: %.*s", (int)(topic.len < 256 ? topic.len : 256), (const char *)topic.data);
        ss_room_refused(room, "topic", text);
        return;
    }
    if (payload.len > SS_MAX_MESSAGE) {
        ss_room_refused(room, "limit", "a message is larger than 256 KiB");
        take_unreadable(room, &parsed, retained);
        return;
    }
    int error = take(room, &parsed, payload, retained);
    if (error != SS_WIRE_OK) {
        refuse(room, topic, error);
        take_unreadable(room, &parsed, retained);
    }
}
