// SPDX-License-Identifier: Apache-2.0
// Who may do what: `scenesync invite`, `revoke` and `who` change the broker's users and the store's; `join` takes an invitation.
#ifndef SS_ACCESS_ACCESS_H
#define SS_ACCESS_ACCESS_H

#include <stdbool.h>

// ss_access_is tells whether `word` is one of the commands; ss_access_main is `scenesync word …`, beginning with that word, and returns the
// exit status.
bool ss_access_is(const char *word);
int ss_access_main(int count, char **words);

#endif
