// SPDX-License-Identifier: Apache-2.0
// The store's lists of users, FOLDER/readers and FOLDER/writers, which nginx reads anew with every request: lines `user:{SSHA}…`. Salted SHA-1
// is enough, and quick, because the passwords are 128 random bits.
#ifndef SS_ACCESS_STORE_USERS_H
#define SS_ACCESS_STORE_USERS_H

#include <stdbool.h>

// ss_store_users_set lets a user read and write, or no longer. `password` NULL: the one he has. Says on stderr why not.
bool ss_store_users_set(const char *folder, const char *user, const char *password, bool reads, bool writes);

#endif
