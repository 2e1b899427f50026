// SPDX-License-Identifier: Apache-2.0
// All that is said to Paho, and its callbacks, which only post to the mailbox: they run on Paho's threads under Paho's lock.
#include "edges/memory.h"
#include "edges/paho_connect.h"
#include "edges/paho_socket.h"
#include "edges/paho_why.h"
#include "edges/session.h"

#include <MQTTAsync.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 10, MAX_INFLIGHT = 256, MAX_WAITING = 1 << 20 }; // how much may wait is the caller's to bound, in bytes
enum { PACKET_REST = 64 };                                                  // of a PUBLISH besides topic and payload, properties included

// Paho's threads know a session until MQTTAsync_destroy; mail that is older than that finds `owner` NULL.
struct ss_session {
    const struct ss_session_calls *calls;
    void *owner;
    struct ss_mailbox *mailbox;
    MQTTAsync handle;
    int version;
    atomic_bool narrow;   // the broker takes fewer unacknowledged messages than we might send
    size_t largest;       // packet that the broker takes, as it said; 0: it did not
    struct ss_sent *sent; // the loop's
    atomic_bool overrun;  // the mailbox was full and something was dropped
    atomic_int many;      // filters of the last subscription to more than one
};

struct ss_news {
    struct ss_mail mail;
    struct ss_session *session;
    enum ss_news_type type;
    int code;
    char text[256];
};

struct ss_arrival {
    struct ss_mail mail;
    struct ss_session *session;
    MQTTAsync_message *message; // Paho's own memory: the payload is copied nowhere
    char *topic;
    int topic_len;
};

static void free_session(struct ss_session *session) {
    for (struct ss_sent *sent = session->sent, *next; sent != NULL; sent = next) {
        next = sent->next;
        free(sent);
    }
    free(session);
}

static void deliver_news(struct ss_mail *mail) {
    struct ss_news *news = (struct ss_news *)mail;
    if (news->type == SS_NEWS_GONE) {
        free_session(news->session);
    } else if (news->session->owner != NULL) {
        if (news->type == SS_NEWS_CONNECTED) {
            news->session->largest = (size_t)news->code;
        }
        news->session->calls->news(news->session->owner, news->type, news->code, news->text);
    }
    free(news);
}

static void post_news(struct ss_session *session, enum ss_news_type type, int code, const char *text) {
    struct ss_news *news = ss_new(sizeof(*news));
    *news = (struct ss_news){.mail.deliver = deliver_news, .session = session, .type = type, .code = code};
    snprintf(news->text, sizeof(news->text), "%s", text != NULL ? text : "");
    ss_mailbox_post(session->mailbox, &news->mail);
}

// ---- Paho's callbacks -------------------------------------------------------------------------------------------------------------------

static void on_connected(void *context, MQTTAsync_successData *data) {
    (void)data;
    post_news(context, SS_NEWS_CONNECTED, 0, NULL);
}

static void on_connected5(void *context, MQTTAsync_successData5 *data) {
    struct ss_session *session = context;
    int window = (int)MQTTProperties_getNumericValue(&data->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    session->narrow = window > 0 && window < MAX_INFLIGHT;
    int most = (int)MQTTProperties_getNumericValue(&data->properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE);
    post_news(context, SS_NEWS_CONNECTED, most > 0 ? most : 0, NULL); // no such property: a large negative number
}

static void on_failed(void *context, MQTTAsync_failureData *data) {
    post_news(context, SS_NEWS_FAILED, data != NULL ? data->code : 0, ss_paho_why_failed(data != NULL ? data->message : NULL));
}

static void on_failed5(void *context, MQTTAsync_failureData5 *data) {
    int code = data == NULL ? 0 : data->reasonCode != 0 ? (int)data->reasonCode : data->code;
    post_news(context, SS_NEWS_FAILED, code, ss_paho_why_failed(data != NULL ? data->message : NULL));
}

static void on_lost(void *context, char *cause) { post_news(context, SS_NEWS_LOST, 0, cause); }

static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason) {
    (void)properties;
    post_news(context, SS_NEWS_LOST, (int)reason, MQTTReasonCode_toString(reason));
}

