// SPDX-License-Identifier: Apache-2.0
// Which MQTT version the next attempt to connect uses, and how long to wait before it.
#ifndef SS_EDGES_ATTEMPTS_H
#define SS_EDGES_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

struct ss_attempts {
    int version;          // to try next, or in use
    unsigned failures;    // in a row
    bool only_311;        // the broker said so
    bool spoke_5;         // the connection before
    unsigned doubts;      // attempts since that were not answered
    unsigned short_lived; // connections in a row that ended soon after they began
    unsigned refusals;    // of subscriptions, in a row, for no reason
    uint64_t written_before;
};

// ss_attempts_refused tells whether a CONNECT's answer refuses the user or the password.
bool ss_attempts_refused(int version, int code);

// ss_attempts_begin is called before each attempt; version 0 becomes 5.
void ss_attempts_begin(struct ss_attempts *attempts);

// ss_attempts_failed learns from a CONNECT that was not answered well. Returns whether user and password were refused.
bool ss_attempts_failed(struct ss_attempts *attempts, int code);

// ss_attempts_subscribed takes the answer to a subscription and tells whether to go on. A cluster that elects refuses for no reason, now of this
// filter and then of that one, what it takes a little later: asking again is worth some attempts.
bool ss_attempts_subscribed(struct ss_attempts *attempts, int code);

// ss_attempts_lost: a connection ended after so long.
void ss_attempts_lost(struct ss_attempts *attempts, uint64_t after_ms);

// ss_attempts_thrown_out tells whether one connection after the other ends soon after it began.
bool ss_attempts_thrown_out(const struct ss_attempts *attempts);

// ss_attempts_wait counts one more failure and gives the milliseconds until the next attempt.
uint64_t ss_attempts_wait(struct ss_attempts *attempts);

#endif
