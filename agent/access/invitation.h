// SPDX-License-Identifier: Apache-2.0
// An invitation as text: scenesync://host:port/SCENE?user=…&password=…&store=…&ca=…, where `ca` is the certificate of the server's own authority
// (DER, base64url). Whoever has the text can use it: it is to be passed on like a password.
#ifndef SS_ACCESS_INVITATION_H
#define SS_ACCESS_INVITATION_H

#include <stdbool.h>
#include <stddef.h>

enum { SS_INVITATION_FIELD = 512, SS_INVITATION_CA = 8192, SS_INVITATION_LINK = 16384 };

struct ss_invitation {
    char broker[SS_INVITATION_FIELD]; // mqtts or mqtt://host:port
    char scene[SS_INVITATION_FIELD];  // empty: every scene
    char user[SS_INVITATION_FIELD];
    char password[SS_INVITATION_FIELD]; // empty: the one that the user has already
    char store[SS_INVITATION_FIELD];    // empty: none
    char ca[SS_INVITATION_CA];          // PEM; empty: none
};

// ss_invitation_format returns false when it does not fit.
bool ss_invitation_format(const struct ss_invitation *invitation, char link[SS_INVITATION_LINK]);

// ss_invitation_parse returns NULL, or what is wrong. Blanks around the link are no part of it.
const char *ss_invitation_parse(const char *link, struct ss_invitation *invitation);

#endif
