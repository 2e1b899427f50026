// SPDX-License-Identifier: Apache-2.0
#include "doctor/mqtt.h"

#include "edges/attempts.h"
#include "edges/paho_connect.h"
#include "edges/paho_why.h"
#include "edges/session.h"
#include "wire/topics.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { ANSWER_MS = 10000, ARRIVALS = 64 };

struct ss_arrived {
    char topic[SS_MAX_TOPIC];
    size_t len;
    bool retained, seen;
};

struct ss_mqtt {
    MQTTAsync handle;
    int version;
    struct ss_mqtt_limits limits;
    pthread_mutex_t lock; // of the rest, which Paho's thread fills
    pthread_cond_t news;
    bool answered, lost;
    int code; // of the answer; 0 to 2: good
    char why[256];
    unsigned count;
    struct ss_arrived arrived[ARRIVALS];
    const char *wanted; // the topic whose retained payload goes into `payload`; NULL: none, or it is there
    struct ss_buffer *payload;
};

// ---- Paho's thread ----------------------------------------------------------------------------------------------------------------------

static void answer(struct ss_mqtt *mqtt, int code, const char *why) {
    pthread_mutex_lock(&mqtt->lock);
    mqtt->answered = true;
    mqtt->code = code;
    snprintf(mqtt->why, sizeof(mqtt->why), "%s", why != NULL ? why : "");
    pthread_cond_broadcast(&mqtt->news);
    pthread_mutex_unlock(&mqtt->lock);
}

static void on_success(void *context, MQTTAsync_successData *data) {
    (void)data;
    answer(context, 0, NULL);
}

static void on_failure(void *context, MQTTAsync_failureData *data) {
    answer(context, data != NULL ? data->code : -1, ss_paho_why_failed(data != NULL ? data->message : NULL));
}

static void on_success5(void *context, MQTTAsync_successData5 *data) { answer(context, (int)data->reasonCode, NULL); }

static void on_failure5(void *context, MQTTAsync_failureData5 *data) {
    const int code = data == NULL ? -1 : data->reasonCode != 0 ? (int)data->reasonCode : data->code;
    answer(context, code, ss_paho_why_failed(data != NULL ? data->message : NULL));
}

static int limit_of(MQTTProperties *properties, enum MQTTPropertyCodes code, int otherwise) {
    return MQTTProperties_hasProperty(properties, code) ? (int)MQTTProperties_getNumericValue(properties, code) : otherwise;
}

static void on_connected5(void *context, MQTTAsync_successData5 *data) {
    struct ss_mqtt *mqtt = context;
    mqtt->limits.packet_bytes = (uint32_t)limit_of(&data->properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, -1);
    mqtt->limits.retains = limit_of(&data->properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1) != 0;
    mqtt->limits.wildcards = limit_of(&data->properties, MQTTPROPERTY_CODE_WILDCARD_SUBSCRIPTION_AVAILABLE, 1) != 0;
    mqtt->limits.qos = limit_of(&data->properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, 2);
    answer(mqtt, 0, NULL);
}

static int on_arrived(void *context, char *topic, int topic_len, MQTTAsync_message *message) {
    struct ss_mqtt *mqtt = context;
    (void)topic_len;
    pthread_mutex_lock(&mqtt->lock);
    struct ss_arrived *arrived = &mqtt->arrived[mqtt->count++ % ARRIVALS];
    *arrived = (struct ss_arrived){.len = (size_t)message->payloadlen, .retained = message->retained != 0};
    snprintf(arrived->topic, sizeof(arrived->topic), "%s", topic);
    if (mqtt->wanted != NULL && arrived->retained && strcmp(topic, mqtt->wanted) == 0 &&
        ss_buffer_append(mqtt->payload, message->payload, arrived->len)) {
        mqtt->wanted = NULL;
    }
    pthread_cond_broadcast(&mqtt->news);
    pthread_mutex_unlock(&mqtt->lock);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_lost(void *context, char *cause) {
    struct ss_mqtt *mqtt = context;
    (void)cause;
    pthread_mutex_lock(&mqtt->lock);
    mqtt->lost = true;
    pthread_cond_broadcast(&mqtt->news);
    pthread_mutex_unlock(&mqtt->lock);
}

static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason) {
    (void)properties;
    (void)reason;
    on_lost(context, NULL);
}

