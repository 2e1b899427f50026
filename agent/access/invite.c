// SPDX-License-Identifier: Apache-2.0
// An invitation: a user, his role in a scene, and a link that says it all.
#include "access/grants.h"
#include "access/invitation.h"
#include "access/request.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASSWORD_BYTES = 16, NAME_BYTES = 4, SECOND = 1, MINUTE = 60, HOUR = 3600, DAY = 86400, WEEK = 604800, LONGEST = 100 * 365 };

// Random bits as hex digits. Returns false when there are none.
static bool make_random(char *text, size_t bytes) {
    uint8_t random[PASSWORD_BYTES];
    if (RAND_bytes(random, (int)bytes) != 1) {
        return false;
    }
    ss_hex_format(random, bytes, text);
    return true;
}

// "12h" → seconds from now on; -1: not a time.
static int64_t time_after(const char *text) {
    char *unit;
    const long number = strtol(text, &unit, 10);
    const int64_t seconds = strcmp(unit, "s") == 0   ? SECOND
                            : strcmp(unit, "m") == 0 ? MINUTE
                            : strcmp(unit, "h") == 0 ? HOUR
                            : strcmp(unit, "d") == 0 ? DAY
                            : strcmp(unit, "w") == 0 ? WEEK
                                                     : 0;
    return number > 0 && number < LONGEST && seconds > 0 ? number * seconds : -1;
}

struct ss_wish {
    struct ss_grant grant;
    bool known; // the user is there already
    struct ss_invitation invitation;
};

static bool read_ca(const struct ss_access *access, char pem[SS_INVITATION_CA]) {
    FILE *file = access->ca != NULL ? fopen(access->ca, "re") : NULL;
    if (file != NULL) {
        pem[fread(pem, 1, SS_INVITATION_CA - 1, file)] = '\0';
        fclose(file);
    }
    return access->ca == NULL || file != NULL;
}

// What the invited are to use. Returns what is wrong, or NULL.
static const char *take_public(const struct ss_access *access, struct ss_invitation *invitation) {
    if (access->public_broker == NULL || strlen(access->public_broker) >= SS_INVITATION_FIELD) {
        return "--public-broker, or SCENESYNC_PUBLIC_BROKER, is to say where the broker is for those who are invited";
    }
    snprintf(invitation->broker, sizeof(invitation->broker), "%s", access->public_broker);
    snprintf(invitation->store, sizeof(invitation->store), "%s", access->public_store != NULL ? access->public_store : "");
    return read_ca(access, invitation->ca) ? NULL : "--public-ca, or SCENESYNC_PUBLIC_CA, cannot be read";
}

static const char *take_user(const struct ss_request *request, char user[SS_INVITATION_FIELD]) {
    snprintf(user, SS_INVITATION_FIELD, "%s", request->user != NULL ? request->user : "guest-");
    if (request->user == NULL && !make_random(user + strlen(user), NAME_BYTES)) {
        return "there is no randomness for a name";
    }
    return ss_is_user(ss_slice_text(user)) ? NULL : "a user's name is made of A-Z a-z 0-9 _ -";
}

// Returns what is wrong, or NULL.
static const char *take_wish(const struct ss_request *request, struct ss_wish *wish) {
    const struct ss_role *role = request->role != NULL ? ss_role_find(request->role) : NULL;
    const bool every = strcmp(request->scene, SS_EVERY_SCENE) == 0;
    const int64_t after = request->expires != NULL ? time_after(request->expires) : 0;
    if (role == NULL) {
        return "--role is to be owner, editor, viewer or bridge";
    }
    if (!every && !ss_is_scene(ss_slice_text(request->scene))) {
        return "a scene is named in a-z 0-9 _ -, or * for all";
    }
    if (after < 0) {
        return "--expires takes a time such as 90m, 12h, 7d or 4w";
    }
    const char *wrong = take_user(request, wish->invitation.user);
    ss_grant_make(&wish->grant, request->scene, role, wish->invitation.user);
    wish->grant.until = after > 0 ? (int64_t)time(NULL) + after : 0;
    snprintf(wish->invitation.scene, sizeof(wish->invitation.scene), "%s", every ? "" : request->scene);
    return wrong;
}

// A user has one role in a scene: the new one takes the place of the old. Where there is no user any more, whom another hand took away, all
// roles that were left go.
static void take_old_roles(const cJSON *grants, cJSON *commands, const struct ss_wish *wish) {
    struct ss_grant old;
    for (int at = 0; ss_grants_next(grants, &at, wish->grant.user, wish->known ? wish->grant.scene : NULL, &old);) {
        cJSON_AddItemToArray(commands, ss_command("deleteRole", "rolename", old.name));
    }
}

static bool give(struct ss_control *control, const cJSON *grants, const struct ss_wish *wish, struct ss_answer *answer) {
    cJSON *commands = cJSON_CreateArray();
    take_old_roles(grants, commands, wish);
    if (!wish->known) {
        cJSON *made = ss_command("createClient", "username", wish->grant.user);
        cJSON_AddStringToObject(made, "password", wish->invitation.password);
        cJSON_AddItemToArray(commands, made);
    }
    ss_grants_add(commands, &wish->grant);
    return ss_control_do(control, commands) || ss_answer_fail(answer, "%s", control->why);
}

static bool grant(struct ss_control *control, struct ss_wish *wish, struct ss_answer *answer) {
    cJSON *grants = ss_grants_list(control); // before the user is looked for: who is made in between is known, and keeps the roles
    const enum ss_user user = ss_user_find(control, wish->grant.user);
    wish->known = user != SS_USER_NONE;
    bool ok = (grants != NULL && !control->line->failed) || ss_answer_fail(answer, "%s", control->why);
    ok = ok && (user != SS_USER_BROKERS || ss_answer_fail(answer, "%s administers the broker; give another name", wish->grant.user));
    ok = ok && (wish->known || make_random(wish->invitation.password, PASSWORD_BYTES) ||
                ss_answer_fail(answer, "there is no randomness for a password"));
    ok = ok && give(control, grants, wish, answer);
    cJSON_Delete(grants);
    return ok;
}

static bool tell_link(const struct ss_access *access, const struct ss_wish *wish, struct ss_answer *answer) {
    static char link[SS_INVITATION_LINK];
    if (!ss_invitation_format(&wish->invitation, link)) {
        return ss_answer_fail(answer, "the link would be too long");
    }
    fprintf(answer->out, "%s\n", link);
    if (wish->known) {
        fprintf(answer->note, "%s is known already; the link lacks the password, which stays as it is\n", wish->grant.user);
    }
    if (access->public_viewer != NULL) {
        fprintf(answer->note, "In a browser, without installing anything: %s#scene=%s&user=%s%s%s\n", access->public_viewer,
                wish->invitation.scene, wish->grant.user, wish->known ? "" : "&password=", wish->invitation.password);
    }
    return true;
}

const char *ss_request_invite_problem(const struct ss_request *request) {
    static struct ss_wish wish;
    return take_wish(request, &wish);
}

bool ss_request_invite(const struct ss_access *access, struct ss_control *control, const struct ss_request *request,
                       struct ss_answer *answer) {
    static struct ss_wish wish;
    wish = (struct ss_wish){0};
    const char *wrong = take_wish(request, &wish);
    wrong = wrong != NULL ? wrong : take_public(access, &wish.invitation);
    if (wrong != NULL) {
        return ss_answer_fail(answer, "%s", wrong);
    }
    return grant(control, &wish, answer) &&
           ss_request_tell_store(access, control, wish.grant.user, wish.known ? NULL : wish.invitation.password, answer) &&
           tell_link(access, &wish, answer);
}
