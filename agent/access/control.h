// SPDX-License-Identifier: Apache-2.0
// The way to mosquitto's dynamic security plugin: JSON commands at $CONTROL/dynamic-security/v1, answered in the order they were given.
#ifndef SS_ACCESS_CONTROL_H
#define SS_ACCESS_CONTROL_H

#include "access/line.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { SS_CONTROL_WHY = 512 };

struct ss_control {
    struct ss_line *line;
    cJSON *answer; // to what is being asked
    char mark[48]; // which our commands have, and the answers to them: the broker tells all administrators what it answers to one
    bool answered;
    char why[SS_CONTROL_WHY];
};

// ss_control_open makes the control of a line; false, with `control->why`, when this user is no administrator. The answer is freed by
// ss_control_close.
bool ss_control_open(struct ss_control *control, struct ss_line *line);
void ss_control_close(struct ss_control *control);

// ss_control_take is given what comes on the line; returns whether it was for the control.
bool ss_control_take(struct ss_control *control, struct ss_slice topic, struct ss_slice payload);

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
