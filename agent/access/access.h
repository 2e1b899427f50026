// SPDX-License-Identifier: Apache-2.0
// Who may do what: `scenesync invite`, `revoke` and `who` change the broker's users and the store's; `join` takes an invitation.
#ifndef SS_ACCESS_ACCESS_H
#define SS_ACCESS_ACCESS_H

// ss_access_main is each of them, `words` beginning with the command's name; it returns the exit status.
int ss_access_main(int count, char **words);

#endif
