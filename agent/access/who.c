// SPDX-License-Identifier: Apache-2.0
// A line for each role of each user.
#include "access/grants.h"
#include "access/request.h"

#include <string.h>
#include <time.h>

static void tell(const struct ss_grant *grant, FILE *out) {
    const time_t at = (time_t)grant->until;
    struct tm utc;
    char text[32] = "always";
    if (at > 0 && gmtime_r(&at, &utc) != NULL) {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", &utc);
    }
    fprintf(out, "%-20s %-20s %-8s %s\n", grant->user, grant->scene, grant->role->name, text);
}

bool ss_request_who(const struct ss_access *access, struct ss_control *control, const struct ss_request *request,
                    struct ss_answer *answer) {
    cJSON *grants = ss_grants_list(control);
    const bool ok = grants != NULL || ss_answer_fail(answer, "%s", control->why);
    struct ss_grant grant;
    (void)access;
    for (int at = 0; ss_grants_next(grants, &at, NULL, NULL, &grant);) {
        if (request->scene == NULL || strcmp(grant.scene, request->scene) == 0 || strcmp(grant.scene, SS_EVERY_SCENE) == 0) {
            tell(&grant, answer->out);
        }
    }
    cJSON_Delete(grants);
    return ok;
}
