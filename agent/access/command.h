// SPDX-License-Identifier: Apache-2.0
// What the four commands share: their options, and the broker's users as they are.
#ifndef SS_ACCESS_COMMAND_H
#define SS_ACCESS_COMMAND_H

#include "access/control.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ss_access is what a command was told. Public is what others are to use; the administrator's own way to the broker is in `config`.
struct ss_access {
    const char *config; // file of lines `key = value`: broker, user, password, ca_file
    const char *role, *user, *expires, *data;
    const char *public_broker, *public_store, *public_viewer;
    const char *ca;          // file; NULL: a certificate that everybody's system knows
    const char *store_users; // folder of the store's lists; NULL: the store asks nobody
    bool expired;
    int count; // what is left of the words
    char **arguments;
};

int ss_access_invite(struct ss_access *access);
int ss_access_revoke(struct ss_access *access);
int ss_access_who(struct ss_access *access);
int ss_access_join(struct ss_access *access);

// ss_access_connect connects as the administrator. Says on stderr why not.
bool ss_access_connect(const struct ss_access *access, struct ss_control *control);

// ss_expiry_format and ss_expiry_parse write and read when a user's invitation ends (seconds since 1970; 0: never), as the broker's
// description of the user has it.
enum { SS_EXPIRY_TEXT = 32 };
void ss_expiry_format(int64_t at, char text[SS_EXPIRY_TEXT]);
int64_t ss_expiry_parse(const char *text);

#endif
