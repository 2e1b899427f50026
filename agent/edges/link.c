// SPDX-License-Identifier: Apache-2.0
// A scene's connection to the broker: when to connect, when to subscribe, when a replay is over.
#include "edges/attempts.h"
#include "edges/broker.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/paho_socket.h"
#include "edges/subscribe.h"
#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUIET_MS = 250,       // without a retained message after our own probe came back: the replay is over
    PROBE_WAIT_MS = 5000, // when the probe never comes back
    GOODBYE_MS = 500,
    BEHIND_BYTES = 8 << 20, // unsent: QoS 0 is skipped
    BEHIND_FORGET_MS = 1000,
};

enum ss_link_phase { SS_LINK_OFFLINE, SS_LINK_CONNECTING, SS_LINK_SUBSCRIBING, SS_LINK_CONNECTED, SS_LINK_REFUSED, SS_LINK_CLOSING };

struct ss_link {
    struct ss_room *room;
    struct ss_session *session;
    enum ss_link_phase phase;
    struct ss_attempts attempts;
    bool complained; // since it was connected last
    uint64_t connected_at_ms;
    int largest;       // packet that the broker takes, as it said; 0: it did not
    bool all_replayed; // this connection began with all that the broker retains
    bool replaying;    // SS_EV_REPLAYED is still to come
    uv_timer_t retry;
    uv_timer_t quiet;
    char why[512];
    double latency_ms;
    uint64_t handed; // bytes given to Paho and, by ss_paho_written, perhaps not sent yet
    uint64_t handed_at_ms;
    uint64_t skipped;
    int open_handles;
    void (*closed)(struct ss_room *room);
};

static void connect_now(struct ss_link *link);

static void on_retry(uv_timer_t *timer) { connect_now(timer->data); }

static void give_up_session(struct ss_link *link, enum ss_link_phase phase) {
    struct ss_room *room = link->room;
    bool was_connected = link->phase == SS_LINK_CONNECTED;
    if (was_connected) {
        ss_attempts_lost(&link->attempts, ss_now_ms(room->agent) - link->connected_at_ms);
    }
    ss_session_end(link->session);
    link->session = NULL;
    link->phase = phase;
    link->replaying = false;
    uv_timer_stop(&link->quiet);
    uv_timer_start(&link->retry, on_retry, ss_attempts_wait(&link->attempts), 0);
    ss_room_status(room);
    if (was_connected) {
        ss_room_step(room, &(struct ss_event){.type = SS_EV_DISCONNECTED});
    }
}

static void on_news(void *owner, enum ss_news_type type, int code, const char *text);
static void on_message(void *owner, struct ss_slice topic, struct ss_slice payload, bool retained);
static void on_overrun(void *owner);
static void on_acknowledged(void *owner, const struct ss_sent *sent);

static struct ss_session *create_session(struct ss_link *link) {
    static const struct ss_session_calls calls = {on_news, on_message, on_overrun, on_acknowledged};
    struct ss_agent *agent = link->room->agent;
    char topic[SS_MAX_TOPIC], origin[2 * sizeof(link->room->origin.b) + 1];
    ss_topic_mine(link->room, SS_TOPIC_ONLINE, topic);
    ss_hex_format(link->room->origin.b, sizeof(link->room->origin.b), origin);
    struct ss_session_options options = {.config = &agent->config,
                                         .mailbox = &agent->mailbox,
                                         .version = link->attempts.version,
                                         .client_id_start = ss_slice_text(origin),
                                         .will_topic = topic,
                                         .will = ss_online_encode(false),
                                         .calls = &calls,
                                         .owner = link};
    return ss_session_create(&options, link->why, sizeof(link->why));
}

static void connect_now(struct ss_link *link) {
    if (link->phase == SS_LINK_CLOSING) {
        return;
    }
    link->phase = SS_LINK_CONNECTING;
    link->handed = 0;
    ss_attempts_begin(&link->attempts);
    link->session = create_session(link);
    if (link->session == NULL) {
        give_up_session(link, SS_LINK_OFFLINE);
    }
    ss_room_status(link->room);
}

