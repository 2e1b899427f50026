// SPDX-License-Identifier: Apache-2.0
// A connection to the broker for programs that ask and wait: each call runs the loop until the broker has answered.
#ifndef SS_ACCESS_LINE_H
#define SS_ACCESS_LINE_H

#include "edges/config.h"
#include "edges/mailbox.h"
#include "edges/session.h"

#include <stdbool.h>
#include <uv.h>

enum { SS_LINE_WHY = 512, SS_LINE_USER = 80 };

struct ss_line {
    uv_loop_t loop;
    uv_timer_t deadline;
    struct ss_mailbox mailbox;
    struct ss_session *session;
    bool connected, answered, allowed, late, failed; // answered, allowed: the last subscription
    char user[SS_LINE_USER];
    char why[SS_LINE_WHY];
    void (*message)(void *owner, struct ss_slice topic, struct ss_slice payload);
    void *owner;
};

// ss_line_open connects with the user and password of `config`. On failure `line->why` says why, and nothing is left open.
bool ss_line_open(struct ss_line *line, const struct ss_config *config);
void ss_line_close(struct ss_line *line);

// ss_line_listen says who is given what comes; NULL: nobody.
void ss_line_listen(struct ss_line *line, void (*message)(void *owner, struct ss_slice topic, struct ss_slice payload), void *owner);

// ss_line_subscribe returns whether the broker allows it; `line->failed` when it did not answer.
bool ss_line_subscribe(struct ss_line *line, const char *topic);

// ss_line_publish sends a text, QoS 1. Whether the broker took it shows in what comes back.
bool ss_line_publish(struct ss_line *line, const char *topic, const char *text);

// ss_line_until runs the loop until `*done`, the end of the connection, or ten seconds, after which `line->why` is `late`.
bool ss_line_until(struct ss_line *line, const bool *done, const char *late);

// ss_line_wait runs it until something happened or so many milliseconds are over.
void ss_line_wait(struct ss_line *line, unsigned ms);

#endif
