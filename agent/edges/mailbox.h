// SPDX-License-Identifier: Apache-2.0
// Where other threads leave mail for the loop: one lock, one wake-up, a bound in bytes. Nobody ever waits to post.
#ifndef SS_EDGES_MAILBOX_H
#define SS_EDGES_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

// ss_mail is the head of whatever is posted. `deliver` runs on the loop, in the order of posting, and owns the mail.
struct ss_mail {
    struct ss_mail *next;
    size_t size; // bytes it keeps alive
    void (*deliver)(struct ss_mail *mail);
};

struct ss_mailbox {
    uv_async_t wake;
    uv_mutex_t lock; // of the next two
    struct ss_mail *first, *last;
    size_t bytes, max_bytes;
};

// ss_mailbox_init must be called on the loop's thread. Returns a libuv error.
int ss_mailbox_init(struct ss_mailbox *mailbox, uv_loop_t *loop, size_t max_bytes);

// ss_mailbox_close delivers what is left and closes the handle; nobody may post any more.
void ss_mailbox_close(struct ss_mailbox *mailbox);

// ss_mailbox_post takes the mail. Returns false, and leaves it with the caller, when the mailbox is full; mail of size 0 always fits.
bool ss_mailbox_post(struct ss_mailbox *mailbox, struct ss_mail *mail);

#endif
