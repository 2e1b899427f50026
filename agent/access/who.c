// SPDX-License-Identifier: Apache-2.0
// `scenesync who`: a line for each role of each user.
#include "access/users.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void print_until(int64_t until) {
    const time_t at = (time_t)until;
    struct tm utc;
    char text[32] = "always";
    if (until > 0 && gmtime_r(&at, &utc) != NULL) {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", &utc);
    }
    puts(text);
}

static void print_user(const cJSON *client, const char *wanted) {
    char scene[SS_ROLE_NAME];
    const struct ss_role *role;
    for (int at = 0; ss_user_role(client, &at, scene, &role) != NULL;) {
        if (wanted == NULL || strcmp(scene, wanted) == 0 || strcmp(scene, SS_EVERY_SCENE) == 0) {
            printf("%-20s %-20s %-8s ", ss_json_text(client, "username"), scene, role->name);
            print_until(ss_expiry_parse(ss_json_text(client, "textdescription")));
        }
    }
}

int ss_access_who(struct ss_access *access) {
    static struct ss_control control;
    if (!ss_access_connect(access, &control)) {
        return SS_EXIT_FAILED;
    }
    cJSON *clients = ss_users_list(&control);
    const cJSON *client;
    cJSON_ArrayForEach(client, clients) { print_user(client, access->count > 0 ? access->arguments[0] : NULL); }
    const int status = clients != NULL ? SS_EXIT_OK : ss_fail("%s", control.why);
    cJSON_Delete(clients);
    ss_control_close(&control);
    return status;
}
