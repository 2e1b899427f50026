// SPDX-License-Identifier: Apache-2.0
// `scenesync invite`, `revoke` and `who`: an administrator tells the broker, an owner asks `scenesync access` to.
#include "access/owner.h"
#include "cli/command.h"
#include "daemon/config.h"

#include <string.h>

static struct ss_request request_of(const struct ss_access *access) {
    const char *first = access->count > 0 ? access->arguments[0] : NULL, *second = access->count > 1 ? access->arguments[1] : NULL;
    struct ss_request request = {.action = access->command, .role = access->role, .expires = access->expires, .expired = access->expired};
    const bool revokes = strcmp(access->command, "revoke") == 0;
    request.user = revokes ? first : access->user;
    request.scene = revokes ? second : first;
    return request;
}

static bool change(const struct ss_access *access, struct ss_line *line, const struct ss_request *request, struct ss_answer *answer) {
    struct ss_control control;
    if (ss_control_open(&control, line)) {
        const bool ok = ss_request_do(access, &control, request, answer);
        ss_control_close(&control);
        return ok;
    }
    return line->failed ? ss_answer_fail(answer, "%s", line->why) : ss_owner_ask(line, request, answer);
}

int ss_access_change(struct ss_access *access) {
    static struct ss_line line;
    struct ss_answer answer = {.out = stdout, .note = stderr};
    struct ss_config config;
    const struct ss_request request = request_of(access);
    const char *problem = ss_request_problem(&request);
    if (problem != NULL) {
        return ss_fail("%s", problem);
    }
    if (!ss_access_read(access, &config)) {
        return SS_EXIT_FAILED;
    }
    bool ok = ss_line_open(&line, &config) || ss_answer_fail(&answer, "%s", line.why);
    ss_config_finish(&config);
    if (ok) {
        ok = change(access, &line, &request, &answer);
        ss_line_close(&line);
    }
    return ok ? SS_EXIT_OK : ss_fail("%s", answer.why);
}
