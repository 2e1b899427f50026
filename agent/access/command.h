// SPDX-License-Identifier: Apache-2.0
// What the commands share: their options.
#ifndef SS_ACCESS_COMMAND_H
#define SS_ACCESS_COMMAND_H

#include "access/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ss_access is what a command was told. Public is what others are to use; one's own way to the broker is in `config`.
struct ss_access {
    const char *command;
    const char *config; // file of lines `key = value`: broker, user, password, ca_file
    const char *role, *user, *expires, *data;
    const char *public_broker, *public_store, *public_viewer;
    const char *ca;                        // file; NULL: a certificate that everybody's system knows
    const char *store_users;               // folder of the store's lists; NULL: the store asks nobody
    const char *store_files, *store_quota; // the store's folder, and how much of it each user may fill; NULL: as much as there is
    bool expired;
    int count; // what is left of the words
    char **arguments;
};

// invite, revoke and who: by an administrator at once, by an owner through `scenesync access` (owner.c).
int ss_access_change(struct ss_access *access);
int ss_access_serve(struct ss_access *access);
int ss_access_join(struct ss_access *access);

// ss_access_read reads who we are and where the broker is, freed by ss_config_finish. Says on stderr why not.
bool ss_access_read(const struct ss_access *access, struct ss_config *config);

#endif
