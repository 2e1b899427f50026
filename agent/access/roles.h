// SPDX-License-Identifier: Apache-2.0
// What a role lets a user do in a scene. The broker's plugin (before mosquitto 2.1) knows no patterns with the user's name, so each user has a
// role of his own for each scene, `SCENE/ROLE/USER`, with every topic written out.
#ifndef SS_ACCESS_ROLES_H
#define SS_ACCESS_ROLES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

// A scene that stands for every scene.
#define SS_EVERY_SCENE "*"

struct ss_role {
    const char *name;
    bool writes; // may put files into the store
};

// ss_role_find returns a role by its name, or NULL.
const struct ss_role *ss_role_find(const char *name);

enum { SS_ROLE_WORD = 80, SS_ROLE_NAME = 3 * SS_ROLE_WORD };

// ss_grant is a role that a user has in a scene.
struct ss_grant {
    char scene[SS_ROLE_WORD], user[SS_ROLE_WORD];
    const struct ss_role *role;
    int64_t until;           // when it ends, in seconds since 1970; 0: never
    char name[SS_ROLE_NAME]; // the broker's: SCENE/ROLE/USER
};

// ss_grant_make fills one; ss_grant_parse takes one from the broker's name of a role, false when it is none of ours. Its end is not in there.
void ss_grant_make(struct ss_grant *grant, const char *scene, const struct ss_role *role, const char *user);
bool ss_grant_parse(struct ss_grant *grant, const char *name);

// ss_grant_rights returns the broker's list of what it allows.
cJSON *ss_grant_rights(const struct ss_grant *grant);

#endif
