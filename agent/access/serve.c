// SPDX-License-Identifier: Apache-2.0
// `scenesync access`: beside the broker, with the administrator's login. It does what owners of scenes ask, and ends what is over.
#include "access/grants.h"
#include "access/owner.h"
#include "access/quota.h"
#include "cli/command.h"
#include "daemon/config.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "util/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

// The broker's role that lets us answer: an administrator may say nothing but commands.
#define ANSWERS "scenesync/answers"

enum { LOOK_MS = 10000, AGAIN_S = 2, MAX_WAITING = 256, MAX_REQUEST = 4096 };

struct ss_letter { // a request that waits for its turn
    struct ss_letter *prev, *next;
    struct ss_slice topic, payload;
    char bytes[];
};

struct ss_desk {
    const struct ss_access *access;
    struct ss_line line;
    struct ss_control control;
    struct ss_quota quota;
    struct ss_letter *letters;
    int waiting;
};

static void take_letter(void *owner, struct ss_slice topic, struct ss_slice payload) {
    struct ss_desk *desk = owner;
    if (ss_control_take(&desk->control, topic, payload)) {
        return;
    }
    if (desk->waiting == MAX_WAITING || payload.len > MAX_REQUEST) {
        ss_log("a request on %.*s is too many, or too long", (int)topic.len, (const char *)topic.data);
        return;
    }
    struct ss_letter *letter = ss_new(sizeof(*letter) + topic.len + payload.len);
    letter->topic = ss_slice_of(letter->bytes, topic.len);
    letter->payload = ss_slice_of(letter->bytes + topic.len, payload.len);
    memcpy(letter->bytes, topic.data, topic.len);
    memcpy(letter->bytes + topic.len, payload.data, payload.len);
    DL_APPEND(desk->letters, letter);
    desk->waiting++;
}

// What was asked and by whom is logged; what was answered may be a password.
static void answer(struct ss_desk *desk, const struct ss_letter *letter) {
    char *out = NULL, *note = NULL, scene[SS_LINE_USER], topic[300];
    size_t out_len, note_len;
    struct ss_answer answer = {.out = ss_memory(open_memstream(&out, &out_len)), .note = ss_memory(open_memstream(&note, &note_len))};
    struct ss_request request;
    cJSON *json = NULL;
    bool ok = ss_owner_take(letter->topic, letter->payload, &json, scene, &request) || ss_answer_fail(&answer, "this is no request");
    ok = ok && ss_request_do(desk->access, &desk->control, &request, &answer);
    fclose(answer.out);
    fclose(answer.note);
    ss_log("%.*s: %s %s: %s", (int)letter->topic.len, (const char *)letter->topic.data, request.action,
           request.user != NULL ? request.user : "", ok ? "done" : answer.why);
    snprintf(topic, sizeof(topic), "%.*s/answer", (int)letter->topic.len, (const char *)letter->topic.data);
    char *text = ss_owner_answer(json, ok, &answer, out, note);
    if (text != NULL) {
        ss_line_publish(&desk->line, topic, text);
    }
    free(text);
    free(out);
    free(note);
    cJSON_Delete(json);
}

static void answer_all(struct ss_desk *desk) {
    while (desk->letters != NULL) {
        struct ss_letter *letter = desk->letters;
        DL_DELETE(desk->letters, letter);
        desk->waiting--;
        if (!desk->line.failed) {
            answer(desk, letter);
        }
        free(letter);
    }
}

static void end_expired(struct ss_desk *desk) {
    struct ss_answer answer = {.out = stderr, .note = stderr};
    const struct ss_request request = {.action = "revoke", .expired = true};
    if (!ss_request_do(desk->access, &desk->control, &request, &answer)) {
        ss_log("whose time is up: %s", answer.why);
    }
}

static bool has_role(struct ss_desk *desk, const char *name) {
    cJSON *client = ss_control_data(&desk->control, ss_command("getClient", "username", desk->line.user), "client");
    const cJSON *role;
    bool has = false;
    cJSON_ArrayForEach(role, cJSON_GetObjectItemCaseSensitive(client, "roles")) {
        has = has || strcmp(ss_json_text(role, "rolename"), name) == 0;
    }
    cJSON_Delete(client);
    return has;
}

// Whether this user may answer. When not, the broker is told to let it, which disconnects us; the role may be there already, for another
// administrator.
static bool may_answer(struct ss_desk *desk) {
    const bool may = has_role(desk, ANSWERS);
    if (may || desk->line.failed) {
        return may;
    }
    cJSON *commands = cJSON_CreateArray(), *made = ss_command("createRole", "rolename", ANSWERS);
    cJSON *right = cJSON_AddArrayToObject(made, "acls");
    cJSON *allow = cJSON_CreateObject();
    cJSON_AddItemToArray(right, allow);
    cJSON_AddStringToObject(allow, "acltype", "publishClientSend");
    cJSON_AddStringToObject(allow, "topic", SS_OWNERS_ANSWERS);
    cJSON_AddTrueToObject(allow, "allow");
    cJSON_AddItemToArray(commands, made);
    cJSON *given = ss_command("addClientRole", "username", desk->line.user);
    cJSON_AddStringToObject(given, "rolename", ANSWERS);
    cJSON_AddItemToArray(commands, given);
    ss_control_do(&desk->control, commands);
    return false;
}

// Returns why not, or NULL.
static const char *open_desk(struct ss_desk *desk) {
    if (!ss_control_open(&desk->control, &desk->line)) {
        return desk->control.why;
    }
    ss_line_listen(&desk->line, take_letter, desk);
    if (!may_answer(desk)) {
        return "the broker was told to let this user answer owners";
    }
    return ss_line_subscribe(&desk->line, SS_OWNERS_TOPIC) ? NULL : "this user may not hear what owners ask";
}

static void serve(struct ss_desk *desk) {
    const char *wrong = open_desk(desk);
    if (wrong == NULL) {
        fputs("ready\n", stderr);
        for (uint64_t look_at = 0; !desk->line.failed; ss_line_wait(&desk->line, LOOK_MS)) {
            answer_all(desk);
            if (look_at <= uv_hrtime()) {
                look_at = uv_hrtime() + LOOK_MS * UINT64_C(1000000);
                end_expired(desk);
                if (desk->quota.bytes > 0) {
                    ss_quota_look(&desk->quota, &desk->control);
                }
            }
        }
        wrong = desk->line.why;
    }
    ss_log("%s; again in %d s", wrong, AGAIN_S);
    answer_all(desk);
    ss_control_close(&desk->control);
    ss_line_close(&desk->line);
}

static bool take_quota(const struct ss_access *access, struct ss_quota *quota) {
    if (access->store_quota == NULL) {
        return true;
    }
    quota->files = access->store_files;
    quota->users = access->store_users;
    if (quota->files == NULL || quota->users == NULL || !ss_parse_bytes(access->store_quota, &quota->bytes) || quota->bytes == 0) {
        ss_fail("--store-quota takes bytes, such as 20G, and wants --store-files and --store-users");
        return false;
    }
    return true;
}

int ss_access_serve(struct ss_access *access) {
    static struct ss_desk desk;
    struct ss_config config;
    desk.access = access;
    if (!take_quota(access, &desk.quota) || !ss_access_read(access, &config)) {
        return SS_EXIT_FAILED;
    }
    for (;; sleep(AGAIN_S)) {
        if (ss_line_open(&desk.line, &config)) {
            serve(&desk);
        } else {
            ss_log("%s; again in %d s", desk.line.why, AGAIN_S);
        }
    }
}
