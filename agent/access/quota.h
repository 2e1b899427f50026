// SPDX-License-Identifier: Apache-2.0
// How much of the store each user has filled, from nginx's list of uploads (broker-config/nginx/people.inc), and who may upload no more:
// USERS/full/NAME is then there, which nginx looks for.
#ifndef SS_ACCESS_QUOTA_H
#define SS_ACCESS_QUOTA_H

#include "access/control.h"

#include <stdint.h>

struct ss_share;
struct ss_upload;

struct ss_quota {
    const char *files; // the store's folder
    const char *users; // where its lists of users are
    uint64_t bytes;    // what each user may have there
    long read;         // bytes of the list of uploads that are counted
    uint64_t anew_at;  // when everything is counted again, as files may have been deleted
    struct ss_share *shares;
    struct ss_upload *uploads;
};

// ss_quota_look counts what is new. Who has a role in every scene works for others and is not limited. Says on stderr what fails, and whose
// share is used up.
void ss_quota_look(struct ss_quota *quota, struct ss_control *control);

#endif
