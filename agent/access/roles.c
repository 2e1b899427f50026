// SPDX-License-Identifier: Apache-2.0
#include "access/roles.h"

#include <stdio.h>
#include <string.h>

enum ss_rank { SS_VIEWER = 1, SS_EDITOR = 2, SS_BRIDGE = 4, SS_OWNER = 8 };

static const struct ss_role_row {
    struct ss_role role;
    unsigned ranks;
} ROLES[] = {
    {{"viewer", false}, SS_VIEWER},
    {{"editor", true}, SS_VIEWER | SS_EDITOR},
    {{"owner", true}, SS_VIEWER | SS_EDITOR | SS_OWNER},
    {{"bridge", true}, SS_VIEWER | SS_EDITOR | SS_BRIDGE},
};
enum { ROLE_COUNT = sizeof(ROLES) / sizeof(ROLES[0]) };

// Topics below scenesync/v1/SCENE; %s is the user's name. broker-config/mosquitto/lan.acl says the same for a password file, which has no
// owners: nobody there could do what they ask.
static const struct ss_right {
    unsigned rank;
    const char *type, *topic;
} RIGHTS[] = {
    {SS_VIEWER, "subscribePattern", "state/#"},        {SS_VIEWER, "subscribePattern", "live/#"},
    {SS_VIEWER, "subscribePattern", "peer/#"},         {SS_VIEWER, "subscribePattern", "online/#"},
    {SS_VIEWER, "subscribePattern", "presence/#"},     {SS_VIEWER, "subscribePattern", "frame/#"},
    {SS_VIEWER, "subscribePattern", "call/#"},         {SS_VIEWER, "subscribePattern", "checkpoint"},
    {SS_VIEWER, "subscribePattern", "json/#"},         {SS_VIEWER, "subscribePattern", "reply/%s/+"},
    {SS_VIEWER, "publishClientSend", "peer/%s/+"},     {SS_VIEWER, "publishClientSend", "online/%s/+"},
    {SS_VIEWER, "publishClientSend", "presence/%s/+"}, {SS_VIEWER, "publishClientSend", "call/+/sync"},
    {SS_EDITOR, "publishClientSend", "state/#"},       {SS_EDITOR, "publishClientSend", "live/#"},
    {SS_EDITOR, "publishClientSend", "frame/%s/#"},    {SS_EDITOR, "publishClientSend", "call/#"},
    {SS_EDITOR, "publishClientSend", "reply/#"},       {SS_EDITOR, "publishClientSend", "checkpoint"},
    {SS_EDITOR, "publishClientSend", "json/+/+/set"},  {SS_BRIDGE, "publishClientSend", "json/#"},
    {SS_OWNER, "publishClientSend", "access/%s"},      {SS_OWNER, "subscribePattern", "access/%s/answer"},
};
enum { RIGHT_COUNT = sizeof(RIGHTS) / sizeof(RIGHTS[0]) };

const struct ss_role *ss_role_find(const char *name) {
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(ROLES[i].role.name, name) == 0) {
            return &ROLES[i].role;
        }
    }
    return NULL;
}

void ss_grant_make(struct ss_grant *grant, const char *scene, const struct ss_role *role, const char *user) {
    *grant = (struct ss_grant){.role = role};
    snprintf(grant->scene, sizeof(grant->scene), "%s", scene);
    snprintf(grant->user, sizeof(grant->user), "%s", user);
    snprintf(grant->name, sizeof(grant->name), "%s/%s/%s", grant->scene, role->name, grant->user);
}

// Copies up to the next slash, or the end; returns what follows, or NULL when it does not fit.
static const char *take_word(const char *from, char word[SS_ROLE_WORD]) {
    const size_t len = strcspn(from, "/");
    snprintf(word, SS_ROLE_WORD, "%.*s", (int)len, from);
    return len > 0 && len < SS_ROLE_WORD ? from + len + (from[len] == '/') : NULL;
}

bool ss_grant_parse(struct ss_grant *grant, const char *name) {
    char scene[SS_ROLE_WORD], role[SS_ROLE_WORD], user[SS_ROLE_WORD];
    const char *at = take_word(name, scene);
    at = at != NULL ? take_word(at, role) : NULL;
    at = at != NULL ? take_word(at, user) : NULL;
    if (at == NULL || *at != '\0' || ss_role_find(role) == NULL) {
        return false;
    }
    ss_grant_make(grant, scene, ss_role_find(role), user);
    return true;
}

static cJSON *right_of(const struct ss_right *right, const struct ss_grant *grant) {
    char topic[512];
    const char *name = strstr(right->topic, "%s"), *scene = strcmp(grant->scene, SS_EVERY_SCENE) == 0 ? "+" : grant->scene;
    const int before = name != NULL ? (int)(name - right->topic) : (int)strlen(right->topic);
    snprintf(topic, sizeof(topic), "scenesync/v1/%s/%.*s%s%s", scene, before, right->topic, name != NULL ? grant->user : "",
             name != NULL ? name + 2 : "");
    cJSON *made = cJSON_CreateObject();
    cJSON_AddStringToObject(made, "acltype", right->type);
    cJSON_AddStringToObject(made, "topic", topic);
    cJSON_AddTrueToObject(made, "allow");
    return made;
}

cJSON *ss_grant_rights(const struct ss_grant *grant) {
    const struct ss_role_row *row = (const struct ss_role_row *)(const void *)grant->role; // its first member
    cJSON *rights = cJSON_CreateArray();
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if ((row->ranks & RIGHTS[i].rank) != 0) {
            cJSON_AddItemToArray(rights, right_of(&RIGHTS[i], grant));
        }
    }
    return rights;
}
