// SPDX-License-Identifier: Apache-2.0
// Inside of the connection to the broker, shared by link.c (when) and paho.c (how).
#ifndef SS_EDGES_LINK_H
#define SS_EDGES_LINK_H

#include "edges/broker.h"

#include <MQTTAsync.h>
#include <stdatomic.h>

enum { SS_MQTT_5 = 5, SS_MQTT_311 = 4 };

// ss_sent is a publication that waits for its PUBACK. It is posted as mail when that comes.
struct ss_sent {
    struct ss_mail mail;
    struct ss_session *session;
    struct ss_sent *next, *previous;
    uint64_t token;
    uint64_t at_ms;
    int reason; // MQTT 5: why it was not taken; 0: it was
};

// ss_session is one MQTTAsync handle. Paho's threads know it until MQTTAsync_destroy; mail that is older than that finds `link` NULL.
struct ss_session {
    struct ss_link *link;
    struct ss_mailbox *mailbox;
    MQTTAsync handle;
    int version;
    struct ss_sent *sent; // the loop's
    atomic_bool overrun;  // the mailbox was full and something was dropped
};

enum ss_news_type { SS_NEWS_CONNECTED, SS_NEWS_FAILED, SS_NEWS_LOST, SS_NEWS_SUBSCRIBED, SS_NEWS_GONE };

enum ss_link_phase { SS_LINK_OFFLINE, SS_LINK_CONNECTING, SS_LINK_SUBSCRIBING, SS_LINK_CONNECTED, SS_LINK_REFUSED, SS_LINK_CLOSING };

struct ss_link {
    struct ss_room *room;
    struct ss_session *session;
    enum ss_link_phase phase;
    int version;       // to try next, or in use
    unsigned failures; // in a row
    bool was_connected;
    bool only_311;   // the broker said so
    bool complained; // since it was connected last
    uint64_t written_before;
    uint64_t connected_at_ms;
    bool all_replayed; // this connection began with all that the broker retains
    bool replaying;    // SS_EV_REPLAYED is still to come
    uv_timer_t retry;
    uv_timer_t quiet;
    char why[256];
    double latency_ms;
    uint64_t handed; // bytes given to Paho and, by ss_paho_written, perhaps not sent yet
    uint64_t handed_at_ms;
    uint64_t skipped;
    int open_handles;
    void (*closed)(struct ss_room *room);
};

// ss_session_create makes a handle and begins to connect. Returns NULL with `link->why` filled.
struct ss_session *ss_session_create(struct ss_link *link);

// ss_session_end lets go of it: no news after this. NULL is accepted.
void ss_session_end(struct ss_session *session);

// ss_session_subscribe subscribes to everything (state included or alone). `replay`: MQTT 5: with retained state.
bool ss_session_subscribe(struct ss_session *session, bool only_state, bool replay);
bool ss_session_send(struct ss_session *session, const struct ss_publication *publication);

// ss_link_news is what sessions tell the link, on the loop. `code`: Paho's or MQTT's reason; `text` may be empty.
void ss_link_news(struct ss_link *link, enum ss_news_type type, int code, const char *text);
void ss_link_acknowledged(struct ss_link *link, const struct ss_sent *sent);

#endif
