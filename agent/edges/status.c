// SPDX-License-Identifier: Apache-2.0
// `status` frames: sent when something changed, at most every 250 ms.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "util/bytes.h"

#include <string.h>

enum { STATUS_MS = 250 };

static void send_status(struct ss_scene *scene) {
    struct ss_blob_numbers numbers;
    const char *why;
    struct ss_cause_count causes[SS_MAX_CAUSES];
    ss_blobs_numbers(scene->agent->blobs, &numbers);
    for (size_t i = 0; i < scene->cause_count; i++) {
        causes[i] = (struct ss_cause_count){.cause = ss_slice_text(scene->causes[i].word), .count = scene->causes[i].count};
    }
    struct ss_notice notice = {.type = SS_NOTICE_STATUS};
    notice.status.broker = ss_slice_text(ss_link_state(scene->link, &why));
    notice.status.store = ss_slice_text(numbers.problem[0] == '\0' ? "ok" : "error");
    why = scene->store_failed ? scene->store_problem : why[0] != '\0' ? why : numbers.problem;
    notice.status.error = ss_slice_text(why);
    notice.status.peers = scene->peer_count;
    notice.status.pending = scene->pending;
    notice.status.uploads = numbers.uploads;
    notice.status.upload_bytes = numbers.upload_bytes;
    notice.status.downloads = numbers.downloads;
    notice.status.download_bytes = numbers.download_bytes;
    notice.status.download_done = numbers.download_done;
    notice.status.refused_count = scene->cause_count;
    notice.status.refused = causes;
    notice.status.latency_ms = ss_link_latency_ms(scene->link);
    ss_clients_tell(scene, &notice);
}

static void on_tick(uv_timer_t *timer) {
    struct ss_scene *scene = timer->data;
    if (scene->status_changed) {
        scene->status_changed = false;
        send_status(scene);
        uv_timer_start(timer, on_tick, STATUS_MS, 0);
    }
}

void ss_scene_status(struct ss_scene *scene) {
    if (scene->agent->closing) {
        return;
    }
    scene->status_changed = true;
    if (!uv_is_active((uv_handle_t *)&scene->status_tick)) {
        uv_timer_start(&scene->status_tick, on_tick, 0, 0);
    }
}
