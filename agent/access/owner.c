// SPDX-License-Identifier: Apache-2.0
#include "access/owner.h"

#include "util/bytes.h"
#include "wire/topics.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEVELS "scenesync/v1/"

// ---- Asking -----------------------------------------------------------------------------------------------------------------------------

struct ss_asking {
    char topic[256], call[48];
    cJSON *got;
    bool answered;
};

static void take_answer(void *owner, struct ss_slice topic, struct ss_slice payload) {
    struct ss_asking *asking = owner;
    cJSON *got = cJSON_ParseWithLength((const char *)payload.data, payload.len);
    (void)topic; // the only one that was subscribed to
    if (asking->answered || strcmp(ss_json_text(got, "call"), asking->call) != 0) {
        cJSON_Delete(got);
        return;
    }
    asking->got = got;
    asking->answered = true;
}

static void add(cJSON *json, const char *key, const char *value) {
    if (value != NULL) {
        cJSON_AddStringToObject(json, key, value);
    }
}

static bool send_request(struct ss_line *line, const struct ss_asking *asking, const struct ss_request *request) {
    cJSON *json = cJSON_CreateObject();
    add(json, "action", request->action);
    add(json, "user", request->user);
    add(json, "role", request->role);
    add(json, "expires", request->expires);
    add(json, "call", asking->call);
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    const bool sent = text != NULL && ss_line_publish(line, asking->topic, text);
    free(text);
    return sent;
}

static bool tell(const cJSON *got, struct ss_answer *answer) {
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(got, "ok"))) {
        return ss_answer_fail(answer, "%s", ss_json_text(got, "text"));
    }
    fputs(ss_json_text(got, "text"), answer->out);
    fputs(ss_json_text(got, "note"), answer->note);
    return true;
}

bool ss_owner_ask(struct ss_line *line, const struct ss_request *request, struct ss_answer *answer) {
    struct ss_asking asking = {0};
    char answers[300];
    if (request->scene == NULL || !ss_is_scene(ss_slice_text(request->scene))) {
        return ss_answer_fail(answer, "%s is no administrator of the broker, and an owner names the scene", line->user);
    }
    snprintf(asking.topic, sizeof(asking.topic), LEVELS "%s/access/%s", request->scene, line->user);
    snprintf(answers, sizeof(answers), "%s/answer", asking.topic);
    snprintf(asking.call, sizeof(asking.call), "%ld.%llu", (long)getpid(), (unsigned long long)uv_hrtime());
    ss_line_listen(line, take_answer, &asking);
    bool ok = ss_line_subscribe(line, answers);
    if (!ok && !line->failed) {
        ss_line_listen(line, NULL, NULL);
        return ss_answer_fail(answer, "%s is neither an administrator of the broker nor an owner of %s", line->user, request->scene);
    }
    ok = ok && send_request(line, &asking, request) &&
         ss_line_until(line, &asking.answered, "nobody answers owners there; `scenesync access` is to run at the server");
    ok = ok ? tell(asking.got, answer) : ss_answer_fail(answer, "%s", line->why);
    ss_line_listen(line, NULL, NULL);
    cJSON_Delete(asking.got);
    return ok;
}

// ---- Being asked ------------------------------------------------------------------------------------------------------------------------

static const char *text_or_null(const cJSON *json, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

bool ss_owner_take(struct ss_slice topic, struct ss_slice payload, cJSON **json, char scene[SS_LINE_USER], struct ss_request *request) {
    const size_t start = strlen(LEVELS);
    const uint8_t *end = topic.len > start ? memchr(topic.data + start, '/', topic.len - start) : NULL;
    if (end == NULL) {
        return false;
    }
    snprintf(scene, SS_LINE_USER, "%.*s", (int)(end - topic.data) - (int)start, (const char *)topic.data + start);
    *json = cJSON_ParseWithLength((const char *)payload.data, payload.len);
    *request = (struct ss_request){.action = ss_json_text(*json, "action"),
                                   .scene = scene,
                                   .user = text_or_null(*json, "user"),
                                   .role = text_or_null(*json, "role"),
                                   .expires = text_or_null(*json, "expires")};
    return ss_is_scene(ss_slice_text(scene));
}

char *ss_owner_answer(const cJSON *json, bool ok, const struct ss_answer *answer, const char *out, const char *note) {
    cJSON *made = cJSON_CreateObject();
    cJSON_AddNumberToObject(made, "v", 1);
    cJSON_AddBoolToObject(made, "ok", ok);
    add(made, "call", text_or_null(json, "call"));
    add(made, "text", ok ? out : answer->why);
    add(made, "note", ok && *note != '\0' ? note : NULL);
    char *text = cJSON_PrintUnformatted(made);
    cJSON_Delete(made);
    return text;
}
