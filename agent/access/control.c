// SPDX-License-Identifier: Apache-2.0
#include "access/control.h"

#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "$CONTROL/dynamic-security/v1"

enum { ANSWER_MS = 10000, MAILBOX_BYTES = 64 << 20 };

// ---- The loop ---------------------------------------------------------------------------------------------------------------------------

static void fail(struct ss_control *control, const char *why) {
    control->failed = true;
    if (control->why[0] == '\0') {
        snprintf(control->why, sizeof(control->why), "%s", why);
    }
}

static void on_deadline(uv_timer_t *timer) { fail(timer->data, "the broker did not answer; is its dynamic security plugin loaded?"); }

static bool run_until(struct ss_control *control, const bool *done) {
    uv_timer_start(&control->deadline, on_deadline, ANSWER_MS, 0);
    while (!*done && !control->failed) {
        uv_run(&control->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&control->deadline);
    return *done && !control->failed;
}

static void on_news(void *owner, enum ss_news_type type, int code, const char *text) {
    struct ss_control *control = owner;
    char why[SS_CONTROL_WHY];
    switch (type) {
    case SS_NEWS_CONNECTED: control->connected = true; return;
    case SS_NEWS_SUBSCRIBED:
        control->subscribed = code < 0x80;
        if (!control->subscribed) {
            fail(control, "this user is no administrator of the broker");
        }
        return;
    case SS_NEWS_GONE: return;
    case SS_NEWS_FAILED:
    case SS_NEWS_LOST:
        snprintf(why, sizeof(why), "no connection to the broker: %s (%d)", *text != '\0' ? text : "refused", code);
        fail(control, why);
    }
}

static void on_message(void *owner, struct ss_slice topic, struct ss_slice payload, bool retained) {
    struct ss_control *control = owner;
    (void)retained;
    if (ss_slice_equal(topic, ss_slice_text(TOPIC "/response")) && !control->answered) {
        control->answer = cJSON_ParseWithLength((const char *)payload.data, payload.len);
        control->answered = true;
    }
}

static void on_overrun(void *owner) { fail(owner, "the broker's answer is too long"); }

static void on_acknowledged(void *owner, const struct ss_sent *sent) {
    if (sent->reason != 0) {
        fail(owner, "this user is no administrator of the broker");
    }
}

static const struct ss_session_calls CALLS = {on_news, on_message, on_overrun, on_acknowledged};

// ---- Opening and closing ----------------------------------------------------------------------------------------------------------------

bool ss_control_open(struct ss_control *control, const struct ss_config *config) {
    *control = (struct ss_control){0};
    if (uv_loop_init(&control->loop) != 0 || ss_mailbox_init(&control->mailbox, &control->loop, MAILBOX_BYTES) != 0 ||
        uv_timer_init(&control->loop, &control->deadline) != 0) {
        snprintf(control->why, sizeof(control->why), "no event loop");
        return false;
    }
    control->deadline.data = control;
    struct ss_session_options options = {.config = config,
                                         .mailbox = &control->mailbox,
                                         .version = SS_MQTT_5,
                                         .client_id_start = ss_slice_text("access"),
                                         .calls = &CALLS,
                                         .owner = control};
    struct ss_filter answers = {.topic = TOPIC "/response", .qos = 1};
    control->session = ss_session_create(&options, control->why, sizeof(control->why));
    if (control->session == NULL || !run_until(control, &control->connected) || !ss_session_subscribe(control->session, &answers, 1) ||
        !run_until(control, &control->subscribed)) {
        ss_control_close(control);
        return false;
    }
    return true;
}

void ss_control_close(struct ss_control *control) {
    ss_session_end(control->session);
    cJSON_Delete(control->answer);
    ss_mailbox_close(&control->mailbox);
    uv_close((uv_handle_t *)&control->deadline, NULL);
    uv_run(&control->loop, UV_RUN_DEFAULT);
    uv_loop_close(&control->loop);
    control->session = NULL;
}

// ---- Asking -----------------------------------------------------------------------------------------------------------------------------

static bool give(struct ss_control *control, cJSON *commands) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddItemToObject(request, "commands", commands);
    char *text = cJSON_PrintUnformatted(request);
    cJSON_Delete(request);
    struct ss_publication publication = {.topic = TOPIC, .payload = ss_slice_text(text != NULL ? text : ""), .qos = 1};
    bool sent = text != NULL && ss_session_send(control->session, &publication);
    free(text);
    return sent;
}

cJSON *ss_control_ask(struct ss_control *control, cJSON *commands) {
    const int count = cJSON_GetArraySize(commands);
    control->answered = false;
    if (!give(control, commands) || !run_until(control, &control->answered)) {
        fail(control, "the broker could not be asked");
        return NULL;
    }
    cJSON *responses = cJSON_DetachItemFromObjectCaseSensitive(control->answer, "responses");
    cJSON_Delete(control->answer);
    control->answer = NULL;
    if (cJSON_GetArraySize(responses) != count) {
        fail(control, "the broker's answer is not one of its dynamic security plugin");
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
