// SPDX-License-Identifier: Apache-2.0
// `scenesync revoke`: the store first, so that nobody is half in; the broker disconnects whoever it forgets.
#include "access/users.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// Whether the user has a role in another scene than that one; `scene` NULL: in any that is not to be taken, so none.
static bool has_others(const cJSON *client, const char *scene) {
    char of[SS_ROLE_NAME];
    const struct ss_role *role;
    for (int at = 0; scene != NULL && ss_user_role(client, &at, of, &role) != NULL;) {
        if (strcmp(of, scene) != 0) {
            return true;
        }
    }
    return false;
}

// Takes the user's roles in `scene`, or all when it is NULL; the user goes with the last. Returns whether there was one to take.
static bool take(struct ss_access *access, struct ss_control *control, const cJSON *client, const char *scene, bool *ok) {
    const char *user = ss_json_text(client, "username"), *name;
    cJSON *commands = cJSON_CreateArray();
    char of[SS_ROLE_NAME];
    const struct ss_role *role;
    bool found = false;
    for (int at = 0; (name = ss_user_role(client, &at, of, &role)) != NULL;) {
        if (scene == NULL || strcmp(of, scene) == 0) {
            cJSON *taken = ss_command("removeClientRole", "username", user); // which disconnects the user; deleteRole does not
            cJSON_AddStringToObject(taken, "rolename", name);
            cJSON_AddItemToArray(commands, taken);
            cJSON_AddItemToArray(commands, ss_command("deleteRole", "rolename", name));
            found = true;
        }
    }
    if (!found) {
        cJSON_Delete(commands);
        return false;
    }
    if (!has_others(client, scene)) {
        cJSON_AddItemToArray(commands, ss_command("deleteClient", "username", user));
    }
    *ok = ss_control_do(control, commands);
    if (!*ok) {
        ss_fail("%s", control->why);
    }
    *ok = *ok && ss_user_tell_store(access, control, user, NULL);
    return true;
}

static int revoke_one(struct ss_access *access, struct ss_control *control) {
    const char *user = access->arguments[0], *scene = access->count > 1 ? access->arguments[1] : NULL;
    cJSON *client = ss_user_find(control, user);
    bool ok = true;
    const bool found = client != NULL && take(access, control, client, scene, &ok);
    cJSON_Delete(client);
    if (!found) {
        return ss_fail("%s has no role%s%s to take", user, scene != NULL ? " in " : "", scene != NULL ? scene : "");
    }
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

static int revoke_expired(struct ss_access *access, struct ss_control *control) {
    cJSON *clients = ss_users_list(control);
    const cJSON *client;
    bool all = clients != NULL || ss_fail("%s", control->why) == SS_EXIT_OK;
    cJSON_ArrayForEach(client, clients) {
        const int64_t until = ss_expiry_parse(ss_json_text(client, "textdescription"));
        bool ok = true;
        if (until > 0 && until <= (int64_t)time(NULL) && take(access, control, client, NULL, &ok)) {
            printf("%s: the time is up\n", ss_json_text(client, "username"));
        }
        all = all && ok;
    }
    cJSON_Delete(clients);
    return all ? SS_EXIT_OK : SS_EXIT_FAILED;
}

int ss_access_revoke(struct ss_access *access) {
    static struct ss_control control;
    if ((access->count == 0) != access->expired) {
        return ss_fail("revoke takes the user's name, or --expired");
    }
    if (!ss_access_connect(access, &control)) {
        return SS_EXIT_FAILED;
    }
    const int status = access->expired ? revoke_expired(access, &control) : revoke_one(access, &control);
    ss_control_close(&control);
    return status;
}
