// SPDX-License-Identifier: Apache-2.0
// What time it is: the store's Date header against the local clock.
#include "edges/log.h"
#include "edges/room.h"
#include "edges/transfer.h"

#include <stdlib.h>
#include <strings.h>

enum { CLOCK_TOLERANCE_MS = 1500 }; // the header has whole seconds

// The store wrote it at some time between the request and now: what took long tells little.
static void hear_date(const struct ss_transfer *transfer, uint64_t wall_ms) {
    struct ss_agent *agent = transfer->blobs->agent;
    const int64_t took = llabs((int64_t)(ss_wall_ms() - transfer->asked_ms)), tolerance = CLOCK_TOLERANCE_MS + took;
    int64_t offset = (int64_t)(wall_ms + 500 - ss_wall_ms());
    offset = llabs(offset) < tolerance ? 0 : offset;
    if (agent->clock_known && llabs(offset - agent->clock_offset_ms) < tolerance) {
        return;
    }
    agent->clock_known = true;
    agent->clock_offset_ms = offset;
    if (offset != 0) {
        ss_log("this machine's clock is %lld ms off the store's; edits are stamped with the store's time", (long long)-offset);
    }
    struct ss_event event = {.type = SS_EV_CLOCK_OFFSET, .clock = {.offset_ms = offset}};
    ss_room_each_later(agent, &event);
}

size_t ss_take_header(char *bytes, size_t size, size_t count, void *context) {
    char line[64];
    size_t len = size * count;
    if (len > 6 && len < sizeof(line) && strncasecmp(bytes, "date:", 5) == 0) {
        memcpy(line, bytes + 5, len - 5);
        line[len - 5] = '\0';
        time_t seconds = curl_getdate(line, NULL);
        if (seconds > 0) {
            hear_date(context, (uint64_t)seconds * 1000);
        }
    }
    return len;
}
