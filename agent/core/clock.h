// SPDX-License-Identifier: Apache-2.0
// The hybrid logical clock that makes stamps: never backwards, not even over a restart.
#ifndef SS_CORE_CLOCK_H
#define SS_CORE_CLOCK_H

#include "util/types.h"

enum { SS_CLOCK_AHEAD_MS = 10000, SS_FUTURE_ASIDE_MS = 5 * 60 * 1000, SS_FUTURE_REFUSED_MS = 24 * 60 * 60 * 1000 };

struct ss_clock {
    struct ss_origin origin;
    int64_t offset_ms;   // true time minus local time
    bool of_store;       // the offset is what the store says, else the peers' median
    uint64_t wall_ms;    // local time of this step
    uint64_t last;       // the highest stamp seen or made: milliseconds << 16 | counter
    uint64_t ceiling_ms; // durable: no stamp at or above it was made in an earlier life
};

// ss_clock_now returns what the clock believes to be the true time, ms since 1970.
uint64_t ss_clock_now(const struct ss_clock *clock);

// ss_clock_next makes a stamp above every other that was seen or made.
struct ss_stamp ss_clock_next(struct ss_clock *clock);

// ss_clock_observe moves the clock above a stamp that was received and is not too far ahead.
void ss_clock_observe(struct ss_clock *clock, const struct ss_stamp *stamp);

// ss_clock_raise moves the ceiling when stamps come near it; returns whether the new one must be stored.
bool ss_clock_raise(struct ss_clock *clock);

// ss_clock_restore starts above the ceiling of the earlier life.
void ss_clock_restore(struct ss_clock *clock, uint64_t ceiling_ms);

// ss_clock_ahead returns by how many ms a stamp is ahead of now, 0 when it is not.
uint64_t ss_clock_ahead(const struct ss_clock *clock, const struct ss_stamp *stamp);
uint64_t ss_stamp_ms(const struct ss_stamp *stamp);

#endif
