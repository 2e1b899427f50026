// SPDX-License-Identifier: Apache-2.0
// The reader of invitations. One that is read is written and read again as the same.
#include <stdlib.h>
#include <string.h>

#include "access/invitation.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    static struct ss_invitation once, again;
    static char link[SS_INVITATION_LINK];
    char *text = calloc(size + 1, 1);
    memcpy(text, data, size);
    if (ss_invitation_parse(text, &once) == NULL && ss_invitation_format(&once, link)) {
        must(ss_invitation_parse(link, &again) == NULL && memcmp(&once, &again, sizeof(once)) == 0);
    }
    free(text);
    return 0;
}
