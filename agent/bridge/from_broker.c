// SPDX-License-Identifier: Apache-2.0
// A bridge says at <root>/json/bridge, retained, that it is the one of its scene: {v, bridge: its id}, or null when there is none. The broker gives
// everybody the same last word of it, so whoever reads its own id there is at work; the others only listen.
#include "bridge/scene.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "util/bytes.h"

#include <stdio.h>
#include <string.h>

enum {
    CLAIM_MS = 500,  // after a subscription, or since there is none: time for somebody else's claim to arrive
    SETTLE_MS = 250, // without a retained message: all have come
    GOODBYE_MS = 500,
    CLAIM_MAX = 128,
    MIRROR_TOKEN = 1, // of a retained message of the mirror; 0: nobody waits
};

static const char NO_BRIDGE[] = "{\"v\": 1, \"bridge\": null}";

static void connect_now(struct ss_bridge_scene *scene);

// ---- Who is the bridge --------------------------------------------------------------------------------------------------------------------

static bool publish(struct ss_bridge_scene *scene, const char *topic, const void *payload, size_t size, bool retained, uint64_t token) {
    struct ss_publication publication = {.topic = topic,
                                         .payload = ss_slice_of(payload, size),
                                         .content_type = size > 0 ? "application/json" : NULL,
                                         .qos = 1,
                                         .retained = retained,
                                         .token = token};
    return scene->connected && ss_session_send(scene->session, &publication);
}

static void claim_topic(const struct ss_bridge_scene *scene, char topic[SS_MAX_TOPIC]) {
    snprintf(topic, SS_MAX_TOPIC, "%s/bridge", scene->root);
}

static size_t claim_text(const struct ss_bridge_scene *scene, char text[CLAIM_MAX]) {
    return (size_t)snprintf(text, CLAIM_MAX, "{\"v\": 1, \"bridge\": \"%s\"}", scene->bridge->id);
}

static void on_claim(uv_timer_t *timer) {
    struct ss_bridge_scene *scene = timer->data;
    char topic[SS_MAX_TOPIC], text[CLAIM_MAX];
    claim_topic(scene, topic);
    publish(scene, topic, text, claim_text(scene, text), true, 0);
}

static void claim_soon(struct ss_bridge_scene *scene) {
    uint32_t random = 0;
    uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
    uv_timer_start(&scene->claim, on_claim, CLAIM_MS + random % CLAIM_MS, 0);
}

static void on_settled(uv_timer_t *timer) {
    struct ss_bridge_scene *scene = timer->data;
    scene->settled = true;
    ss_mirror_mark_all(scene);
    ss_mirror_go(scene);
}

static void begin_work(struct ss_bridge_scene *scene) {
    if (!scene->active) {
        ss_log("scene %s: at work at %s", scene->name, scene->bridge->config.broker);
        scene->active = true;
        scene->settled = false;
        uv_timer_start(&scene->settle, on_settled, SETTLE_MS, 0);
    }
}

static void take_claim(struct ss_bridge_scene *scene, struct ss_slice payload) {
    char mine[CLAIM_MAX];
    if (ss_slice_equal(payload, ss_slice_of(mine, claim_text(scene, mine)))) {
        uv_timer_stop(&scene->claim);
        begin_work(scene);
        return;
    }
    if (scene->active) {
        ss_log("scene %s: another bridge is at work; waiting until it goes", scene->name);
        scene->active = false;
    }
    if (payload.len == 0 || ss_slice_equal(payload, ss_slice_text(NO_BRIDGE))) {
        claim_soon(scene);
    } else {
        uv_timer_stop(&scene->claim);
    }
}

// ---- What arrives -------------------------------------------------------------------------------------------------------------------------