static void on_subscribed(void *context, MQTTAsync_successData *data) {
    const struct ss_session *session = context;
    int worst = 0;
    for (int i = 0; i < session->many; i++) {
        worst = data->alt.qosList[i] > worst ? data->alt.qosList[i] : worst;
    }
    post_news(context, SS_NEWS_SUBSCRIBED, worst, NULL);
}

static void on_subscribed_one(void *context, MQTTAsync_successData *data) {
    (void)data;
    post_news(context, SS_NEWS_SUBSCRIBED, 0, NULL);
}

// Paho fills the list only when there was more than one filter.
static void on_subscribed5(void *context, MQTTAsync_successData5 *data) {
    int worst = 0;
    for (int i = 0; i < data->alt.sub.reasonCodeCount; i++) {
        worst = (int)data->alt.sub.reasonCodes[i] > worst ? (int)data->alt.sub.reasonCodes[i] : worst;
    }
    post_news(context, SS_NEWS_SUBSCRIBED, worst, NULL);
}

static void on_subscribed_one5(void *context, MQTTAsync_successData5 *data) {
    post_news(context, SS_NEWS_SUBSCRIBED, (int)data->reasonCode, NULL);
}

static void on_not_subscribed(void *context, MQTTAsync_failureData *data) {
    post_news(context, SS_NEWS_SUBSCRIBED, data != NULL ? data->code : -1, NULL);
}

static void on_not_subscribed5(void *context, MQTTAsync_failureData5 *data) {
    post_news(context, SS_NEWS_SUBSCRIBED, data != NULL ? (int)data->reasonCode : -1, NULL);
}

static void on_sent(void *context, MQTTAsync_successData *data) {
    (void)data;
    struct ss_sent *sent = context;
    ss_mailbox_post(sent->session->mailbox, &sent->mail);
}

static void on_sent5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    const struct ss_sent *done = context;
    if (done->session->narrow) {
        ss_paho_go_on();
    }
    on_sent(context, NULL);
}

// A broker's refusal ends a publication; a lost connection does not: the session's end frees it and the core publishes again.
static void on_not_sent5(void *context, MQTTAsync_failureData5 *data) {
    struct ss_sent *sent = context;
    if (data != NULL && (int)data->reasonCode >= 0x80) {
        sent->reason = (int)data->reasonCode;
        ss_mailbox_post(sent->session->mailbox, &sent->mail);
    }
}

static void deliver_arrival(struct ss_mail *mail) {
    struct ss_arrival *arrival = (struct ss_arrival *)mail;
    struct ss_session *session = arrival->session;
    if (session->owner != NULL) {
        struct ss_slice topic = {(const uint8_t *)arrival->topic, (size_t)arrival->topic_len};
        struct ss_slice payload = {arrival->message->payload, (size_t)arrival->message->payloadlen};
        session->calls->message(session->owner, topic, payload, arrival->message->retained != 0);
    }
    if (session->owner != NULL && atomic_exchange(&session->overrun, false)) {
        session->calls->overrun(session->owner);
    }
    MQTTAsync_freeMessage(&arrival->message);
    MQTTAsync_free(arrival->topic);
    free(arrival);
}

static int on_arrived(void *context, char *topic, int topic_len, MQTTAsync_message *message) {
    struct ss_session *session = context;
    struct ss_arrival *arrival = ss_new(sizeof(*arrival));
    *arrival = (struct ss_arrival){
        .mail = {.deliver = deliver_arrival, .size = sizeof(*arrival) + (size_t)message->payloadlen + 128},
        .session = session,
        .message = message,
        .topic = topic,
        .topic_len = topic_len > 0 ? topic_len : (int)strlen(topic),
    };
    if (!ss_mailbox_post(session->mailbox, &arrival->mail)) {
        session->overrun = true;
        MQTTAsync_freeMessage(&message);
        MQTTAsync_free(topic);
        free(arrival);
    }
    return 1;
}

