// SPDX-License-Identifier: Apache-2.0
// `status` frames: sent when something changed, at most every 250 ms, and when one is asked for.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "util/bytes.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_MS = 250 };

static void put_files(const struct ss_blob_numbers *numbers, struct ss_notice_status *status) {
    status->store = ss_slice_text(numbers->store);
    status->uploads = numbers->uploads;
    status->upload_bytes = numbers->upload_bytes;
    status->downloads = numbers->downloads;
    status->download_bytes = numbers->download_bytes;
    status->download_done = numbers->download_done;
}

static void send_status(struct ss_room *room) {
    struct ss_blob_numbers numbers;
    const char *why;
    struct ss_cause_count causes[SS_MAX_CAUSES];
    ss_blobs_numbers(room->agent->blobs, &numbers);
    for (size_t i = 0; i < room->cause_count; i++) {
        causes[i] = (struct ss_cause_count){.cause = ss_slice_text(room->causes[i].word), .count = room->causes[i].count};
    }
    struct ss_notice notice = {.type = SS_NOTICE_STATUS};
    put_files(&numbers, &notice.status);
    notice.status.broker = ss_slice_text(ss_link_state(room->link, &why));
    why = room->store_failed ? room->store_problem : why[0] != '\0' ? why : numbers.problem;
    notice.status.error = ss_slice_text(why);
    notice.status.peers = room->peer_count;
    notice.status.pending = room->pending;
    notice.status.refused_count = room->cause_count;
    notice.status.refused = causes;
    notice.status.latency_ms = ss_link_latency_ms(room->link);
    ss_clients_tell(room, &notice);
}

// There is a connection to the broker for each open scene, and none without one.
static void send_outside(struct ss_client *client) {
    struct ss_blob_numbers numbers;
    const char *broker = client->agent->config.broker, *why;
    char text[512];
    struct ss_notice notice = {.type = SS_NOTICE_STATUS};
    ss_blobs_numbers(client->agent->blobs, &numbers);
    put_files(&numbers, &notice.status);
    notice.status.broker = ss_slice_text(ss_link_state(NULL, &why));
    snprintf(text, sizeof(text), "%s is connected to when a scene is opened", broker != NULL ? broker : "");
    why = numbers.problem[0] != '\0' ? numbers.problem : broker != NULL ? text : why;
    notice.status.error = ss_slice_text(why);
    notice.status.latency_ms = -1;
    ss_client_tell(client, &notice);
}

void ss_client_status(struct ss_client *client) {
    if (client->room != NULL) {
        ss_room_status(client->room);
    } else {
        send_outside(client);
    }
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
