// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"
#include "doctor/mqtt.h"
#include "edges/attempts.h"
#include "edges/session.h"
#include "wire/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    LARGE = 256 * 1024,
    SMALL = 24,
    ROUNDS = 15,
    COMES_MS = 2000,
    LARGE_MS = 20000,
    SLOW_LARGE_MS = 3000,
    SLOW_MS = 300,
};

// ss_call is a visit to the broker: a scene of its own, with what only an editor may write (`state`) and what everybody must (`peer`).
struct ss_call {
    struct ss_report *report;
    const struct ss_config *config;
    int version;
    struct ss_mqtt *mqtt;
    char scene[SS_MAX_SCENE + 1];
    char peer[SS_MAX_TOPIC], state[SS_MAX_TOPIC], large[SS_MAX_TOPIC], checkpoint[SS_MAX_TOPIC], states[SS_MAX_TOPIC], peers[SS_MAX_TOPIC];
    uint8_t bytes[LARGE];
    bool editor;       // state was taken, and so must be cleared
    bool checkpointed; // so must the checkpoint
};

#define SAY(level, ...) ss_report(call->report, level, "broker", __VA_ARGS__)

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

// ---- Connecting -------------------------------------------------------------------------------------------------------------------------

static bool connect_again(struct ss_call *call) {
    int code;
    char why[256];
    ss_mqtt_close(call->mqtt);
    call->mqtt = ss_mqtt_open(call->config, &call->version, &code, why);
    return call->mqtt != NULL;
}

static bool check_connects(struct ss_call *call) {
    char why[256];
    int code;
    const double began = now_ms();
    call->mqtt = ss_mqtt_open(call->config, &call->version, &code, why);
    const char *url = call->config->broker, *user = call->config->broker_user;
    if (call->mqtt != NULL) {
        SAY(SS_FINE, "%s: connected in %.0f ms as %s with MQTT %s", url, now_ms() - began, user != NULL ? user : "nobody",
            call->version == SS_MQTT_5 ? "5" : "3.1.1");
    } else if (ss_attempts_refused(call->version, code)) {
        SAY(SS_PROBLEM, "%s refuses %s%s (%d); see user and password", url,
            user != NULL ? "this user and password: " : "whoever gives no user and password", user != NULL ? user : "", code);
    } else {
        SAY(SS_PROBLEM, "%s is not reached: %s (%d)", url, why, code);
    }
    return call->mqtt != NULL;
}

static bool check_limits(struct ss_call *call) {
    const struct ss_mqtt_limits *limits = ss_mqtt_limits(call->mqtt);
    if (limits->qos < 1) {
        SAY(SS_PROBLEM, "it takes no messages of QoS 1, which state messages are");
    }
    if (!limits->wildcards) {
        SAY(SS_PROBLEM, "it allows no subscriptions with wildcards: nothing of a scene arrives");
    }
    if (!limits->retains) {
        SAY(SS_PROBLEM, "it retains nothing: who joins while nobody is there finds no scene; let it retain messages");
    }
    if (limits->packet_bytes < LARGE) {
        SAY(SS_PROBLEM, "it takes messages of at most %u bytes; scenesync sends up to %d: raise message_size_limit and max_packet_size",
            limits->packet_bytes, LARGE);
    }
    return limits->qos >= 1 && limits->wildcards;
}

// ---- Rights -----------------------------------------------------------------------------------------------------------------------------

static bool build(const struct ss_call *call, struct ss_topic topic, char text[SS_MAX_TOPIC]) {
    topic.scene = (struct ss_slice){(const uint8_t *)call->scene, strlen(call->scene)};
    return ss_topic_build(call->config->prefix, &topic, text);
}

static bool filter(const struct ss_call *call, enum ss_topic_type type, char text[SS_MAX_TOPIC]) {
    const struct ss_topic topic = {.type = type, .scene = {(const uint8_t *)call->scene, strlen(call->scene)}};
    return ss_topic_filter(call->config->prefix, &topic, text);
}

// A scene that nobody has.
static bool make_topics(struct ss_call *call) {
    struct ss_topic peer = {.type = SS_TOPIC_PEER, .user = {(const uint8_t *)call->config->user, strlen(call->config->user)}};
    struct ss_topic state = {.type = SS_TOPIC_STATE, .kind = {(const uint8_t *)"object", 6}, .part = -1};
    uint8_t random[8];
    if (getrandom(call->bytes, LARGE, 0) != LARGE || getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return false;
    }
    memcpy(call->scene, "doctor-", 7);
    ss_hex_format(random, sizeof(random), call->scene + 7);
    memcpy(peer.origin.b, random, sizeof(random));
    bool ok = build(call, peer, call->peer) && build(call, state, call->state);
    state.uuid.b[0] = 1;
    return ok && build(call, state, call->large) && build(call, (struct ss_topic){.type = SS_TOPIC_CHECKPOINT}, call->checkpoint) &&
           filter(call, SS_TOPIC_STATE, call->states) && filter(call, SS_TOPIC_PEER, call->peers);
}

static struct ss_slice payload(const struct ss_call *call, size_t len) { return (struct ss_slice){call->bytes, len}; }

