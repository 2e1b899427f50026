// SPDX-License-Identifier: Apache-2.0
// The broker's users as its plugin describes them: {"username", "textdescription", "roles": [{"rolename"}]}.
#ifndef SS_ACCESS_USERS_H
#define SS_ACCESS_USERS_H

#include "access/command.h"
#include "access/roles.h"

// ss_user_find returns the user, freed by cJSON_Delete, or NULL; ss_users_list all of them, or NULL with `control->why`.
cJSON *ss_user_find(struct ss_control *control, const char *user);
cJSON *ss_users_list(struct ss_control *control);

// ss_user_role gives the roles in scenes that a user has, one after the other: `at` begins as 0. Returns the broker's name of it, or NULL
// when there is no more.
const char *ss_user_role(const cJSON *client, int *at, char scene[SS_ROLE_NAME], const struct ss_role **role);

// ss_user_tell_store makes the store's lists say what the user's roles are now; `password` NULL: as it was. Says on stderr why not.
bool ss_user_tell_store(const struct ss_access *access, struct ss_control *control, const char *user, const char *password);

#endif