static void take_mirrored(struct ss_bridge_scene *scene, const struct ss_topic *topic, struct ss_slice payload, bool retained) {
    if (scene->active && !retained) {
        return; // our own, from a broker that cannot leave them out
    }
    struct ss_entry_key key = {.kind = ""};
    memcpy(key.kind, topic->kind.data, topic->kind.len);
    memcpy(key.id.b, topic->uuid.b, sizeof(key.id.b));
    ss_mirror_heard(scene, &key, payload.data, payload.len);
    if (scene->active && !scene->settled) {
        uv_timer_start(&scene->settle, on_settled, SETTLE_MS, 0);
    }
}

static void on_message(void *owner, struct ss_slice text, struct ss_slice payload, bool retained) {
    struct ss_bridge_scene *scene = owner;
    struct ss_topic topic;
    char claim[SS_MAX_TOPIC];
    claim_topic(scene, claim);
    if (scene->closing) {
        return;
    }
    if (ss_slice_equal(text, ss_slice_text(claim))) {
        take_claim(scene, payload);
    } else if (text.len > 4 && memcmp(text.data + text.len - 4, "/set", 4) == 0) {
        if (scene->active) {
            ss_update_take(scene, text, payload, retained);
        }
    } else if (ss_topic_parse(scene->bridge->config.prefix, text, &topic) && topic.type == SS_TOPIC_JSON) {
        take_mirrored(scene, &topic, payload, retained);
    }
}

static void on_acknowledged(void *owner, const struct ss_sent *sent) {
    struct ss_bridge_scene *scene = owner;
    if (sent->reason != 0 && !scene->complained) {
        ss_log("scene %s: the broker does not let this user publish JSON here (reason %d)", scene->name, sent->reason);
        scene->complained = true;
    }
    if (sent->token == MIRROR_TOKEN) {
        ss_mirror_acknowledged(scene);
    }
}

bool ss_bridge_publish(struct ss_bridge_scene *scene, const char *topic, const void *payload, size_t size, bool retained) {
    return publish(scene, topic, payload, size, retained, retained ? MIRROR_TOKEN : 0);
}

// ---- The connection -----------------------------------------------------------------------------------------------------------------------

static bool subscribe(struct ss_bridge_scene *scene) {
    // Our own claim comes back: that is how we know that it is the last.
    struct ss_filter filters[] = {{.qos = 1, .replay = true}, {.qos = 1, .no_local = true, .replay = true}, {.qos = 1, .no_local = true}};
    claim_topic(scene, filters[0].topic);
    snprintf(filters[1].topic, SS_MAX_TOPIC, "%s/+/+", scene->root);
    snprintf(filters[2].topic, SS_MAX_TOPIC, "%s/+/+/set", scene->root);
    return ss_session_subscribe(scene->session, filters, sizeof(filters) / sizeof(filters[0]));
}

static void on_retry(uv_timer_t *timer) { connect_now(timer->data); }

static void lose_broker(struct ss_bridge_scene *scene) {
    if (scene->connected) {
        ss_attempts_lost(&scene->attempts, uv_now(&scene->bridge->loop) - scene->connected_at);
    }
    ss_session_end(scene->session);
    scene->session = NULL;
    scene->connected = scene->active = scene->settled = false;
    scene->in_flight = 0;
    uv_timer_stop(&scene->claim);
    uv_timer_stop(&scene->settle);
    uv_timer_start(&scene->retry, on_retry, ss_attempts_wait(&scene->attempts), 0);
}

static void on_failed(struct ss_bridge_scene *scene, int code, const char *text) {
    bool refused = ss_attempts_failed(&scene->attempts, code);
    if (!scene->why[0]) {
        snprintf(scene->why, sizeof(scene->why), "%s",
                 refused   ? "the broker refuses this user and password"
                 : text[0] ? text
                           : "no answer");
        ss_log("scene %s: cannot connect to %s: %s (%d); trying again", scene->name, scene->bridge->config.broker, scene->why, code);
    }
    lose_broker(scene);
}

static void on_subscribed(struct ss_bridge_scene *scene, int code) {
    if (code < 0) {
        lose_broker(scene);
        return;
    }
    if (code >= 0x80) {
        ss_log("scene %s: the broker does not let this user read JSON here", scene->name);
    }
    scene->why[0] = '\0';
    claim_soon(scene);
}

