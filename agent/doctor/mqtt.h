// SPDX-License-Identifier: Apache-2.0
// One connection to a broker whose every call waits for the broker's answer.
#ifndef SS_DOCTOR_MQTT_H
#define SS_DOCTOR_MQTT_H

#include "edges/config.h"
#include "util/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ss_mqtt;

// What a broker of MQTT 5 says of itself; what it does not say is as if there were no limit.
struct ss_mqtt_limits {
    uint32_t packet_bytes;
    bool retains, wildcards;
    int qos;
};

// ss_mqtt_open connects with MQTT `version`, SS_MQTT_5 or SS_MQTT_311. With 0 it tries 5, then 3.1.1 unless the broker refused the user, and says
// which it was. Returns NULL when that fails: `code` is then the broker's reason, or below 0 when it was not reached, and `why` is for people.
struct ss_mqtt *ss_mqtt_open(const struct ss_config *config, int *version, int *code, char why[256]);
void ss_mqtt_close(struct ss_mqtt *mqtt); // accepts NULL
const struct ss_mqtt_limits *ss_mqtt_limits(const struct ss_mqtt *mqtt);

// ss_mqtt_subscribe, QoS 1. Returns false when it is refused.
bool ss_mqtt_subscribe(struct ss_mqtt *mqtt, const char *filter);

// ss_mqtt_publish, QoS 1. Returns false when the broker refuses, as it says itself or by hanging up, or does not answer. Before MQTT 5 it may say
// nothing: only what comes back was taken.
bool ss_mqtt_publish(struct ss_mqtt *mqtt, const char *topic, struct ss_slice payload, bool retain);

// ss_mqtt_comes waits for a message of this length at this topic that has not been waited for yet; `retained`: the broker's copy.
bool ss_mqtt_comes(struct ss_mqtt *mqtt, const char *topic, size_t len, bool retained, unsigned ms);

// ss_mqtt_retained subscribes to one exact topic and appends what the broker retains there. Returns false when nothing comes.
bool ss_mqtt_retained(struct ss_mqtt *mqtt, const char *topic, struct ss_buffer *payload, unsigned ms);

#endif
