// SPDX-License-Identifier: Apache-2.0
// The way to mosquitto's dynamic security plugin: JSON commands at $CONTROL/dynamic-security/v1, answered in the order they were given.
#ifndef SS_ACCESS_CONTROL_H
#define SS_ACCESS_CONTROL_H

#include "edges/config.h"
#include "edges/mailbox.h"
#include "edges/session.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <uv.h>

enum { SS_CONTROL_WHY = 256 };

struct ss_control {
    uv_loop_t loop;
    uv_timer_t deadline;
    struct ss_mailbox mailbox;
    struct ss_session *session;
    cJSON *answer; // to what is being asked
    bool connected, subscribed, answered, failed;
    char why[SS_CONTROL_WHY];
};

// ss_control_open connects with the user and password of `config`. On failure `control->why` says why, and nothing is left open.
bool ss_control_open(struct ss_control *control, const struct ss_config *config);
void ss_control_close(struct ss_control *control);

// ss_control_ask takes the array of commands and returns the plugin's array of responses, one for each, freed by cJSON_Delete; NULL when no
// answer came, with `control->why`.
cJSON *ss_control_ask(struct ss_control *control, cJSON *commands);

// ss_control_do is ss_control_ask when every command is to succeed: the first error is in `control->why`.
bool ss_control_do(struct ss_control *control, cJSON *commands);

// ss_control_data asks one command and returns what its data has under `key`, freed by cJSON_Delete; NULL when it failed, with `control->why`.
cJSON *ss_control_data(struct ss_control *control, cJSON *command, const char *key);

// ss_command makes {"command": name, key: value}; `key` may be NULL.
cJSON *ss_command(const char *name, const char *key, const char *value);
const char *ss_json_text(const cJSON *object, const char *key); // "" where there is none

#endif
