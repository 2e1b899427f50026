// SPDX-License-Identifier: Apache-2.0
// Takes user and password out of a URL and checks the rest.
#ifndef SS_DAEMON_URL_H
#define SS_DAEMON_URL_H

#include <stdbool.h>

enum { SS_URL_WHY = 256 };

// ss_url_take replaces *url by scheme://host:port/path without a final slash, with the scheme's default port where none is given. User and
// password of the URL, percent-decoded, replace *user and *password. On failure `why` says what is wrong and what a URL looks like.
bool ss_url_take(char **url, char **user, char **password, const char *const *schemes, char why[SS_URL_WHY]);

#endif
