// SPDX-License-Identifier: Apache-2.0
#include "access/roles.h"

#include <stdio.h>
#include <string.h>

enum ss_rank { SS_VIEWER = 1, SS_EDITOR = 2, SS_BRIDGE = 4 };

static const struct ss_role_row {
    struct ss_role role;
    unsigned ranks;
} ROLES[] = {
    {{"viewer", false}, SS_VIEWER},
    {{"editor", true}, SS_VIEWER | SS_EDITOR},
    {{"bridge", true}, SS_VIEWER | SS_EDITOR | SS_BRIDGE},
};
enum { ROLE_COUNT = sizeof(ROLES) / sizeof(ROLES[0]) };

// Topics below scenesync/v1/SCENE; %s is the user's name. broker-config/mosquitto/lan.acl says the same for a password file.
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

const char *ss_role_names(void) { return "viewer, editor or bridge"; }

void ss_role_format(const char *scene, const struct ss_role *role, const char *user, char name[SS_ROLE_NAME]) {
    snprintf(name, SS_ROLE_NAME, "%s/%s/%s", scene, role->name, user);
}

bool ss_role_parse(const char *name, char scene[SS_ROLE_NAME], const struct ss_role **role) {
    const char *first = strchr(name, '/'), *second = first != NULL ? strchr(first + 1, '/') : NULL;
    char word[16];
    if (second == NULL || (size_t)(first - name) >= SS_ROLE_NAME || (size_t)(second - first) > sizeof(word)) {
        return false;
    }
    snprintf(scene, SS_ROLE_NAME, "%.*s", (int)(first - name), name);
    snprintf(word, sizeof(word), "%.*s", (int)(second - first - 1), first + 1);
    *role = ss_role_find(word);
    return *role != NULL;
}

static cJSON *right_of(const struct ss_right *right, const char *scene, const char *user) {
    char topic[256];
    const char *name = strstr(right->topic, "%s");
    const int before = name != NULL ? (int)(name - right->topic) : (int)strlen(right->topic);
    snprintf(topic, sizeof(topic), "scenesync/v1/%s/%.*s%s%s", strcmp(scene, SS_EVERY_SCENE) == 0 ? "+" : scene, before, right->topic,
             name != NULL ? user : "", name != NULL ? name + 2 : "");
    cJSON *made = cJSON_CreateObject();
    cJSON_AddStringToObject(made, "acltype", right->type);
    cJSON_AddStringToObject(made, "topic", topic);
    cJSON_AddTrueToObject(made, "allow");
    return made;
}

cJSON *ss_role_rights(const char *scene, const struct ss_role *role, const char *user) {
    const struct ss_role_row *row = (const struct ss_role_row *)(const void *)role; // its first member
    cJSON *rights = cJSON_CreateArray();
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if ((row->ranks & RIGHTS[i].rank) != 0) {
            cJSON_AddItemToArray(rights, right_of(&RIGHTS[i], scene, user));
        }
    }
    return rights;
}
