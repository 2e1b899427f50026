// SPDX-License-Identifier: Apache-2.0
// A plugin of mosquitto 2.0, which itself has no limits for one user: who publishes more than a user may is disconnected, over however many
// connections and whatever the topic, and can go on when time has passed. In mosquitto.conf, before other plugins:
//
//   plugin /usr/lib/scenesync_user_limits.so
//   plugin_opt_bytes_per_second 8388608
//   plugin_opt_burst_bytes 536870912
//   plugin_opt_except resident
//
// The last is a user without limits, who works for all others.
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

enum { MESSAGE_COST = 256 }; // of a message besides its topic and payload

struct ss_user {
    UT_hash_handle hh;
    double left; // bytes that the user may still send
    double at_s; // when that was so
    bool told;   // the log knows
    char name[];
};

struct ss_limits {
    mosquitto_plugin_id_t *id;
    double bytes_per_second, burst;
    const char *except;    // NULL: nobody
    struct ss_user *users; // those who have published: the broker knows them all
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct ss_user *user_of(struct ss_limits *limits, const char *name) {
    if (name == NULL || (limits->except != NULL && strcmp(name, limits->except) == 0)) {
        return NULL;
    }
    struct ss_user *user;
    HASH_FIND_STR(limits->users, name, user);
    if (user == NULL && (user = calloc(1, sizeof(*user) + strlen(name) + 1)) != NULL) {
        memcpy(user->name, name, strlen(name));
        user->left = limits->burst;
        user->at_s = now_s();
        HASH_ADD_STR(limits->users, name, user);
    }
    return user;
}

// Every message comes by here before it is known whether it may be published. An error that is no refusal ends the connection.
static int on_publish(int event, void *data, void *context) {
    (void)event;
    struct ss_limits *limits = context;
    const struct mosquitto_evt_acl_check *message = data;
    const char *name = mosquitto_client_username(message->client);
    struct ss_user *user = message->access == MOSQ_ACL_WRITE ? user_of(limits, name) : NULL;
    if (user == NULL) {
        return MOSQ_ERR_PLUGIN_DEFER;
    }
    const double now = now_s(), left = user->left + (now - user->at_s) * limits->bytes_per_second;
    user->left = left < limits->burst ? left : limits->burst;
    user->at_s = now;
    const double cost = (double)message->payloadlen + (double)strlen(message->topic) + MESSAGE_COST;
    if (user->left >= cost) {
        user->left -= cost;
        user->told = user->told && user->left < limits->burst / 2;
        return MOSQ_ERR_PLUGIN_DEFER;
    }
    if (!user->told) {
        mosquitto_log_printf(MOSQ_LOG_WARNING, "%s publishes more than a user may, %.0f bytes a second, and is disconnected each time",
                             name, limits->bytes_per_second);
        user->told = true;
    }
    return MOSQ_ERR_CONN_LOST;
}

int mosquitto_plugin_version(int count, const int *versions) {
    for (int i = 0; i < count; i++) {
        if (versions[i] == 5) {
            return 5;
        }
    }
    return -1;
}

static const char *option(const struct mosquitto_opt *options, int count, const char *key) {
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].key, key) == 0) {
            return options[i].value;
        }
    }
    return NULL;
}

static double number(const char *text) { return text != NULL ? strtod(text, NULL) : 0; }

int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **context, struct mosquitto_opt *options, int count) {
    struct ss_limits *limits = calloc(1, sizeof(*limits));
    if (limits == NULL) {
        return MOSQ_ERR_NOMEM;
    }
    *context = limits;
    limits->id = id;
    limits->bytes_per_second = number(option(options, count, "bytes_per_second"));
    limits->burst = number(option(options, count, "burst_bytes"));
    limits->except = option(options, count, "except"); // mosquitto keeps it as long as us
    if (!(limits->bytes_per_second > 0 && limits->burst > 0)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "scenesync_user_limits: bytes_per_second and burst_bytes are to be numbers above 0");
        return MOSQ_ERR_INVAL;
    }
    return mosquitto_callback_register(id, MOSQ_EVT_ACL_CHECK, on_publish, NULL, limits);
}

int mosquitto_plugin_cleanup(void *context, struct mosquitto_opt *options, int count) {
    (void)options;
    (void)count;
    struct ss_limits *limits = context;
    struct ss_user *user, *next;
    mosquitto_callback_unregister(limits->id, MOSQ_EVT_ACL_CHECK, on_publish, NULL);
    HASH_ITER(hh, limits->users, user, next) {
        HASH_DEL(limits->users, user);
        free(user);
    }
    free(limits);
    return MOSQ_ERR_SUCCESS;
}
