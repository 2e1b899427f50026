// SPDX-License-Identifier: Apache-2.0
// `scenesync invite`: a user, his role in a scene, and a link that says it all.
#include "access/command.h"
#include "access/invitation.h"
#include "access/users.h"
#include "cli/command.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASSWORD_BYTES = 16, NAME_BYTES = 4, MINUTE = 60, HOUR = 3600, DAY = 86400, WEEK = 604800, LONGEST = 100 * 365 };

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
    const int64_t seconds = strcmp(unit, "m") == 0   ? MINUTE
                            : strcmp(unit, "h") == 0 ? HOUR
                            : strcmp(unit, "d") == 0 ? DAY
                            : strcmp(unit, "w") == 0 ? WEEK
                                                     : 0;
    return number > 0 && number < LONGEST && seconds > 0 ? number * seconds : -1;
}

struct ss_wish {
    const char *scene;
    const struct ss_role *role;
    int64_t until; // 0: always
    bool known;    // the user is there already
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

// Returns what is wrong, or NULL.
static const char *take_wish(const struct ss_access *access, struct ss_wish *wish) {
    struct ss_invitation *invitation = &wish->invitation;
    wish->scene = access->arguments[0];
    wish->role = access->role != NULL ? ss_role_find(access->role) : NULL;
    const bool every = strcmp(wish->scene, SS_EVERY_SCENE) == 0;
    const int64_t after = access->expires != NULL ? time_after(access->expires) : 0;
    if (wish->role == NULL) {
        return "--role is to be viewer, editor or bridge";
    }
    if (!every && !ss_is_scene(ss_slice_text(wish->scene))) {
        return "a scene is named in a-z 0-9 _ -, or * for all";
    }
    if (after < 0) {
        return "--expires takes a time such as 90m, 12h, 7d or 4w";
    }
    if (access->public_broker == NULL || strlen(access->public_broker) >= SS_INVITATION_FIELD) {
        return "--public-broker, or SCENESYNC_PUBLIC_BROKER, is to say where the broker is for those who are invited";
    }
    wish->until = after > 0 ? (int64_t)time(NULL) + after : 0;
    snprintf(invitation->broker, sizeof(invitation->broker), "%s", access->public_broker);
    snprintf(invitation->store, sizeof(invitation->store), "%s", access->public_store != NULL ? access->public_store : "");
    snprintf(invitation->scene, sizeof(invitation->scene), "%s", every ? "" : wish->scene);
    snprintf(invitation->user, sizeof(invitation->user), "%s", access->user != NULL ? access->user : "guest-");
    if (access->user == NULL && !make_random(invitation->user + strlen(invitation->user), NAME_BYTES)) {
        return "there is no randomness for a name";
    }
    return ss_is_user(ss_slice_text(invitation->user)) ? NULL : "a user's name is made of A-Z a-z 0-9 _ -";
}

// Returns the broker's name of the user's role in that scene, which is the client's memory, or NULL.
static const char *role_in(const cJSON *client, const char *scene) {
    const struct ss_role *role;
    char of[SS_ROLE_NAME];
    const char *name = NULL;
    for (int at = 0; (name = ss_user_role(client, &at, of, &role)) != NULL && strcmp(of, scene) != 0;) {}
    return name;
}

static void add_user(cJSON *commands, const struct ss_wish *wish) {
    char until[SS_EXPIRY_TEXT];
    ss_expiry_format(wish->until, until);
    cJSON *command = ss_command(wish->known ? "modifyClient" : "createClient", "username", wish->invitation.user);
    if (!wish->known) {
        cJSON_AddStringToObject(command, "password", wish->invitation.password);
    }
    cJSON_AddStringToObject(command, "textdescription", until);
    cJSON_AddItemToArray(commands, command);
}

static void add_role(cJSON *commands, const struct ss_wish *wish) {
    const char *user = wish->invitation.user;
    char name[SS_ROLE_NAME];
    ss_role_format(wish->scene, wish->role, user, name);
    cJSON *made = ss_command("createRole", "rolename", name);
    cJSON_AddItemToObject(made, "acls", ss_role_rights(wish->scene, wish->role, user));
    cJSON_AddItemToArray(commands, made);
    cJSON *given = ss_command("addClientRole", "username", user);
    cJSON_AddStringToObject(given, "rolename", name);
    cJSON_AddItemToArray(commands, given);
}

// A user has one role in a scene: the new one takes the place of the old.
static bool grant(struct ss_control *control, struct ss_wish *wish) {
    cJSON *client = ss_user_find(control, wish->invitation.user), *commands = cJSON_CreateArray();
    const char *old = role_in(client, wish->scene);
    wish->known = client != NULL;
    if (!wish->known && !make_random(wish->invitation.password, PASSWORD_BYTES)) {
        cJSON_Delete(commands);
        return false;
    }
    if (old != NULL) {
        cJSON_AddItemToArray(commands, ss_command("deleteRole", "rolename", old));
    }
    add_user(commands, wish);
    add_role(commands, wish);
    cJSON_Delete(client);
    return ss_control_do(control, commands);
}

static bool print_link(const struct ss_access *access, const struct ss_wish *wish) {
    static char link[SS_INVITATION_LINK];
    if (!ss_invitation_format(&wish->invitation, link)) {
        return false;
    }
    puts(link);
    if (wish->known) {
        fprintf(stderr, "%s is known already; the link lacks the password, which stays as it is\n", wish->invitation.user);
    }
    if (access->public_viewer != NULL) {
        fprintf(stderr, "In a browser, without installing anything: %s#scene=%s&user=%s%s%s\n", access->public_viewer,
                wish->invitation.scene, wish->invitation.user, wish->known ? "" : "&password=", wish->invitation.password);
    }
    return true;
}

int ss_access_invite(struct ss_access *access) {
    static struct ss_wish wish;
    static struct ss_control control;
    const char *wrong = take_wish(access, &wish);
    if (wrong != NULL) {
        return ss_fail("%s", wrong);
    }
    if (!read_ca(access, wish.invitation.ca)) {
        return ss_fail("%s cannot be read", access->ca);
    }
    if (!ss_access_connect(access, &control)) {
        return SS_EXIT_FAILED;
    }
    bool ok = grant(&control, &wish) || ss_fail("%s", control.why) == SS_EXIT_OK;
    ok = ok && ss_user_tell_store(access, &control, wish.invitation.user, wish.known ? NULL : wish.invitation.password);
    ss_control_close(&control);
    return ok && print_link(access, &wish) ? SS_EXIT_OK : SS_EXIT_FAILED;
}
