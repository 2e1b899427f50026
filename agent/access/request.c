// SPDX-License-Identifier: Apache-2.0
#include "access/request.h"

#include "access/grants.h"
#include "access/store_users.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const struct ss_action {
    const char *name;
    bool (*run)(const struct ss_access *access, struct ss_control *control, const struct ss_request *request, struct ss_answer *answer);
} ACTIONS[] = {{"invite", ss_request_invite}, {"revoke", ss_request_revoke}, {"who", ss_request_who}};

const char *ss_request_problem(const struct ss_request *request) {
    if (strcmp(request->action, "invite") == 0) {
        return ss_request_invite_problem(request);
    }
    const bool names_one = strcmp(request->action, "revoke") != 0 || (request->user != NULL) != request->expired;
    return names_one ? NULL : "revoke takes the user's name, or --expired";
}

bool ss_request_do(const struct ss_access *access, struct ss_control *control, const struct ss_request *request, struct ss_answer *answer) {
    const char *problem = ss_request_problem(request);
    if (problem != NULL) {
        return ss_answer_fail(answer, "%s", problem);
    }
    for (size_t i = 0; i < sizeof(ACTIONS) / sizeof(ACTIONS[0]); i++) {
        if (strcmp(ACTIONS[i].name, request->action) == 0) {
            return ACTIONS[i].run(access, control, request, answer);
        }
    }
    return ss_answer_fail(answer, "what can be asked for is invite, revoke and who");
}

bool ss_answer_fail(struct ss_answer *answer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(answer->why, sizeof(answer->why), format, args);
    va_end(args);
    return false;
}

// Whoever else changes the lists, with knowledge of the broker that may be older or newer than ours, waits. Closed by the caller.
static int lock_lists(const char *folder) {
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        flock(fd, LOCK_EX);
    }
    return fd;
}

bool ss_request_tell_store(const struct ss_access *access, struct ss_control *control, const char *user, const char *password,
                           struct ss_answer *answer) {
    if (access->store_users == NULL) {
        return true;
    }
    const int lock = lock_lists(access->store_users);
    cJSON *grants = ss_grants_list(control);
    struct ss_grant grant;
    bool reads = false, writes = false, ok = grants != NULL || ss_answer_fail(answer, "%s", control->why);
    for (int at = 0; ss_grants_next(grants, &at, user, NULL, &grant);) {
        reads = true;
        writes |= grant.role->writes;
    }
    cJSON_Delete(grants);
    ok = ok && (ss_store_users_set(access->store_users, user, password, reads, writes) ||
                ss_answer_fail(answer, "the store's lists of users in %s cannot be changed", access->store_users));
    if (lock >= 0) {
        close(lock);
    }
    return ok;
}
