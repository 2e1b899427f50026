// SPDX-License-Identifier: Apache-2.0
// `status` frames: sent when something changed, at most every 250 ms.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "util/bytes.h"

#include <string.h>

enum { STATUS_MS = 250 };

static void send_status(struct ss_room *room) {
    struct ss_blob_numbers numbers;
    const char *why;
    struct ss_cause_count causes[SS_MAX_CAUSES];
    ss_blobs_numbers(room->agent->blobs, &numbers);
    for (size_t i = 0; i < room->cause_count; i++) {
        causes[i] = (struct ss_cause_count){.cause = ss_slice_text(room->causes[i].word), .count = room->causes[i].count};
    }
    struct ss_notice notice = {.type = SS_NOTICE_STATUS};
    notice.status.broker = ss_slice_text(ss_link_state(room->link, &why));
    notice.status.store = ss_slice_text(numbers.problem[0] == '\0' ? "ok" : "error");
    why = room->store_failed ? room->store_problem : why[0] != '\0' ? why : numbers.problem;
    notice.status.error = ss_slice_text(why);
    notice.status.peers = room->peer_count;
    notice.status.pending = room->pending;
    notice.status.uploads = numbers.uploads;
    notice.status.upload_bytes = numbers.upload_bytes;
    notice.status.downloads = numbers.downloads;
    notice.status.download_bytes = numbers.download_bytes;
    notice.status.download_done = numbers.download_done;
    notice.status.refused_count = room->cause_count;
    notice.status.refused = causes;
    notice.status.latency_ms = ss_link_latency_ms(room->link);
    ss_clients_tell(room, &notice);
}

static void on_tick(uv_timer_t *timer) {
    struct ss_room *room = timer->data;
    if (room->status_changed) {
        room->status_changed = false;
        send_status(room);
        uv_timer_start(timer, on_tick, STATUS_MS, 0);
    }
}

void ss_room_status(struct ss_room *room) {
    if (room->agent->closing) {
        return;
    }
    room->status_changed = true;
    if (!uv_is_active((uv_handle_t *)&room->status_tick)) {
        uv_timer_start(&room->status_tick, on_tick, 0, 0);
    }
}
