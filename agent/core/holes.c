// SPDX-License-Identifier: Apache-2.0
// What an origin said before it was gone for good, and nobody heard. While its number is missing, what came after it is news to whoever asks, at
// every return. So after a while all that came counts. Should somebody come who has what is missing, vectors are equal and digests are not.
#include "core/handlers.h"
#include "core/peers.h"
#include "core/record.h"

enum { SS_HOLE_MS = 60000 };

static bool ss_hole_may_be_filled(const struct ss_core *core, const struct ss_line *line) {
    for (size_t i = 0; i < core->peers.count; i++) {
        const struct ss_peer *peer = &core->peers.items[i];
        const struct ss_vector has = {peer->vector.count, peer->vector.items};
        if (ss_peer_present(peer) && (ss_origin_equal(&peer->origin, &line->from) || ss_vector_seq(&has, &line->from) > line->seq))
            return true;
    }
    return false;
}

static void ss_hole_close(struct ss_core *core, struct ss_line *line) {
    const uint64_t last = line->ahead[line->ahead_count - 1].last;
    if (ss_record_line(core, &line->from, last) == SS_OK)
        ss_line_adopt(line, last);
}

void ss_holes_run(struct ss_core *core) {
    for (size_t i = 0; i < core->vectors.lines.count; i++) {
        struct ss_line *line = &core->vectors.lines.items[i];
        if (line->ahead_count == 0 || !core->known || ss_hole_may_be_filled(core, line))
            line->hole_ms = 0;
        else if (line->hole_ms == 0)
            line->hole_ms = core->now;
        else if (core->now - line->hole_ms >= SS_HOLE_MS)
            ss_hole_close(core, line);
    }
}
