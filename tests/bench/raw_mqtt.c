// SPDX-License-Identifier: Apache-2.0
// The yardstick: what libmosquitto's own clients reach on the topics Scenesync uses.
//
//   raw_mqtt HOST PORT settled COUNT SIZE    COUNT retained QoS 1 messages, one topic each, to a subscriber
//   raw_mqtt HOST PORT live COUNT SIZE       COUNT QoS 0 messages on one topic, at most 32 MiB ahead of the subscriber
//   raw_mqtt HOST PORT latency COUNT SIZE    one QoS 0 message at a time, seldom
//
// Prints one line: messages, bytes of payload, seconds from the first publish to the last arrival; for latency the median in seconds.
#include "clock.h"

#include <mosquitto.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    const char *host;
    int port;
    bool settled;
    bool one_by_one;
    long count;
    int size;
    char root[32]; // of this run's topics, so that what an earlier run retained does not count
    atomic_long arrived;
    atomic_bool subscribed;
    sem_t one_arrived;
};

static void on_connect(struct mosquitto *client, void *context, int code) {
    struct bench *bench = context;
    if (code == 0) {
        char filter[40];
        snprintf(filter, sizeof filter, "%s/#", bench->root);
        mosquitto_subscribe(client, NULL, filter, bench->settled);
    }
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count, const int *granted) {
    (void)client, (void)mid, (void)count, (void)granted;
    struct bench *bench = context;
    bench->subscribed = true;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)client, (void)message;
    struct bench *bench = context;
    bench->arrived++;
    sem_post(&bench->one_arrived);
}

static struct mosquitto *connect_client(struct bench *bench, bool receives) {
    struct mosquitto *client = mosquitto_new(NULL, true, bench);
    if (!client) {
        return NULL;
    }
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_max_inflight_messages_set(client, 64);
    if (receives) {
        mosquitto_connect_callback_set(client, on_connect);
        mosquitto_subscribe_callback_set(client, on_subscribe);
        mosquitto_message_callback_set(client, on_message);
    }
    if (mosquitto_connect(client, bench->host, bench->port, 60) || mosquitto_loop_start(client)) {
        mosquitto_destroy(client);
        return NULL;
    }
    return client;
}

static void publish_all(struct bench *bench, struct mosquitto *sender, void *payload) {
    const long ahead = bench->settled ? 20000 : (32L << 20) / bench->size + 1;
    char topic[96];
    snprintf(topic, sizeof topic, "%s/live", bench->root);
    for (long i = 0; i < bench->count; i++) {
        if (bench->settled) {
            snprintf(topic, sizeof topic, "%s/state/object/%08lx-0000-4000-8000-000000000000", bench->root, i);
        }
        while (i - bench->arrived > ahead) {
            bench_pause_us(50);
        }
        mosquitto_publish(sender, NULL, topic, bench->size, payload, bench->settled, bench->settled);
    }
}

static void run_load(struct bench *bench, struct mosquitto *sender, void *payload) {
    double start = bench_seconds();
    publish_all(bench, sender, payload);
    while (bench->arrived < bench->count && bench_seconds() - start < 120) {
        bench_pause_us(100);
    }
    printf("%ld %ld %.6f\n", (long)bench->arrived, bench->arrived * bench->size, bench_seconds() - start);
}

static void run_latency(struct bench *bench, struct mosquitto *sender, void *payload) {
    double *times = calloc((size_t)bench->count, sizeof *times);
    char topic[96];
    snprintf(topic, sizeof topic, "%s/live", bench->root);
    for (long i = 0; times && i < bench->count; i++) {
        bench_pause_between();
        double start = bench_seconds();
        mosquitto_publish(sender, NULL, topic, bench->size, payload, 0, false);
        while (sem_wait(&bench->one_arrived) != 0) {}
        times[i] = bench_seconds() - start;
    }
    if (times) {
        printf("%.9f\n", bench_median(times, (size_t)bench->count));
    }
    free(times);
}

static int run(struct bench *bench) {
    struct mosquitto *receiver = connect_client(bench, true);
    struct mosquitto *sender = connect_client(bench, false);
    void *payload = calloc(1, (size_t)bench->size);
    if (!receiver || !sender || !payload) {
        fprintf(stderr, "raw_mqtt: no connection to %s:%d\n", bench->host, bench->port);
        return 1;
    }
    while (!bench->subscribed) {
        bench_pause_us(1000);
    }
    if (bench->one_by_one) {
        run_latency(bench, sender, payload);
    } else {
        run_load(bench, sender, payload);
    }
    mosquitto_loop_stop(sender, true);
    mosquitto_loop_stop(receiver, true);
    mosquitto_destroy(sender);
    mosquitto_destroy(receiver);
    free(payload);
    return bench->arrived == bench->count ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *mode = argc == 6 ? argv[3] : "";
    if (strcmp(mode, "settled") != 0 && strcmp(mode, "live") != 0 && strcmp(mode, "latency") != 0) {
        fprintf(stderr, "usage: raw_mqtt HOST PORT settled|live|latency COUNT SIZE\n");
        return 2;
    }
    struct bench bench = {.host = argv[1],
                          .port = (int)strtol(argv[2], NULL, 10),
                          .settled = strcmp(mode, "settled") == 0,
                          .one_by_one = strcmp(mode, "latency") == 0,
                          .count = strtol(argv[4], NULL, 10),
                          .size = (int)strtol(argv[5], NULL, 10)};
    sem_init(&bench.one_arrived, 0, 0);
    snprintf(bench.root, sizeof bench.root, "raw/%ld", (long)getpid());
    mosquitto_lib_init();
    int status = run(&bench);
    mosquitto_lib_cleanup();
    return status;
}
