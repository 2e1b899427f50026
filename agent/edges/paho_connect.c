// SPDX-License-Identifier: Apache-2.0
#include "edges/paho_connect.h"

#include <string.h>

static bool begins(const char *url, const char *scheme) { return strncmp(url, scheme, strlen(scheme)) == 0; }

static MQTTAsync_connectOptions clean(bool mqtt5, bool websocket) {
    static const MQTTAsync_connectOptions plain = MQTTAsync_connectOptions_initializer, plain_ws = MQTTAsync_connectOptions_initializer_ws;
    static const MQTTAsync_connectOptions five = MQTTAsync_connectOptions_initializer5, five_ws = MQTTAsync_connectOptions_initializer5_ws;
    MQTTAsync_connectOptions options;
    if (mqtt5) {
        options = websocket ? five_ws : five;
        options.cleanstart = 1;
    } else {
        options = websocket ? plain_ws : plain;
        options.cleansession = 1;
        options.MQTTVersion = MQTTVERSION_3_1_1;
    }
    return options;
}

void ss_paho_connect_init(struct ss_paho_connect *connect, const struct ss_config *config, bool mqtt5) {
    connect->options = clean(mqtt5, begins(config->broker, "ws"));
    connect->options.username = config->broker_user;
    connect->options.password = config->broker_password;
    connect->tls = (MQTTAsync_SSLOptions)MQTTAsync_SSLOptions_initializer;
    connect->tls.trustStore = config->ca_file;
    connect->tls.enableServerCertAuth = config->tls_verify;
    connect->tls.verify = config->tls_verify;
    connect->tls.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
    connect->options.ssl = begins(config->broker, "mqtts") || begins(config->broker, "wss") ? &connect->tls : NULL;
}
