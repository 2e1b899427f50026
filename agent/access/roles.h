// SPDX-License-Identifier: Apache-2.0
// What a role lets a user do in a scene. The broker's plugin (before mosquitto 2.1) knows no patterns with the user's name, so each user has a
// role of his own for each scene, `SCENE/ROLE/USER`, with every topic written out.
#ifndef SS_ACCESS_ROLES_H
#define SS_ACCESS_ROLES_H

#include <cjson/cJSON.h>
#include <stdbool.h>

// A scene that stands for every scene.
#define SS_EVERY_SCENE "*"

struct ss_role {
    const char *name;
    bool writes; // may put files into the store
};

// ss_role_find returns a role by its name, or NULL. ss_role_names lists them for people.
const struct ss_role *ss_role_find(const char *name);
const char *ss_role_names(void);

enum { SS_ROLE_NAME = 160 };

// ss_role_format gives the broker's name of a user's role in a scene, ss_role_parse takes it apart; false when it is none of ours.
void ss_role_format(const char *scene, const struct ss_role *role, const char *user, char name[SS_ROLE_NAME]);
bool ss_role_parse(const char *name, char scene[SS_ROLE_NAME], const struct ss_role **role);

// ss_role_rights returns the broker's list of rights of a user with that role.
cJSON *ss_role_rights(const char *scene, const struct ss_role *role, const char *user);

#endif
