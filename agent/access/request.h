// SPDX-License-Identifier: Apache-2.0
// What may be asked of whoever administers the broker, and the answer: by words of the command line, or by an owner's message.
#ifndef SS_ACCESS_REQUEST_H
#define SS_ACCESS_REQUEST_H

#include "access/command.h"
#include "access/control.h"

#include <stdio.h>

// ss_request: what is absent is NULL.
struct ss_request {
    const char *action; // "invite", "revoke", "who"
    const char *scene, *user, *role, *expires;
    bool expired; // revoke: everybody whose time is up
};

enum { SS_ANSWER_WHY = 512 };

// ss_answer is where what is asked for is written, and remarks on it; `why` when it could not be done.
struct ss_answer {
    FILE *out, *note;
    char why[SS_ANSWER_WHY];
};

// ss_request_problem is what is wrong with a request, whoever makes it, or NULL.
const char *ss_request_problem(const struct ss_request *request);
const char *ss_request_invite_problem(const struct ss_request *request);

// ss_request_do does it; false with `answer->why`. The others are its parts.
bool ss_request_do(const struct ss_access *access, struct ss_control *control, const struct ss_request *request, struct ss_answer *answer);
bool ss_request_invite(const struct ss_access *access, struct ss_control *control, const struct ss_request *request,
                       struct ss_answer *answer);
bool ss_request_revoke(const struct ss_access *access, struct ss_control *control, const struct ss_request *request,
                       struct ss_answer *answer);
bool ss_request_who(const struct ss_access *access, struct ss_control *control, const struct ss_request *request, struct ss_answer *answer);

// ss_answer_fail says why, and returns false.
__attribute__((format(printf, 2, 3))) bool ss_answer_fail(struct ss_answer *answer, const char *format, ...);

// ss_request_tell_store makes the store's lists say what the user's roles are now; `password` NULL: as it was.
bool ss_request_tell_store(const struct ss_access *access, struct ss_control *control, const char *user, const char *password,
                           struct ss_answer *answer);

#endif