static bool subscribe(struct ss_call *call) {
    return ss_mqtt_subscribe(call->mqtt, call->states) && ss_mqtt_subscribe(call->mqtt, call->peers);
}

// Some brokers hang up on whoever publishes what he may not, at once or a little later.
static bool come_back(struct ss_call *call) { return connect_again(call) && subscribe(call); }

static bool goes_round(struct ss_call *call, const char *topic, size_t len, bool retain, unsigned ms) {
    return ss_mqtt_publish(call->mqtt, topic, payload(call, len), retain) && ss_mqtt_comes(call->mqtt, topic, len, false, ms);
}

static bool check_rights(struct ss_call *call) {
    if (!subscribe(call)) {
        SAY(SS_PROBLEM, "this user may not read %s and %s; allow everybody to", call->states, call->peers);
        return false;
    }
    if (!goes_round(call, call->peer, SMALL, false, COMES_MS)) {
        SAY(SS_PROBLEM, "this user may not say that he is there (%s); allow everybody to write %s/v1/+/peer/%s/+, and online and presence",
            call->peer, call->config->prefix, call->config->user);
        return false;
    }
    call->editor = goes_round(call, call->state, SMALL, true, COMES_MS);
    if (call->editor) {
        SAY(SS_FINE, "this user may look on and edit");
    } else {
        SAY(SS_WARNING, "this user may look on, but not edit (%s was refused), unless the rights are for scenes by name", call->state);
    }
    if (!call->editor && !come_back(call)) {
        SAY(SS_PROBLEM, "it does not take this user again after it refused him something");
        return false;
    }
    return true;
}

// ---- What it does with messages ---------------------------------------------------------------------------------------------------------

static int compare(const void *one, const void *other) {
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void check_latency(struct ss_call *call) {
    double took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        const double began = now_ms();
        if (!ss_mqtt_publish(call->mqtt, call->peer, payload(call, SMALL), false)) {
            SAY(SS_PROBLEM, "it does not confirm a message of QoS 1");
            return;
        }
        took[i] = now_ms() - began;
    }
    qsort(took, ROUNDS, sizeof(took[0]), compare);
    SAY(took[ROUNDS / 2] > SLOW_MS ? SS_WARNING : SS_FINE, "it confirms a message of QoS 1 in %.1f ms (median of %d)%s", took[ROUNDS / 2],
        ROUNDS, took[ROUNDS / 2] > SLOW_MS ? "; dragging will stutter: take a nearer broker" : "");
}

static void check_large(struct ss_call *call) {
    const double began = now_ms();
    const bool taken = goes_round(call, call->large, LARGE - SS_MAX_TOPIC, true, LARGE_MS);
    const double took = now_ms() - began;
    if (!taken) {
        SAY(SS_PROBLEM, "a message of 256 KiB does not pass: raise message_size_limit and max_packet_size");
    } else {
        SAY(took > SLOW_LARGE_MS ? SS_WARNING : SS_FINE, "a message of 256 KiB comes back after %.0f ms", took);
    }
}

static bool replays(struct ss_call *call, const char *filter, const char *topic) {
    return connect_again(call) && ss_mqtt_subscribe(call->mqtt, filter) && ss_mqtt_comes(call->mqtt, topic, SMALL, true, COMES_MS);
}

static void check_retained(struct ss_call *call) {
    if (replays(call, call->states, call->state)) {
        SAY(SS_FINE, "what it retains it replays to a wildcard");
    } else if (ss_mqtt_publish(call->mqtt, call->checkpoint, payload(call, SMALL), true) &&
               replays(call, call->checkpoint, call->checkpoint)) {
        SAY(SS_WARNING,
            "what it retains it does not replay to a wildcard, only to an exact topic: agents write checkpoints then, and need a store for that");
    } else {
        SAY(SS_PROBLEM, "it retains nothing: who joins while nobody is there finds no scene; let it retain messages");
    }
}

static bool clear(struct ss_call *call, const char *topic) {
    return ss_mqtt_publish(call->mqtt, topic, payload(call, 0), true) ||
           (come_back(call) && ss_mqtt_publish(call->mqtt, topic, payload(call, 0), true));
}

static void clean_up(struct ss_call *call) {
    if (clear(call, call->state) && clear(call, call->large) && (!call->checkpointed || clear(call, call->checkpoint))) {
        SAY(SS_FINE, "nothing of this check is left there");
    } else {
        SAY(SS_WARNING, "of this check may be left, to be cleared by `mosquitto_pub -r -n -t …`: %s, %s and %s", call->state, call->large,
            call->checkpoint);
    }
}

void ss_doctor_broker(struct ss_report *report, const struct ss_config *config) {
    struct ss_call *call = calloc(1, sizeof(*call));
    if (call == NULL || (call->report = report, call->config = config, !make_topics(call))) {
        ss_report(report, SS_PROBLEM, "broker", "memory was denied, so it was not looked at");
    } else if (check_connects(call) && check_limits(call) && check_rights(call)) {
        check_latency(call);
        if (call->editor) {
            check_large(call);
            check_retained(call);
            clean_up(call);
        }
    }
    if (call != NULL) {
        ss_mqtt_close(call->mqtt);
    }
    free(call);
}
