// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

#include "util/bytes.h"

enum { SS_STAMP_TIME = 8 }; // bytes of milliseconds and counter

uint64_t ss_stamp_ms(const struct ss_stamp *stamp) { return ss_load_be(stamp->b, 6); }

uint64_t ss_clock_now(const struct ss_clock *clock) { return (uint64_t)((int64_t)clock->wall_ms + clock->offset_ms); }

struct ss_stamp ss_clock_next(struct ss_clock *clock) {
    const uint64_t now = ss_clock_now(clock) << 16;
    clock->last = now > clock->last ? now : clock->last + 1;
    struct ss_stamp stamp;
    ss_store_be(stamp.b, SS_STAMP_TIME, clock->last);
    memcpy(stamp.b + SS_STAMP_TIME, clock->origin.b, sizeof clock->origin.b);
    return stamp;
}

void ss_clock_observe(struct ss_clock *clock, const struct ss_stamp *stamp) {
    const uint64_t seen = ss_load_be(stamp->b, SS_STAMP_TIME);
    if (seen > clock->last)
        clock->last = seen;
}

bool ss_clock_raise(struct ss_clock *clock) {
    if ((clock->last >> 16) + SS_CLOCK_AHEAD_MS / 2 < clock->ceiling_ms)
        return false;
    clock->ceiling_ms = (clock->last >> 16) + SS_CLOCK_AHEAD_MS;
    return true;
}

void ss_clock_restore(struct ss_clock *clock, uint64_t ceiling_ms) {
    clock->ceiling_ms = ceiling_ms;
    if (ceiling_ms << 16 > clock->last)
        clock->last = ceiling_ms << 16;
}

uint64_t ss_clock_ahead(const struct ss_clock *clock, const struct ss_stamp *stamp) {
    const uint64_t now = ss_clock_now(clock);
    const uint64_t then = ss_stamp_ms(stamp);
    return then > now ? then - now : 0;
}
