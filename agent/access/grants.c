// SPDX-License-Identifier: Apache-2.0
#include "access/grants.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTIL "until "

cJSON *ss_grants_list(struct ss_control *control) {
    cJSON *command = ss_command("listRoles", NULL, NULL);
    cJSON_AddTrueToObject(command, "verbose");
    cJSON_AddNumberToObject(command, "count", -1);
    cJSON_AddNumberToObject(command, "offset", 0);
    return ss_control_data(control, command, "roles");
}

static bool take(struct ss_grant *grant, const cJSON *role) {
    const char *end = ss_json_text(role, "textdescription");
    if (!ss_grant_parse(grant, ss_json_text(role, "rolename"))) {
        return false;
    }
    grant->until = strncmp(end, UNTIL, strlen(UNTIL)) == 0 ? strtoll(end + strlen(UNTIL), NULL, 10) : 0;
    return true;
}

bool ss_grants_next(const cJSON *grants, int *at, const char *user, const char *scene, struct ss_grant *grant) {
    while (*at < cJSON_GetArraySize(grants)) {
        const cJSON *role = cJSON_GetArrayItem(grants, (*at)++);
        if (take(grant, role) && (user == NULL || strcmp(user, grant->user) == 0) && (scene == NULL || strcmp(scene, grant->scene) == 0)) {
            return true;
        }
    }
    return false;
}

void ss_grants_add(cJSON *commands, const struct ss_grant *grant) {
    char until[32] = "";
    if (grant->until > 0) {
        snprintf(until, sizeof(until), UNTIL "%" PRId64, grant->until);
    }
    cJSON *made = ss_command("createRole", "rolename", grant->name);
    cJSON_AddStringToObject(made, "textdescription", until);
    cJSON_AddItemToObject(made, "acls", ss_grant_rights(grant));
    cJSON_AddItemToArray(commands, made);
    cJSON *given = ss_command("addClientRole", "username", grant->user);
    cJSON_AddStringToObject(given, "rolename", grant->name);
    cJSON_AddItemToArray(commands, given);
}

void ss_grants_remove(cJSON *commands, const struct ss_grant *grant) {
    cJSON *taken = ss_command("removeClientRole", "username", grant->user); // which disconnects the user; deleteRole does not
    cJSON_AddStringToObject(taken, "rolename", grant->name);
    cJSON_AddItemToArray(commands, taken);
    cJSON_AddItemToArray(commands, ss_command("deleteRole", "rolename", grant->name));
}

enum ss_user ss_user_find(struct ss_control *control, const char *user) {
    cJSON *client = ss_control_data(control, ss_command("getClient", "username", user), "client");
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(client, "roles"), *role;
    struct ss_grant grant;
    bool ours = cJSON_GetArraySize(roles) > 0 && cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(client, "groups")) == 0;
    cJSON_ArrayForEach(role, roles) { ours = ours && ss_grant_parse(&grant, ss_json_text(role, "rolename")); }
    const enum ss_user known = ours ? SS_USER_OURS : SS_USER_BROKERS, found = client != NULL ? known : SS_USER_NONE;
    cJSON_Delete(client);
    return found;
}