static void on_news(void *owner, enum ss_news_type type, int code, const char *text) {
    struct ss_bridge_scene *scene = owner;
    if (scene->closing) {
        return;
    }
    switch (type) {
    case SS_NEWS_CONNECTED:
        scene->connected = true;
        scene->connected_at = uv_now(&scene->bridge->loop);
        ss_mirror_forget(scene);
        if (!subscribe(scene)) {
            lose_broker(scene);
        }
        break;
    case SS_NEWS_FAILED: on_failed(scene, code, text); break;
    case SS_NEWS_SUBSCRIBED: on_subscribed(scene, code); break;
    case SS_NEWS_LOST:
        ss_log("scene %s: lost the broker %s %s", scene->name, scene->bridge->config.broker, text);
        lose_broker(scene);
        break;
    case SS_NEWS_GONE: break;
    }
}

static void on_overrun(void *owner) {
    struct ss_bridge_scene *scene = owner;
    ss_log("scene %s: messages came faster than they could be taken; some updates were lost", scene->name);
}

static void connect_now(struct ss_bridge_scene *scene) {
    static const struct ss_session_calls calls = {on_news, on_message, on_overrun, on_acknowledged};
    char topic[SS_MAX_TOPIC], start[17];
    claim_topic(scene, topic);
    snprintf(start, sizeof(start), "json-%s", scene->bridge->id);
    ss_attempts_begin(&scene->attempts);
    struct ss_session_options options = {.config = &scene->bridge->config,
                                         .mailbox = &scene->bridge->mailbox,
                                         .version = scene->attempts.version,
                                         .client_id_start = ss_slice_text(start),
                                         .will_topic = topic,
                                         .will = ss_slice_text(NO_BRIDGE),
                                         .calls = &calls,
                                         .owner = scene};
    scene->session = ss_session_create(&options, scene->why, sizeof(scene->why));
    if (scene->session == NULL) {
        ss_log("scene %s: %s", scene->name, scene->why);
        lose_broker(scene);
    }
}

// ---- Life ---------------------------------------------------------------------------------------------------------------------------------

static void start_timer(struct ss_bridge_scene *scene, uv_timer_t *timer) {
    uv_timer_init(&scene->bridge->loop, timer);
    timer->data = scene;
    scene->open_handles++;
}

bool ss_bridge_connect(struct ss_bridge_scene *scene) {
    int len = snprintf(scene->root, sizeof(scene->root), "%s/v1/%s/json", scene->bridge->config.prefix, scene->name);
    uv_timer_t *timers[] = {&scene->again, &scene->tick, &scene->certain, &scene->retry, &scene->claim, &scene->settle};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        start_timer(scene, timers[i]);
    }
    connect_now(scene);
    return len < (int)sizeof(scene->root);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct ss_bridge_scene *scene = handle->data;
    if (--scene->open_handles == 0) {
        ss_bridge_closed(scene->bridge);
    }
}

static void on_goodbye(uv_timer_t *timer) {
    struct ss_bridge_scene *scene = timer->data;
    uv_timer_t *timers[] = {&scene->again, &scene->tick, &scene->certain, &scene->retry, &scene->claim, &scene->settle};
    ss_session_end(scene->session);
    scene->session = NULL;
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_close((uv_handle_t *)timers[i], on_handle_closed);
    }
}

void ss_bridge_disconnect(struct ss_bridge_scene *scene) {
    uint64_t wait = 0;
    if (scene->active) {
        char topic[SS_MAX_TOPIC];
        claim_topic(scene, topic);
        publish(scene, topic, NO_BRIDGE, sizeof(NO_BRIDGE) - 1, true, 0);
    }
    if (scene->connected) {
        ss_session_goodbye(scene->session, GOODBYE_MS);
        wait = GOODBYE_MS;
    }
    scene->closing = true;
    uv_timer_start(&scene->retry, on_goodbye, wait, 0);
}