// ---- Waiting ----------------------------------------------------------------------------------------------------------------------------

static struct timespec in_ms(unsigned ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

// Returns the answer's code, or -1 when none came.
static int wait_answer(struct ss_mqtt *mqtt) {
    const struct timespec until = in_ms(ANSWER_MS);
    pthread_mutex_lock(&mqtt->lock);
    while (!mqtt->answered && !mqtt->lost && pthread_cond_timedwait(&mqtt->news, &mqtt->lock, &until) == 0) {}
    const int code = mqtt->answered ? mqtt->code : -1;
    pthread_mutex_unlock(&mqtt->lock);
    return code;
}

static struct ss_arrived *find_locked(struct ss_mqtt *mqtt, const char *topic, size_t len, bool retained) {
    for (unsigned i = 0; i < ARRIVALS && i < mqtt->count; i++) {
        struct ss_arrived *arrived = &mqtt->arrived[i];
        if (!arrived->seen && arrived->len == len && arrived->retained == retained && strcmp(arrived->topic, topic) == 0) {
            return arrived;
        }
    }
    return NULL;
}

bool ss_mqtt_comes(struct ss_mqtt *mqtt, const char *topic, size_t len, bool retained, unsigned ms) {
    const struct timespec until = in_ms(ms);
    struct ss_arrived *arrived;
    pthread_mutex_lock(&mqtt->lock);
    while ((arrived = find_locked(mqtt, topic, len, retained)) == NULL && !mqtt->lost &&
           pthread_cond_timedwait(&mqtt->news, &mqtt->lock, &until) == 0) {}
    if (arrived != NULL) {
        arrived->seen = true;
    }
    pthread_mutex_unlock(&mqtt->lock);
    return arrived != NULL;
}

// ---- Connecting -------------------------------------------------------------------------------------------------------------------------

static int connect_to(struct ss_mqtt *mqtt, const struct ss_config *config) {
    const bool mqtt5 = mqtt->version == MQTTVERSION_5;
    struct ss_paho_connect connect;
    ss_paho_connect_init(&connect, config, mqtt5);
    connect.options.connectTimeout = ANSWER_MS / 1000;
    connect.options.context = mqtt;
    connect.options.onSuccess = mqtt5 ? NULL : on_success;
    connect.options.onFailure = mqtt5 ? NULL : on_failure;
    connect.options.onSuccess5 = mqtt5 ? on_connected5 : NULL;
    connect.options.onFailure5 = mqtt5 ? on_failure5 : NULL;
    const int error = MQTTAsync_connect(mqtt->handle, &connect.options);
    if (error != MQTTASYNC_SUCCESS) {
        snprintf(mqtt->why, sizeof(mqtt->why), "%s", MQTTAsync_strerror(error));
        return -1;
    }
    return wait_answer(mqtt);
}

static struct ss_mqtt *open_with(const struct ss_config *config, int version, int *code, char why[256]) {
    struct ss_mqtt *mqtt = calloc(1, sizeof(*mqtt));
    uint8_t random[6];
    char id[24] = "doctor-";
    *code = -1;
    snprintf(why, 256, "memory was denied");
    if (mqtt == NULL || getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        free(mqtt);
        return NULL;
    }
    ss_hex_format(random, sizeof(random), id + strlen(id));
    pthread_mutex_init(&mqtt->lock, NULL);
    pthread_cond_init(&mqtt->news, NULL);
    mqtt->version = version;
    mqtt->limits = (struct ss_mqtt_limits){.packet_bytes = UINT32_MAX, .retains = true, .wildcards = true, .qos = 2};
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.MQTTVersion = version;
    const int error = MQTTAsync_createWithOptions(&mqtt->handle, config->broker, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
    if (error == MQTTASYNC_SUCCESS) {
        MQTTAsync_setCallbacks(mqtt->handle, mqtt, on_lost, on_arrived, NULL);
        MQTTAsync_setDisconnected(mqtt->handle, mqtt, on_disconnected);
        *code = connect_to(mqtt, config);
    } else {
        snprintf(mqtt->why, sizeof(mqtt->why), "%s", MQTTAsync_strerror(error));
    }
    snprintf(why, 256, "%s", mqtt->why[0] != '\0' ? mqtt->why : "no answer to CONNECT; is this an MQTT broker's address?");
    if (*code != 0) {
        ss_mqtt_close(mqtt);
        return NULL;
    }
    return mqtt;
}

struct ss_mqtt *ss_mqtt_open(const struct ss_config *config, int *version, int *code, char why[256]) {
    if (*version != 0) {
        return open_with(config, *version, code, why);
    }
    *version = SS_MQTT_5;
    struct ss_mqtt *mqtt = open_with(config, *version, code, why);
    if (mqtt == NULL && !ss_attempts_refused(*version, *code)) {
        *version = SS_MQTT_311;
        mqtt = open_with(config, *version, code, why);
    }
    return mqtt;
}

void ss_mqtt_close(struct ss_mqtt *mqtt) {
    if (mqtt == NULL) {
        return;
    }
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    if (mqtt->handle != NULL) {
        MQTTAsync_disconnect(mqtt->handle, &options);
        MQTTAsync_destroy(&mqtt->handle);
    }
    free(mqtt);
}

const struct ss_mqtt_limits *ss_mqtt_limits(const struct ss_mqtt *mqtt) { return &mqtt->limits; }

// ---- What is asked ----------------------------------------------------------------------------------------------------------------------

static MQTTAsync_responseOptions response_to(struct ss_mqtt *mqtt) {
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.context = mqtt;
    if (mqtt->version == MQTTVERSION_5) {
        options.onSuccess5 = on_success5;
        options.onFailure5 = on_failure5;
    } else {
        options.onSuccess = on_success;
        options.onFailure = on_failure;
    }
    pthread_mutex_lock(&mqtt->lock);
    mqtt->answered = false;
    pthread_mutex_unlock(&mqtt->lock);
    return options;
}

bool ss_mqtt_subscribe(struct ss_mqtt *mqtt, const char *filter) {
    MQTTAsync_responseOptions options = response_to(mqtt);
    if (MQTTAsync_subscribe(mqtt->handle, filter, 1, &options) != MQTTASYNC_SUCCESS) {
        return false;
    }
    const int code = wait_answer(mqtt);
    return code >= 0 && code <= 2;
}

bool ss_mqtt_publish(struct ss_mqtt *mqtt, const char *topic, struct ss_slice payload, bool retain) {
    MQTTAsync_responseOptions options = response_to(mqtt);
    MQTTAsync_message message = MQTTAsync_message_initializer;
    message.payload = (void *)(uintptr_t)payload.data; // Paho copies it
    message.payloadlen = (int)payload.len;
    message.qos = 1;
    message.retained = retain;
    if (MQTTAsync_sendMessage(mqtt->handle, topic, &message, &options) != MQTTASYNC_SUCCESS) {
        return false;
    }
    const int code = wait_answer(mqtt);
    return code >= 0 && code < 0x80;
}

bool ss_mqtt_retained(struct ss_mqtt *mqtt, const char *topic, struct ss_buffer *payload, unsigned ms) {
    pthread_mutex_lock(&mqtt->lock);
    mqtt->wanted = topic;
    mqtt->payload = payload;
    pthread_mutex_unlock(&mqtt->lock);
    const bool subscribed = ss_mqtt_subscribe(mqtt, topic);
    const struct timespec until = in_ms(ms);
    pthread_mutex_lock(&mqtt->lock);
    while (subscribed && mqtt->wanted != NULL && !mqtt->lost && pthread_cond_timedwait(&mqtt->news, &mqtt->lock, &until) == 0) {}
    const bool came = mqtt->wanted == NULL;
    mqtt->wanted = NULL;
    pthread_mutex_unlock(&mqtt->lock);
    return came;
}
