// SPDX-License-Identifier: Apache-2.0
// Who has which role, as the broker's plugin knows it: all of it is in its roles' names, and when one ends in its description.
#ifndef SS_ACCESS_GRANTS_H
#define SS_ACCESS_GRANTS_H

#include "access/control.h"
#include "access/roles.h"

// ss_grants is every role of every user, freed by cJSON_Delete.
cJSON *ss_grants_list(struct ss_control *control); // NULL: `control->why`

// ss_grants_next gives one after the other, of `user` and in `scene` unless they are NULL; `at` begins as 0. Returns false at the end.
bool ss_grants_next(const cJSON *grants, int *at, const char *user, const char *scene, struct ss_grant *grant);

// ss_grants_add appends the commands that give a role, ss_grants_remove those that take it; who has it is disconnected.
void ss_grants_add(cJSON *commands, const struct ss_grant *grant);
void ss_grants_remove(cJSON *commands, const struct ss_grant *grant);

// ss_user is whether the broker knows a user, and whether that is one of its own, whom no invitation may touch: whoever has anything but our
// roles, or none at all.
enum ss_user { SS_USER_NONE, SS_USER_OURS, SS_USER_BROKERS };
enum ss_user ss_user_find(struct ss_control *control, const char *user);

#endif