// ---- News -------------------------------------------------------------------------------------------------------------------------------

static void on_failed(struct ss_link *link, int code, const char *text) {
    const int version = link->attempts.version;
    bool refused = ss_attempts_failed(&link->attempts, code);
    bool other = version != link->attempts.version;
    snprintf(link->why, sizeof(link->why), "%s: %s (%d)", link->room->agent->config.broker,
             refused                         ? "the broker refuses this user and password"
             : other && version == SS_MQTT_5 ? "the broker does not answer as one of MQTT 5 would; trying 3.1.1"
             : text[0] != '\0'               ? text
                                             : "no answer to CONNECT",
             code);
    if (!link->complained) {
        ss_log("scene %s: cannot connect to %s; trying again", link->room->name, link->why);
        link->complained = true;
    }
    if (other) {
        ss_room_step(link->room, &(struct ss_event){.type = SS_EV_ANSWERED});
    }
    give_up_session(link, refused ? SS_LINK_REFUSED : SS_LINK_OFFLINE);
}

static void subscribe_first(struct ss_link *link) {
    // A peer has the scene, or what is new in it, in few messages; the core asks for a replay where there is none. MQTT 3.1.1 always replays.
    link->all_replayed = link->attempts.version == SS_MQTT_311;
    if (!ss_subscribe(link->session, link->room, link->all_replayed)) {
        give_up_session(link, SS_LINK_OFFLINE);
    }
}

static void on_connected(struct ss_link *link, int largest) {
    link->largest = largest;
    link->phase = SS_LINK_SUBSCRIBING;
    ss_room_step(link->room, &(struct ss_event){.type = SS_EV_ANSWERED});
    subscribe_first(link);
}

static void on_subscribe_again(uv_timer_t *timer) {
    struct ss_link *link = timer->data;
    if (link->phase == SS_LINK_SUBSCRIBING) {
        subscribe_first(link);
    } else {
        ss_link_reread(link);
    }
}

static void publish_online(struct ss_link *link, bool online) {
    char topic[SS_MAX_TOPIC];
    ss_topic_mine(link->room, SS_TOPIC_ONLINE, topic);
    struct ss_publication publication = {.topic = topic, .payload = ss_online_encode(online), .qos = 1, .retained = true};
    ss_link_publish(link, &publication);
}

static void on_quiet(uv_timer_t *timer) {
    struct ss_link *link = timer->data;
    link->replaying = false;
    ss_room_step(link->room, &(struct ss_event){.type = SS_EV_REPLAYED});
}

static void begin_replay(struct ss_link *link) {
    link->replaying = true;
    uv_timer_start(&link->quiet, on_quiet, PROBE_WAIT_MS, 0);
    publish_online(link, true);
}

// What people should know of a connection that stands: nothing, or that the broker takes less than our largest message.
static void say_limit(struct ss_link *link) {
    link->why[0] = '\0';
    if (link->largest > 0 && link->largest < SS_MAX_MESSAGE) {
        snprintf(link->why, sizeof(link->why), "%s takes messages of at most %d bytes; what is larger, up to %d, will not reach others",
                 link->room->agent->config.broker, link->largest, SS_MAX_MESSAGE);
        ss_log("scene %s: %s", link->room->name, link->why);
    }
}

static void on_subscribed(struct ss_link *link, int code) {
    if (code < 0) {
        give_up_session(link, SS_LINK_OFFLINE);
        return;
    }
    if (!ss_attempts_subscribed(&link->attempts, code)) {
        uv_timer_start(&link->retry, on_subscribe_again, ss_attempts_wait(&link->attempts), 0);
        return;
    }
    if (code >= 0x80) {
        ss_room_refused(link->room, "broker", "the broker refuses some subscriptions: this user may not read everything in this scene");
    }
    if (link->phase == SS_LINK_SUBSCRIBING) {
        ss_log("scene %s: connected to %s with MQTT %s", link->room->name, link->room->agent->config.broker,
               link->attempts.version == SS_MQTT_5 ? "5" : "3.1.1");
        link->phase = SS_LINK_CONNECTED;
        link->connected_at_ms = ss_now_ms(link->room->agent);
        link->complained = false;
        say_limit(link);
        ss_room_status(link->room);
        ss_room_step(link->room, &(struct ss_event){.type = SS_EV_CONNECTED, .connected = {.replays = link->all_replayed}});
    }
    begin_replay(link);
}

