// SPDX-License-Identifier: Apache-2.0
// Where no store tells the time, the middle one of all clocks that are here does: ours and those of the peers that are present.
#include <stdlib.h>

#include "core/handlers.h"
#include "core/peers.h"

enum { SS_CLOCK_TOLERANCE_MS = 1500 }; // messages take their time

static int ss_offset_compare(const void *a, const void *b) {
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void ss_peer_time(struct ss_core *core, struct ss_peer *peer, uint64_t time_ms) {
    peer->timed = time_ms != 0 && time_ms >> 48 == 0; // a stamp has 48 bits of it
    peer->epoch_ms = peer->timed ? (int64_t)time_ms - (int64_t)core->now : 0;
}

// By how much each clock is ahead of ours. One that is off by a day or more does not count: its stamps would be refused.
static size_t ss_peers_offsets(const struct ss_core *core, int64_t *offsets) {
    const int64_t ours = (int64_t)core->clock.wall_ms - (int64_t)core->now;
    size_t count = 0;
    offsets[count++] = 0;
    for (size_t i = 0; i < core->peers.count; i++) {
        const struct ss_peer *peer = &core->peers.items[i];
        const int64_t offset = peer->epoch_ms - ours;
        if (ss_peer_present(peer) && peer->timed && offset < SS_FUTURE_REFUSED_MS && offset > -SS_FUTURE_REFUSED_MS)
            offsets[count++] = offset;
    }
    return count;
}

void ss_peers_clock(struct ss_core *core) {
    int64_t *offsets = ss_scratch_take(&core->scratch, (core->peers.count + 1) * sizeof *offsets);
    if (core->clock.of_store || offsets == NULL || !ss_fx_room(core, 1))
        return;
    const size_t count = ss_peers_offsets(core, offsets);
    if (count == 1)
        return; // alone: as it was last
    qsort(offsets, count, sizeof *offsets, ss_offset_compare);
    const int64_t median = offsets[count / 2]; // of two the later: nobody's stamps are then ahead of it
    const int64_t offset = llabs(median) < SS_CLOCK_TOLERANCE_MS ? 0 : median;
    if (llabs(offset - core->clock.offset_ms) < SS_CLOCK_TOLERANCE_MS)
        return;
    core->clock.offset_ms = offset;
    ss_fx_push(core, SS_FX_CLOCK)->clock.offset_ms = offset;
}

int ss_on_clock_offset(struct ss_core *core, const struct ss_event *event) {
    core->clock.offset_ms = event->clock.offset_ms;
    core->clock.of_store = true;
    return SS_OK;
}