// ---- Connecting -------------------------------------------------------------------------------------------------------------------------

static int begin_connect(struct ss_session *session, const struct ss_session_options *from) {
    const struct ss_config *config = from->config;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    will.topicName = from->will_topic;
    will.payload.data = from->will.data;
    will.payload.len = (int)from->will.len;
    will.retained = 1;
    will.qos = 1;
    const bool mqtt5 = session->version == SS_MQTT_5;
    struct ss_paho_connect connect;
    ss_paho_connect_init(&connect, config, mqtt5);
    connect.options.keepAliveInterval = (int)config->keep_alive_s;
    connect.options.connectTimeout = CONNECT_TIMEOUT_S;
    connect.options.maxInflight = MAX_INFLIGHT;
    connect.options.will = from->will_topic != NULL ? &will : NULL;
    connect.options.context = session;
    connect.options.onSuccess = mqtt5 ? NULL : on_connected;
    connect.options.onFailure = mqtt5 ? NULL : on_failed;
    connect.options.onSuccess5 = mqtt5 ? on_connected5 : NULL;
    connect.options.onFailure5 = mqtt5 ? on_failed5 : NULL;
    return MQTTAsync_connect(session->handle, &connect.options);
}

static void client_id(struct ss_slice start, char id[32]) {
    uint8_t random[3];
    uv_random(NULL, NULL, random, sizeof(random), 0, NULL);
    memcpy(id, start.data, start.len);
    id[start.len] = '-';
    ss_hex_format(random, sizeof(random), id + start.len + 1);
}