// A broker that limits what one user publishes ends the connection; a word of why may be lost with it.
static void on_lost(struct ss_link *link, const char *text) {
    ss_log("scene %s: lost the broker %s %s", link->room->name, link->room->agent->config.broker, text);
    give_up_session(link, SS_LINK_OFFLINE);
    if (ss_attempts_thrown_out(&link->attempts)) {
        snprintf(link->why, sizeof(link->why), "%s ends each connection soon: perhaps more is published than it lets one user",
                 link->room->agent->config.broker);
        ss_log("scene %s: %s", link->room->name, link->why);
    }
}

static void on_news(void *owner, enum ss_news_type type, int code, const char *text) {
    struct ss_link *link = owner;
    if (link->phase == SS_LINK_CLOSING) {
        return;
    }
    switch (type) {
    case SS_NEWS_CONNECTED: on_connected(link, code); break;
    case SS_NEWS_FAILED: on_failed(link, code, text); break;
    case SS_NEWS_SUBSCRIBED: on_subscribed(link, code); break;
    case SS_NEWS_LOST: on_lost(link, text); break;
    case SS_NEWS_GONE: break;
    }
}

static void on_message(void *owner, struct ss_slice topic, struct ss_slice payload, bool retained) {
    struct ss_link *link = owner;
    if (link->phase != SS_LINK_CLOSING) {
        ss_from_broker(link->room, topic, payload, retained);
    }
}

static void on_overrun(void *owner) {
    struct ss_link *link = owner;
    if (link->phase != SS_LINK_CLOSING) {
        ss_room_refused(link->room, "overrun", "messages came faster than they could be taken; asking for them again");
        ss_link_reread(link);
    }
}

static const char *refusal(int reason) {
    if (reason == SS_TOO_LARGE) {
        return "a message is larger than the broker takes (docs/brokers.md says what it must be told); others will not see these edits";
    }
    return "the broker does not let this user publish here; others will not see these edits";
}

static void on_acknowledged(void *owner, const struct ss_sent *sent) {
    struct ss_link *link = owner;
    if (link->phase == SS_LINK_CLOSING) {
        return;
    }
    if (sent->reason != 0) {
        ss_room_refused(link->room, "broker", refusal(sent->reason));
    }
    if (sent->reason == SS_NOT_ALLOWED) {
        ss_room_step(link->room, &(struct ss_event){.type = SS_EV_LOOKS_ON});
    }
    if (sent->token == 0) {
        return;
    }
    double took = (double)(uv_hrtime() - sent->at_ns) / 1e6;
    link->latency_ms = link->latency_ms < 0 ? took : link->latency_ms * 0.9 + took * 0.1;
    ss_room_step(link->room, &(struct ss_event){.type = SS_EV_PUBLISHED, .published = {.token = sent->token}});
}

// ---- The end of a replay ----------------------------------------------------------------------------------------------------------------

void ss_link_heard_self(struct ss_link *link, bool online) {
    if (link->phase != SS_LINK_CONNECTED) {
        return;
    }
    if (!online) {
        publish_online(link, true); // the will of a connection that we no longer use arrived late
    } else if (link->replaying) {
        uv_timer_start(&link->quiet, on_quiet, QUIET_MS, 0);
    }
}

void ss_link_heard_retained(struct ss_link *link) {
    if (link->replaying) {
        uint64_t left = uv_timer_get_due_in(&link->quiet);
        uv_timer_start(&link->quiet, on_quiet, left > QUIET_MS ? PROBE_WAIT_MS : QUIET_MS, 0);
    }
}

void ss_link_reread(struct ss_link *link) {
    if (link != NULL && link->phase == SS_LINK_CONNECTED) {
        ss_subscribe_again(link->session, link->room);
    }
}

