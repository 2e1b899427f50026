// SPDX-License-Identifier: Apache-2.0
#include "edges/mailbox.h"

#include <stdint.h>

enum { SLICE_NS = 4000000 }; // after so long other handles of the loop have their turn

static struct ss_mail *take(struct ss_mailbox *mailbox) {
    uv_mutex_lock(&mailbox->lock);
    struct ss_mail *mail = mailbox->first;
    if (mail != NULL) {
        mailbox->first = mail->next;
        mailbox->last = mailbox->first != NULL ? mailbox->last : NULL;
        mailbox->bytes -= mail->size;
    }
    uv_mutex_unlock(&mailbox->lock);
    return mail;
}

static void on_wake(uv_async_t *wake) {
    struct ss_mailbox *mailbox = wake->data;
    uint64_t until = uv_hrtime() + SLICE_NS;
    struct ss_mail *mail;
    while ((mail = take(mailbox)) != NULL) {
        mail->deliver(mail);
        if (uv_hrtime() >= until) {
            uv_async_send(wake);
            return;
        }
    }
}

int ss_mailbox_init(struct ss_mailbox *mailbox, uv_loop_t *loop, size_t max_bytes) {
    *mailbox = (struct ss_mailbox){.max_bytes = max_bytes};
    int error = uv_mutex_init(&mailbox->lock);
    if (error == 0) {
        error = uv_async_init(loop, &mailbox->wake, on_wake);
        mailbox->wake.data = mailbox;
    }
    return error;
}

static void on_closed(uv_handle_t *handle) {
    struct ss_mailbox *mailbox = handle->data;
    uv_mutex_destroy(&mailbox->lock);
}

void ss_mailbox_close(struct ss_mailbox *mailbox) {
    struct ss_mail *mail;
    while ((mail = take(mailbox)) != NULL) {
        mail->deliver(mail);
    }
    uv_close((uv_handle_t *)&mailbox->wake, on_closed);
}

bool ss_mailbox_post(struct ss_mailbox *mailbox, struct ss_mail *mail) {
    mail->next = NULL;
    uv_mutex_lock(&mailbox->lock);
    bool fits = mail->size == 0 || mailbox->bytes + mail->size <= mailbox->max_bytes;
    bool was_empty = mailbox->first == NULL;
    if (fits) {
        if (was_empty) {
            mailbox->first = mail;
        } else {
            mailbox->last->next = mail;
        }
        mailbox->last = mail;
        mailbox->bytes += mail->size;
    }
    uv_mutex_unlock(&mailbox->lock);
    if (fits && was_empty) {
        uv_async_send(&mailbox->wake);
    }
    return fits;
}
