// SPDX-License-Identifier: Apache-2.0
#include "edges/subscribe.h"

#include "edges/agent.h"
#include "util/bytes.h"

static struct ss_filter filter_of(const struct ss_room *room, enum ss_topic_type type, int qos, bool replay) {
    const char *user = room->agent->config.user;
    struct ss_topic topic = {.type = type, .scene = ss_slice_text(room->name), .user = ss_slice_text(user), .origin = room->origin};
    // Our own `online` comes back: that is the probe for the end of a replay.
    struct ss_filter filter = {.qos = qos, .no_local = type != SS_TOPIC_ONLINE, .replay = replay};
    ss_topic_filter(room->agent->config.prefix, &topic, filter.topic);
    return filter;
}

bool ss_subscribe(struct ss_session *session, const struct ss_room *room, bool replay) {
    // In this order: some brokers replay a thousand messages and no more, and the scene must not take the place of those that help.
    const struct ss_filter filters[] = {
        filter_of(room, SS_TOPIC_CHECKPOINT, 1, true), filter_of(room, SS_TOPIC_ONLINE, 1, true),
        filter_of(room, SS_TOPIC_PEER, 1, true),       filter_of(room, SS_TOPIC_STATE, 1, replay),
        filter_of(room, SS_TOPIC_LIVE, 0, false),      filter_of(room, SS_TOPIC_PRESENCE, 0, false),
        filter_of(room, SS_TOPIC_CALL, 1, false),      filter_of(room, SS_TOPIC_REPLY, 1, false),
    };
    return ss_session_subscribe(session, filters, sizeof(filters) / sizeof(filters[0]));
}

bool ss_subscribe_again(struct ss_session *session, const struct ss_room *room) {
    const struct ss_filter state = filter_of(room, SS_TOPIC_STATE, 1, true);
    return ss_session_subscribe(session, &state, 1);
}