static void on_restart(uv_timer_t *timer) { give_up_session(timer->data, SS_LINK_OFFLINE); }

void ss_link_restart(struct ss_link *link) {
    if (link != NULL && link->phase != SS_LINK_CLOSING) {
        uv_timer_start(&link->retry, on_restart, 0, 0);
    }
}

// ---- Publishing -------------------------------------------------------------------------------------------------------------------------

// What Paho was given and the sockets did not take yet. An estimate that is never too high: headers are not counted in.
static bool is_behind(struct ss_link *link, size_t more) {
    uint64_t now = ss_now_ms(link->room->agent), written = ss_paho_written();
    bool stale = !ss_paho_is_waiting() && now - link->handed_at_ms > BEHIND_FORGET_MS;
    if (link->handed <= written || stale) {
        link->handed = written;
    }
    if (link->handed - written > BEHIND_BYTES) {
        return true;
    }
    link->handed += more;
    link->handed_at_ms = now;
    return false;
}

void ss_link_publish(struct ss_link *link, const struct ss_publication *publication) {
    if (link == NULL || link->phase != SS_LINK_CONNECTED) {
        return;
    }
    bool behind = is_behind(link, publication->payload.len);
    if (behind && publication->qos == 0) {
        link->skipped++;
        return;
    }
    if (!ss_session_send(link->session, publication)) {
        ss_room_refused(link->room, "paho", "the MQTT library refused a message; it is published again after a reconnect");
    }
}

// ---- Life -------------------------------------------------------------------------------------------------------------------------------

struct ss_link *ss_link_create(struct ss_room *room) {
    if (room->agent->config.broker == NULL) {
        return NULL;
    }
    struct ss_link *link = ss_new(sizeof(*link));
    *link = (struct ss_link){.room = room, .latency_ms = -1};
    uv_timer_init(room->agent->loop, &link->retry);
    uv_timer_init(room->agent->loop, &link->quiet);
    link->retry.data = link->quiet.data = link;
    link->open_handles = 2;
    connect_now(link);
    return link;
}

static void on_handle_closed(uv_handle_t *handle) {
    struct ss_link *link = handle->data;
    if (--link->open_handles == 0) {
        struct ss_room *room = link->room;
        void (*closed)(struct ss_room *) = link->closed;
        free(link);
        room->link = NULL;
        closed(room);
    }
}

static void on_goodbye(uv_timer_t *timer) {
    struct ss_link *link = timer->data;
    ss_session_end(link->session);
    link->session = NULL;
    uv_close((uv_handle_t *)&link->retry, on_handle_closed);
    uv_close((uv_handle_t *)&link->quiet, on_handle_closed);
}

void ss_link_close(struct ss_link *link, void (*closed)(struct ss_room *room)) {
    link->closed = closed;
    if (link->phase == SS_LINK_CLOSING) {
        return; // the agent stops while a scene is being left
    }
    uint64_t wait = 0;
    if (link->phase == SS_LINK_CONNECTED) {
        publish_online(link, false);
        ss_session_goodbye(link->session, GOODBYE_MS);
        wait = GOODBYE_MS;
    }
    link->phase = SS_LINK_CLOSING;
    uv_timer_stop(&link->quiet);
    uv_timer_start(&link->retry, on_goodbye, wait, 0);
}

const char *ss_link_state(const struct ss_link *link, const char **why) {
    static const char *const words[] = {
        [SS_LINK_OFFLINE] = "offline",     [SS_LINK_CONNECTING] = "connecting", [SS_LINK_SUBSCRIBING] = "connecting",
        [SS_LINK_CONNECTED] = "connected", [SS_LINK_REFUSED] = "refused",       [SS_LINK_CLOSING] = "offline",
    };
    *why = link == NULL ? "no broker is configured" : link->why;
    return words[link == NULL ? SS_LINK_OFFLINE : link->phase];
}

double ss_link_latency_ms(const struct ss_link *link) { return link != NULL ? link->latency_ms : -1; }