struct ss_session *ss_session_create(const struct ss_session_options *from, char *why, size_t why_size) {
    struct ss_session *session = ss_new(sizeof(*session));
    *session = (struct ss_session){.calls = from->calls, .owner = from->owner, .mailbox = from->mailbox, .version = from->version};
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.MQTTVersion = from->version == SS_MQTT_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    options.maxBufferedMessages = MAX_WAITING;
    char id[32]; // 23 characters: what every 3.1.1 broker must take
    client_id(from->client_id_start, id);
    int error = MQTTAsync_createWithOptions(&session->handle, from->config->broker, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
    if (error == MQTTASYNC_SUCCESS) {
        MQTTAsync_setCallbacks(session->handle, session, on_lost, on_arrived, NULL);
        MQTTAsync_setDisconnected(session->handle, session, on_disconnected);
        error = begin_connect(session, from);
    }
    if (error != MQTTASYNC_SUCCESS) {
        snprintf(why, why_size, "%s", MQTTAsync_strerror(error));
        ss_session_end(session);
        return NULL;
    }
    return session;
}

void ss_session_end(struct ss_session *session) {
    if (session == NULL) {
        return;
    }
    session->owner = NULL;
    MQTTAsync_destroy(&session->handle);
    post_news(session, SS_NEWS_GONE, 0, NULL); // behind everything that its callbacks posted
}

void ss_session_goodbye(struct ss_session *session, int timeout_ms) {
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    options.timeout = timeout_ms;
    MQTTAsync_disconnect(session->handle, &options);
}

// ---- Subscribing ------------------------------------------------------------------------------------------------------------------------

bool ss_session_subscribe(struct ss_session *session, const struct ss_filter *filters, int count) {
    char *topics[SS_MAX_FILTERS];
    int qos[SS_MAX_FILTERS];
    MQTTSubscribe_options each[SS_MAX_FILTERS];
    for (int i = 0; i < count; i++) {
        topics[i] = (char *)(uintptr_t)filters[i].topic;
        qos[i] = filters[i].qos;
        each[i] = (MQTTSubscribe_options)MQTTSubscribe_options_initializer;
        each[i].noLocal = filters[i].no_local;
        each[i].retainHandling = filters[i].replay ? 0 : 2;
    }
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.context = session;
    session->many = count > 1 ? count : session->many;
    if (session->version == SS_MQTT_5) {
        options.onSuccess5 = count == 1 ? on_subscribed_one5 : on_subscribed5;
        options.onFailure5 = on_not_subscribed5;
        options.subscribeOptions = each[0];
        options.subscribeOptionsList = each;
        options.subscribeOptionsCount = count;
    } else {
        options.onSuccess = count == 1 ? on_subscribed_one : on_subscribed;
        options.onFailure = on_not_subscribed;
    }
    return MQTTAsync_subscribeMany(session->handle, count, topics, qos, &options) == MQTTASYNC_SUCCESS;
}

// ---- Publishing -------------------------------------------------------------------------------------------------------------------------

static void deliver_sent(struct ss_mail *mail) {
    struct ss_sent *sent = (struct ss_sent *)mail;
    if (sent->next != NULL) {
        sent->next->previous = sent->previous;
    }
    *(sent->previous != NULL ? &sent->previous->next : &sent->session->sent) = sent->next;
    if (sent->session->owner != NULL) {
        sent->session->calls->acknowledged(sent->session->owner, sent);
    }
    free(sent);
}

static struct ss_sent *expect_puback(struct ss_session *session, uint64_t token) {
    struct ss_sent *sent = ss_new(sizeof(*sent));
    *sent = (struct ss_sent){.mail.deliver = deliver_sent, .session = session, .next = session->sent, .token = token};
    sent->at_ns = uv_hrtime();
    if (sent->next != NULL) {
        sent->next->previous = sent;
    }
    session->sent = sent;
    return sent;
}

static void add_properties(MQTTAsync_message *message, const struct ss_publication *publication) {
    if (publication->expiry_s > 0) {
        MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
        expiry.value.integer4 = publication->expiry_s;
        MQTTProperties_add(&message->properties, &expiry);
    }
    if (publication->content_type != NULL) {
        MQTTProperty type = {.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE};
        type.value.data = (MQTTLenString){(int)strlen(publication->content_type), (char *)(uintptr_t)publication->content_type};
        MQTTProperties_add(&message->properties, &type);
    }
}

// A larger packet would end the connection, again and again, and with it everything else.
static bool is_too_large(const struct ss_session *session, const struct ss_publication *publication) {
    return session->largest > 0 && publication->payload.len + strlen(publication->topic) + PACKET_REST > session->largest;
}

static void refuse_too_large(struct ss_session *session, const struct ss_publication *publication) {
    if (publication->qos > 0) {
        struct ss_sent *sent = expect_puback(session, publication->token);
        sent->reason = SS_TOO_LARGE;
        ss_mailbox_post(session->mailbox, &sent->mail);
    }
}

bool ss_session_send(struct ss_session *session, const struct ss_publication *publication) {
    if (is_too_large(session, publication)) {
        refuse_too_large(session, publication);
        return true;
    }
    MQTTAsync_message message = MQTTAsync_message_initializer;
    message.payload = (void *)(uintptr_t)publication->payload.data; // Paho copies it
    message.payloadlen = (int)publication->payload.len;
    message.qos = publication->qos;
    message.retained = publication->retained;
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    if (session->version == SS_MQTT_5) {
        add_properties(&message, publication);
    }
    if (publication->qos > 0) {
        options.context = expect_puback(session, publication->token);
        options.onSuccess5 = session->version == SS_MQTT_5 ? on_sent5 : NULL;
        options.onFailure5 = session->version == SS_MQTT_5 ? on_not_sent5 : NULL;
        options.onSuccess = session->version == SS_MQTT_5 ? NULL : on_sent;
    }
    int error = MQTTAsync_sendMessage(session->handle, publication->topic, &message, &options);
    MQTTProperties_free(&message.properties);
    return error == MQTTASYNC_SUCCESS;
}
