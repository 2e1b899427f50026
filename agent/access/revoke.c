// SPDX-License-Identifier: Apache-2.0
// Taking a role away, or a user altogether: the broker first, which disconnects whoever it forgets, then the store.
#include "access/grants.h"
#include "access/request.h"

#include <string.h>
#include <time.h>

// Takes the user's roles in `scene`, or all when it is NULL; the user goes with the last.
static bool take(const struct ss_access *access, struct ss_control *control, const char *user, const char *scene,
                 struct ss_answer *answer) {
    cJSON *grants = ss_grants_list(control), *commands = cJSON_CreateArray();
    struct ss_grant grant;
    int all = 0, taken = 0;
    for (int at = 0; ss_grants_next(grants, &at, user, NULL, &grant); all++) {
        if (scene == NULL || strcmp(grant.scene, scene) == 0) {
            ss_grants_remove(commands, &grant);
            taken++;
        }
    }
    cJSON_Delete(grants);
    if (taken == 0) {
        cJSON_Delete(commands);
        return ss_answer_fail(answer, "%s has no role%s%s to take", user, scene != NULL ? " in " : "", scene != NULL ? scene : "");
    }
    if (all == taken && ss_user_find(control, user) == SS_USER_OURS) {
        cJSON_AddItemToArray(commands, ss_command("deleteClient", "username", user));
    }
    return (ss_control_do(control, commands) || ss_answer_fail(answer, "%s", control->why)) &&
           ss_request_tell_store(access, control, user, NULL, answer);
}

static bool revoke_expired(const struct ss_access *access, struct ss_control *control, struct ss_answer *answer) {
    cJSON *grants = ss_grants_list(control);
    struct ss_grant grant;
    bool ok = grants != NULL || ss_answer_fail(answer, "%s", control->why);
    for (int at = 0; ss_grants_next(grants, &at, NULL, NULL, &grant);) {
        if (grant.until > 0 && grant.until <= (int64_t)time(NULL)) {
            const bool gone = take(access, control, grant.user, grant.scene, answer);
            fprintf(answer->out, "%s in %s: the time is up%s%s\n", grant.user, grant.scene, gone ? "" : ", but ", gone ? "" : answer->why);
            ok = ok && gone;
        }
    }
    cJSON_Delete(grants);
    return ok;
}

bool ss_request_revoke(const struct ss_access *access, struct ss_control *control, const struct ss_request *request,
                       struct ss_answer *answer) {
    return request->expired ? revoke_expired(access, control, answer) : take(access, control, request->user, request->scene, answer);
}
