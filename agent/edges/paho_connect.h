// SPDX-License-Identifier: Apache-2.0
// How the broker of a config is reached with Paho.
#ifndef SS_EDGES_PAHO_CONNECT_H
#define SS_EDGES_PAHO_CONNECT_H

#include "edges/config.h"

#include <MQTTAsync.h>
#include <stdbool.h>

// `options` points to `tls`: pass it around by address.
struct ss_paho_connect {
    MQTTAsync_connectOptions options;
    MQTTAsync_SSLOptions tls;
};

// ss_paho_connect_init: a clean session with MQTT 5 or 3.1.1 as this user, over TLS where the URL says so. `config` must outlive the connecting.
void ss_paho_connect_init(struct ss_paho_connect *connect, const struct ss_config *config, bool mqtt5);

#endif
