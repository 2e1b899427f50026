// SPDX-License-Identifier: Apache-2.0
#include "access/control.h"

#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOPIC "$CONTROL/dynamic-security/v1"
#define ODD "the broker's answer is not one of its dynamic security plugin"

static bool fail(struct ss_control *control, const char *why) {
    snprintf(control->why, sizeof(control->why), "%s", control->line->failed ? control->line->why : why);
    return false;
}

static void take_alone(void *owner, struct ss_slice topic, struct ss_slice payload) { ss_control_take(owner, topic, payload); }

bool ss_control_open(struct ss_control *control, struct ss_line *line) {
    *control = (struct ss_control){.line = line};
    ss_line_listen(line, take_alone, control);
    return ss_line_subscribe(line, TOPIC "/response") || fail(control, "this user is no administrator of the broker");
}

void ss_control_close(struct ss_control *control) {
    cJSON_Delete(control->answer);
    control->answer = NULL;
}

bool ss_control_take(struct ss_control *control, struct ss_slice topic, struct ss_slice payload) {
    if (!ss_slice_equal(topic, ss_slice_text(TOPIC "/response"))) {
        return false;
    }
    cJSON *answer = cJSON_ParseWithLength((const char *)payload.data, payload.len);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "responses"), 0);
    if (control->answered || strcmp(ss_json_text(first, "correlationData"), control->mark) != 0) {
        cJSON_Delete(answer);
        return true;
    }
    control->answer = answer;
    control->answered = true;
    return true;
}

// ---- Asking -----------------------------------------------------------------------------------------------------------------------------

static bool give(struct ss_control *control, cJSON *commands) {
    cJSON *request = cJSON_CreateObject(), *command;
    snprintf(control->mark, sizeof(control->mark), "%ld.%llu", (long)getpid(), (unsigned long long)uv_hrtime());
    cJSON_ArrayForEach(command, commands) { cJSON_AddStringToObject(command, "correlationData", control->mark); }
    cJSON_AddItemToObject(request, "commands", commands);
    char *text = cJSON_PrintUnformatted(request);
    cJSON_Delete(request);
    bool sent = text != NULL && ss_line_publish(control->line, TOPIC, text);
    free(text);
    return sent;
}

cJSON *ss_control_ask(struct ss_control *control, cJSON *commands) {
    const int count = cJSON_GetArraySize(commands);
    control->answered = false;
    if (!give(control, commands) ||
        !ss_line_until(control->line, &control->answered, "the broker did not answer; is its dynamic security plugin loaded?")) {
        fail(control, "the broker could not be asked");
        return NULL;
    }
    cJSON *responses = cJSON_DetachItemFromObjectCaseSensitive(control->answer, "responses");
    cJSON_Delete(control->answer);
    control->answer = NULL;
    if (cJSON_GetArraySize(responses) != count) {
        fail(control, ODD);
        cJSON_Delete(responses);
        return NULL;
    }
    return responses;
}

static bool succeeded(struct ss_control *control, const cJSON *response) {
    const char *error = ss_json_text(response, "error");
    if (*error != '\0') {
        snprintf(control->why, sizeof(control->why), "the broker's %s: %s", ss_json_text(response, "command"), error);
    }
    return *error == '\0';
}

bool ss_control_do(struct ss_control *control, cJSON *commands) {
    cJSON *responses = ss_control_ask(control, commands);
    bool ok = responses != NULL;
    const cJSON *response;
    cJSON_ArrayForEach(response, responses) { ok = ok && succeeded(control, response); }
    cJSON_Delete(responses);
    return ok;
}

cJSON *ss_control_data(struct ss_control *control, cJSON *command, const char *key) {
    cJSON *commands = cJSON_CreateArray();
    cJSON_AddItemToArray(commands, command);
    cJSON *responses = ss_control_ask(control, commands), *found = NULL;
    cJSON *response = cJSON_GetArrayItem(responses, 0);
    if (response != NULL && succeeded(control, response)) {
        found = cJSON_DetachItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(response, "data"), key);
        if (found == NULL) {
            fail(control, ODD);
        }
    }
    cJSON_Delete(responses);
    return found;
}

cJSON *ss_command(const char *name, const char *key, const char *value) {
    cJSON *command = cJSON_CreateObject();
    cJSON_AddStringToObject(command, "command", name);
    if (key != NULL) {
        cJSON_AddStringToObject(command, key, value);
    }
    return command;
}

const char *ss_json_text(const cJSON *object, const char *key) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text != NULL ? text : "";
}
