// SPDX-License-Identifier: Apache-2.0
#include "access/users.h"

#include "access/store_users.h"

cJSON *ss_user_find(struct ss_control *control, const char *user) {
    return ss_control_data(control, ss_command("getClient", "username", user), "client");
}

cJSON *ss_users_list(struct ss_control *control) {
    cJSON *command = ss_command("listClients", NULL, NULL);
    cJSON_AddTrueToObject(command, "verbose");
    cJSON_AddNumberToObject(command, "count", -1);
    cJSON_AddNumberToObject(command, "offset", 0);
    return ss_control_data(control, command, "clients");
}

const char *ss_user_role(const cJSON *client, int *at, char scene[SS_ROLE_NAME], const struct ss_role **role) {
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(client, "roles");
    while (*at < cJSON_GetArraySize(roles)) {
        const char *name = ss_json_text(cJSON_GetArrayItem(roles, (*at)++), "rolename");
        if (ss_role_parse(name, scene, role)) {
            return name;
        }
    }
    return NULL;
}

bool ss_user_tell_store(const struct ss_access *access, struct ss_control *control, const char *user, const char *password) {
    if (access->store_users == NULL) {
        return true;
    }
    cJSON *client = ss_user_find(control, user);
    char scene[SS_ROLE_NAME];
    const struct ss_role *role;
    bool reads = false, writes = false;
    for (int at = 0; ss_user_role(client, &at, scene, &role) != NULL;) {
        reads = true;
        writes |= role->writes;
    }
    cJSON_Delete(client);
    return ss_store_users_set(access->store_users, user, password, reads, writes);
}
