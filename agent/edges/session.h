// SPDX-License-Identifier: Apache-2.0
// One MQTT connection, whoever it is for: a scene of the agent (link.c) or of the JSON bridge. It is attempted once; who owns it decides when
// to make another.
#ifndef SS_EDGES_SESSION_H
#define SS_EDGES_SESSION_H

#include "edges/config.h"
#include "edges/mailbox.h"
#include "util/types.h"
#include "wire/topics.h"

enum { SS_MQTT_5 = 5, SS_MQTT_311 = 4 };

struct ss_session;

enum ss_news_type { SS_NEWS_CONNECTED, SS_NEWS_FAILED, SS_NEWS_LOST, SS_NEWS_SUBSCRIBED, SS_NEWS_GONE };

struct ss_publication {
    const char *topic;
    struct ss_slice payload;
    const char *content_type; // told where MQTT 5 is spoken; NULL: not
    int qos;
    bool retained;
    uint32_t expiry_s; // 0: none
    uint64_t token;    // what the acknowledgement is told with
};

enum { SS_NOT_ALLOWED = 0x87, SS_TOO_LARGE = 0x95 }; // MQTT 5's reason codes

// ss_sent is a publication that waits for its PUBACK. It is posted as mail when that comes.
struct ss_sent {
    struct ss_mail mail;
    struct ss_session *session;
    struct ss_sent *next, *previous;
    uint64_t token;
    uint64_t at_ns;
    int reason; // MQTT 5: why it was not taken; 0: it was
};

// ss_session_calls is what a session tells its owner, on the loop. `code`: Paho's or MQTT's reason; `text` may be empty. `overrun`: messages came
// faster than they were taken, and some were dropped. CONNECTED has as `code` the largest packet that the broker takes; 0: it did not say.
struct ss_session_calls {
    void (*news)(void *owner, enum ss_news_type type, int code, const char *text);
    void (*message)(void *owner, struct ss_slice topic, struct ss_slice payload, bool retained);
    void (*overrun)(void *owner);
    void (*acknowledged)(void *owner, const struct ss_sent *sent);
};

struct ss_session_options {
    const struct ss_config *config; // broker, user, TLS, keep-alive
    struct ss_mailbox *mailbox;
    int version;
    struct ss_slice client_id_start; // random digits follow; 16 bytes at most, for what every 3.1.1 broker must take is 23
    const char *will_topic;          // retained; NULL: no will
    struct ss_slice will;
    const struct ss_session_calls *calls;
    void *owner;
};

// ss_session_create makes a handle and begins to connect. Returns NULL with `why` filled.
struct ss_session *ss_session_create(const struct ss_session_options *options, char *why, size_t why_size);

// ss_session_end lets go of it: no news after this. NULL is accepted. ss_session_goodbye first says DISCONNECT, after what is in flight.
void ss_session_end(struct ss_session *session);
void ss_session_goodbye(struct ss_session *session, int timeout_ms);

struct ss_filter {
    char topic[SS_MAX_TOPIC];
    int qos;
    bool no_local; // MQTT 5: not what this session publishes
    bool replay;   // MQTT 5: with what is retained; 3.1.1 always replays
};

enum { SS_MAX_FILTERS = 8 };

bool ss_session_subscribe(struct ss_session *session, const struct ss_filter *filters, int count);

// ss_session_send hands one message to Paho, which copies it. Returns false when Paho refuses. One that is too large for the broker is
// acknowledged with that reason instead (QoS 0: dropped).
bool ss_session_send(struct ss_session *session, const struct ss_publication *publication);

#endif
