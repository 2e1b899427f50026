// SPDX-License-Identifier: Apache-2.0
// The way out to the broker: effects and presence become messages.
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "util/bytes.h"

#include <string.h>

enum { PRESENCE_MS = 50 };

static struct ss_topic topic_of(const struct ss_room *room, enum ss_topic_type type) {
    return (struct ss_topic){.type = type,
                             .scene = ss_slice_text(room->name),
                             .user = ss_slice_text(room->agent->config.user),
                             .origin = room->origin,
                             .part = -1};
}

bool ss_topic_mine(const struct ss_room *room, enum ss_topic_type type, char text[SS_MAX_TOPIC]) {
    struct ss_topic topic = topic_of(room, type);
    return ss_topic_build(room->agent->config.prefix, &topic, text);
}

static struct ss_buffer *scratch(struct ss_room *room) {
    ss_buffer_clear(&room->agent->scratch);
    return &room->agent->scratch;
}

// Others get it when they call us: they see that we count it.
static void publish_nothing(struct ss_room *room, uint64_t token) {
    if (token != 0) {
        ss_room_later(room, &(struct ss_event){.type = SS_EV_PUBLISHED, .published = {.token = token}});
    }
}

// Sends what an encoder made, or says why it could not.
static void publish(struct ss_room *room, const struct ss_topic *topic, int error, struct ss_publication publication) {
    char text[SS_MAX_TOPIC];
    if (error != SS_WIRE_OK || !ss_topic_build(room->agent->config.prefix, topic, text)) {
        ss_room_refused(room, "encode", error != SS_WIRE_OK ? ss_codec_problem(room->agent->codec) : "a name does not fit into a topic");
        publish_nothing(room, publication.token);
        return;
    }
    publication.topic = text;
    ss_link_publish(room->link, &publication);
}

void ss_to_broker_state(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_STATE);
    topic.kind = effect->state.entity.kind;
    topic.uuid = effect->state.entity.uuid;
    topic.part = effect->state.part;
    int error = SS_WIRE_OK;
    if (effect->type == SS_FX_PUBLISH_STATE) {
        struct ss_state_message message = {
            .entity = effect->state.entity, .numbered = true, .from = room->origin, .seq = effect->state.seq};
        error = ss_state_encode(room->agent->codec, &message, out);
    }
    publish(room, &topic, error,
            (struct ss_publication){.payload = ss_buffer_slice(out),
                                    .qos = 1,
                                    .retained = true,
                                    .content_type = effect->type == SS_FX_PUBLISH_STATE ? "application/msgpack" : NULL,
                                    .expiry_s = effect->type == SS_FX_PUBLISH_STATE ? effect->state.expiry_s : 0,
                                    .token = effect->type == SS_FX_PUBLISH_STATE ? effect->state.token : 0});
}

struct ss_live_target {
    struct ss_room *room;
    struct ss_topic topic;
};

static int emit_live(void *context, struct ss_slice payload) {
    struct ss_live_target *target = context;
    publish(target->room, &target->topic, SS_WIRE_OK, (struct ss_publication){.payload = payload});
    return SS_WIRE_OK;
}

void ss_to_broker_live(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_live_target target = {.room = room, .topic = topic_of(room, SS_TOPIC_LIVE)};
    target.topic.kind = effect->live.batch.kind;
    int error = ss_live_encode(room->agent->codec, &room->origin, &effect->live.batch, effect->live.stamps, emit_live, &target);
    if (error != SS_WIRE_OK) {
        ss_room_refused(room, "encode", ss_codec_problem(room->agent->codec));
    }
}

void ss_to_broker_self(struct ss_room *room) {
    if (!room->self_known) {
        return;
    }
    struct ss_slice capabilities[] = {ss_slice_text("sync")};
    struct ss_peer_message *self = &room->self;
    ss_client_describe(room, self);
    self->capabilities = capabilities;
    self->capability_count = sizeof(capabilities) / sizeof(capabilities[0]);
    self->vector.entries = (const struct ss_vector_entry *)(const void *)room->vector.data;
    self->missing = room->missing;
    self->has_time = true;
    self->time_ms = (uint64_t)((int64_t)ss_wall_ms() + room->agent->clock_offset_ms); // not by the peers' median, which is made of these
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_PEER);
    int error = ss_peer_encode(room->agent->codec, self, out);
    publish(room, &topic, error, (struct ss_publication){.payload = ss_buffer_slice(out), .qos = 1, .retained = true});
}

void ss_to_broker_peer(struct ss_room *room, const struct ss_effect *effect) {
    ss_buffer_clear(&room->vector);
    if (!ss_buffer_append(&room->vector, effect->peer.vector.entries, effect->peer.vector.count * sizeof(struct ss_vector_entry))) {
        ss_room_refused(room, "limit", "too many origins for a peer message");
        return;
    }
    room->self.vector.count = effect->peer.vector.count;
    room->self.digest = effect->peer.digest;
    room->self.entities = effect->peer.entities;
    room->self.ready = effect->peer.ready;
    room->self.keeps = effect->peer.keeps;
    room->self.missing_count = effect->peer.missing_count;
    if (effect->peer.missing_count > 0) {
        memcpy(room->missing, effect->peer.missing, effect->peer.missing_count * sizeof(*room->missing));
    }
    room->self_known = true;
    ss_to_broker_self(room);
}

void ss_to_broker_call(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_call call = {.from = room->origin,
                           .user = ss_slice_text(room->agent->config.user),
                           .call = effect->call_sync.call,
                           .vector = effect->call_sync.vector,
                           .buckets = effect->call_sync.buckets,
                           .blobs = effect->call_sync.blobs};
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_CALL);
    topic.origin = effect->call_sync.to;
    topic.name = ss_slice_text("sync");
    int error = ss_call_encode(room->agent->codec, &call, out);
    publish(room, &topic, error, (struct ss_publication){.payload = ss_buffer_slice(out), .qos = 1});
}

void ss_to_broker_reply(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_reply reply = {.sync = effect->reply.reply};
    reply.sync.from = room->origin;
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_REPLY);
    topic.origin = effect->reply.to;
    topic.user = effect->reply.user;
    int error = ss_reply_encode(room->agent->codec, &reply, out);
    publish(room, &topic, error, (struct ss_publication){.payload = ss_buffer_slice(out), .qos = 1});
}

void ss_to_broker_checkpoint(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_CHECKPOINT);
    int error = ss_checkpoint_encode(room->agent->codec, &effect->checkpoint, out);
    publish(room, &topic, error, (struct ss_publication){.payload = ss_buffer_slice(out), .qos = 1, .retained = true});
}

static void on_presence_tick(uv_timer_t *timer) { ss_to_broker_presence(timer->data); }

void ss_to_broker_presence(struct ss_room *room) {
    if (room->presence.len == 0 || uv_is_active((uv_handle_t *)&room->presence_tick)) {
        return;
    }
    struct ss_buffer *out = scratch(room);
    struct ss_topic topic = topic_of(room, SS_TOPIC_PRESENCE);
    int error = ss_presence_encode(room->agent->codec, ss_buffer_slice(&room->presence), out);
    publish(room, &topic, error, (struct ss_publication){.payload = ss_buffer_slice(out)});
    ss_buffer_clear(&room->presence);
    uv_timer_start(&room->presence_tick, on_presence_tick, PRESENCE_MS, 0);
}
