// SPDX-License-Identifier: Apache-2.0
// What is to go up and to come down, in which order, and when to try again.
#include "edges/blobs.h"

#include "edges/client.h"
#include "edges/evict.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/transfer.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    PARALLEL = 8, // each way
    RETRY_FIRST_MS = 250,
    RETRY_MAX_MS = 30000,
    MISSING_MAX_MS = 5000, // somebody may be uploading it right now
};

// ---- Telling ----------------------------------------------------------------------------------------------------------------------------

static void tell_scenes(struct ss_blobs *blobs, enum ss_event_type type, const struct ss_sha256 *sha256) {
    struct ss_event event = {.type = type, .blob = {.sha256 = *sha256}};
    ss_room_each_later(blobs->agent, &event);
}

static void tell_status(struct ss_blobs *blobs) {
    for (struct ss_room *room = blobs->agent->rooms; room != NULL; room = room->next) {
        ss_room_status(room);
    }
}

static void answer_waiters(struct ss_transfer *transfer, const char *path, const char *problem) {
    for (struct ss_waiter *waiter = transfer->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        ss_client_have(transfer->blobs->agent, waiter->client, &transfer->sha256, path, problem);
        free(waiter);
    }
    transfer->waiters = NULL;
}

// Said when the store begins to fail and when it works again, not for every attempt between.
static void set_problem(struct ss_blobs *blobs, const char *problem) {
    bool failed = blobs->problem[0] != '\0', fails = problem[0] != '\0';
    if (fails != failed) {
        ss_log("store %s: %s", blobs->agent->config.store, fails ? problem : "works again");
    }
    snprintf(blobs->problem, sizeof(blobs->problem), "%s", problem);
    tell_status(blobs);
}

// ---- Handles ----------------------------------------------------------------------------------------------------------------------------

CURL *ss_easy_take(struct ss_blobs *blobs) {
    CURL *easy = blobs->idle_count > 0 ? blobs->idle[--blobs->idle_count] : curl_easy_init();
    if (easy == NULL) {
        ss_log("out of memory for a request to the store");
        abort();
    }
    ss_http_prepare(&blobs->http, easy);
    return easy;
}

void ss_easy_give(struct ss_blobs *blobs, CURL *easy) {
    if (blobs->idle_count < sizeof(blobs->idle) / sizeof(blobs->idle[0])) {
        curl_easy_reset(easy);
        blobs->idle[blobs->idle_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

// ---- The queue --------------------------------------------------------------------------------------------------------------------------

static void pump(uv_timer_t *timer);

static void pump_soon(struct ss_blobs *blobs) {
    if (!blobs->closing) {
        uv_timer_start(&blobs->retry, pump, 0, 0);
    }
}

static struct ss_transfer *next_due(struct ss_blobs *blobs, int way, uint64_t now, uint64_t *soonest) {
    struct ss_transfer *transfer;
    DL_FOREACH(blobs->waiting[way], transfer) {
        if (transfer->retry_at_ms <= now) {
            return transfer;
        }
        *soonest = transfer->retry_at_ms < *soonest ? transfer->retry_at_ms : *soonest;
    }
    return NULL;
}

static void pump(uv_timer_t *timer) {
    struct ss_blobs *blobs = timer->data;
    uint64_t now = ss_now_ms(blobs->agent), soonest = UINT64_MAX;
    for (int way = 0; way < 2; way++) {
        struct ss_transfer *transfer;
        while (blobs->active[way] < PARALLEL && (transfer = next_due(blobs, way, now, &soonest)) != NULL) {
            DL_DELETE(blobs->waiting[way], transfer);
            blobs->active[way]++;
            transfer->active = true;
            ss_transfer_start(transfer);
        }
    }
    if (soonest != UINT64_MAX && !uv_is_active((uv_handle_t *)timer)) {
        uv_timer_start(timer, pump, soonest - now, 0);
    }
}

static void forget(struct ss_transfer *transfer) {
    struct ss_blobs *blobs = transfer->blobs;
    struct ss_transfer **table = transfer->upload ? &blobs->uploads : &blobs->downloads;
    HASH_DEL(*table, transfer);
    free(transfer->from);
    free(transfer);
}

static void try_again(struct ss_transfer *transfer, uint64_t max_ms) {
    uint64_t delay = (uint64_t)RETRY_FIRST_MS << (transfer->attempts < 10 ? transfer->attempts : 10);
    uint32_t random = 0;
    uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
    delay = delay < max_ms ? delay : max_ms;
    transfer->attempts++;
    transfer->retry_at_ms = ss_now_ms(transfer->blobs->agent) + delay / 2 + random % (delay / 2 + 1);
    DL_APPEND(transfer->blobs->waiting[transfer->upload ? 0 : 1], transfer);
}

static void upload_ended(struct ss_transfer *transfer, enum ss_outcome outcome) {
    struct ss_blobs *blobs = transfer->blobs;
    if (outcome == SS_DONE) {
        struct ss_sha256 sha256 = transfer->sha256;
        ss_cache_stored(&blobs->cache, &sha256);
        struct ss_adopting *adopting = ss_adopting_find(blobs, &sha256);
        if (adopting != NULL) {
            adopting->stored = true; // it is not in its place yet
        }
        forget(transfer);
        tell_scenes(blobs, SS_EV_BLOB_UPLOADED, &sha256);
    } else if (outcome == SS_FAILED) {
        try_again(transfer, RETRY_MAX_MS);
    } else {
        struct ss_sha256 sha256 = transfer->sha256;
        forget(transfer);
        tell_scenes(blobs, SS_EV_BLOB_GONE, &sha256);
    }
}

static void download_is_here(struct ss_transfer *transfer) {
    struct ss_blobs *blobs = transfer->blobs;
    struct ss_sha256 sha256 = transfer->sha256;
    char path[PATH_MAX];
    ss_cache_path(&blobs->cache, &sha256, "", path);
    answer_waiters(transfer, path, NULL);
    forget(transfer);
    tell_scenes(blobs, SS_EV_BLOB_PRESENT, &sha256);
}

static void download_ended(struct ss_transfer *transfer, enum ss_outcome outcome) {
    struct ss_blobs *blobs = transfer->blobs;
    struct ss_sha256 sha256 = transfer->sha256;
    uint64_t size;
    if (outcome == SS_DONE || ss_cache_has(&blobs->cache, &sha256, &size)) { // a client here may have brought it meanwhile
        download_is_here(transfer);
        return;
    }
    answer_waiters(transfer, NULL, outcome == SS_MISSING ? "the store does not have this blob yet" : transfer->problem);
    if (!transfer->fetched) {
        forget(transfer); // only programs here wanted it, and they have been told
        return;
    }
    if (outcome != SS_FAILED) { // a store that cannot be asked may have it
        tell_scenes(blobs, SS_EV_BLOB_MISSING, &sha256);
    }
    try_again(transfer, outcome == SS_MISSING ? MISSING_MAX_MS : RETRY_MAX_MS);
}

void ss_transfer_ended(struct ss_transfer *transfer, enum ss_outcome outcome) {
    struct ss_blobs *blobs = transfer->blobs;
    blobs->active[transfer->upload ? 0 : 1]--;
    transfer->active = false;
    blobs->answered |= outcome != SS_FAILED;
    if (outcome == SS_FAILED || outcome == SS_REFUSED) {
        set_problem(blobs, transfer->problem);
    } else if (blobs->problem[0] != '\0') {
        set_problem(blobs, "");
    }
    if (transfer->upload) {
        upload_ended(transfer, outcome);
    } else if (transfer->asks) {
        blobs->answered ? forget(transfer) : try_again(transfer, RETRY_MAX_MS);
    } else {
        download_ended(transfer, outcome);
    }
    tell_status(blobs);
    pump_soon(blobs);
}

static struct ss_transfer *enqueue(struct ss_blobs *blobs, const struct ss_sha256 *sha256, bool upload) {
    struct ss_transfer *transfer, **table = upload ? &blobs->uploads : &blobs->downloads;
    HASH_FIND(hh, *table, sha256, sizeof(*sha256), transfer);
    if (transfer == NULL) {
        transfer = ss_new(sizeof(*transfer));
        *transfer = (struct ss_transfer){.blobs = blobs, .sha256 = *sha256, .upload = upload, .fd = -1};
        HASH_ADD(hh, *table, sha256, sizeof(transfer->sha256), transfer);
        DL_APPEND(blobs->waiting[upload ? 0 : 1], transfer);
    } else if (!transfer->active) {
        transfer->retry_at_ms = 0; // asked for again: there may be news
    }
    if (blobs->agent->config.store != NULL) {
        pump_soon(blobs);
    }
    return transfer;
}

// ---- What others call -------------------------------------------------------------------------------------------------------------------

void ss_blobs_fetch(struct ss_blobs *blobs, const struct ss_sha256 *sha256, uint64_t size) {
    uint64_t have;
    if (ss_cache_has(&blobs->cache, sha256, &have)) {
        tell_scenes(blobs, SS_EV_BLOB_PRESENT, sha256);
        return;
    }
    if (ss_adopting_find(blobs, sha256) != NULL) {
        return; // a client here is just handing it over
    }
    if (blobs->agent->config.store == NULL) {
        tell_scenes(blobs, SS_EV_BLOB_MISSING, sha256);
        return;
    }
    struct ss_transfer *transfer = enqueue(blobs, sha256, false);
    transfer->fetched = true;
    transfer->size = transfer->active ? transfer->size : size;
    tell_status(blobs);
}

void ss_blobs_want(struct ss_blobs *blobs, const struct ss_sha256 *sha256, uint32_t client) {
    uint64_t size;
    if (ss_cache_has(&blobs->cache, sha256, &size)) {
        char path[PATH_MAX];
        ss_cache_path(&blobs->cache, sha256, "", path);
        ss_client_have(blobs->agent, client, sha256, path, NULL);
        return;
    }
    struct ss_adopting *adopting = ss_adopting_find(blobs, sha256);
    if (adopting != NULL) {
        ss_waiter_add(&adopting->waiters, client);
        return;
    }
    if (blobs->agent->config.store == NULL) {
        ss_client_have(blobs->agent, client, sha256, NULL, "the blob is not in the cache and no store is configured");
        return;
    }
    struct ss_transfer *transfer = enqueue(blobs, sha256, false);
    ss_waiter_add(&transfer->waiters, client);
    if (!transfer->active) { // first in the queue: somebody looks at it
        DL_DELETE(blobs->waiting[1], transfer);
        DL_PREPEND(blobs->waiting[1], transfer);
    }
}

void ss_blobs_upload(struct ss_blobs *blobs, const struct ss_sha256 *sha256) {
    enqueue(blobs, sha256, true);
    tell_status(blobs);
}

bool ss_blobs_upload_early(struct ss_blobs *blobs, const struct ss_sha256 *sha256, const char *from) {
    struct ss_transfer *transfer;
    HASH_FIND(hh, blobs->uploads, sha256, sizeof(*sha256), transfer);
    if (transfer != NULL) {
        return false;
    }
    transfer = enqueue(blobs, sha256, true);
    transfer->from = ss_copy_text(from, strlen(from));
    transfer->unverified = true;
    tell_status(blobs);
    return true;
}

void ss_blobs_verified(struct ss_blobs *blobs, const struct ss_sha256 *sha256, bool ok) {
    struct ss_transfer *transfer;
    HASH_FIND(hh, blobs->uploads, sha256, sizeof(*sha256), transfer);
    if (transfer == NULL) {
        return; // the store had it
    }
    if (transfer->active) {
        ss_transfer_verified(transfer, ok);
    } else if (ok) {
        transfer->unverified = false;
    } else {
        DL_DELETE(blobs->waiting[0], transfer);
        forget(transfer);
    }
}

void ss_blobs_adopted(struct ss_blobs *blobs, const struct ss_sha256 *sha256) {
    struct ss_transfer *download;
    HASH_FIND(hh, blobs->downloads, sha256, sizeof(*sha256), download);
    if (download != NULL && !download->active) {
        DL_DELETE(blobs->waiting[1], download);
        download_is_here(download);
    } else {
        tell_scenes(blobs, SS_EV_BLOB_PRESENT, sha256);
    }
}

void ss_blobs_numbers(const struct ss_blobs *blobs, struct ss_blob_numbers *numbers) {
    *numbers = (struct ss_blob_numbers){0};
    for (const struct ss_transfer *transfer = blobs->uploads; transfer != NULL; transfer = transfer->hh.next) {
        numbers->uploads++;
        numbers->upload_bytes += transfer->size - (transfer->done < transfer->size ? transfer->done : transfer->size);
    }
    for (const struct ss_transfer *transfer = blobs->downloads; transfer != NULL; transfer = transfer->hh.next) {
        numbers->downloads += !transfer->asks;
        numbers->download_bytes += transfer->size;
        numbers->download_done += transfer->done;
    }
    numbers->store = blobs->agent->config.store == NULL ? "none"
                     : blobs->problem[0] != '\0'        ? "error"
                     : blobs->answered                  ? "ok"
                                                        : "connecting";
    snprintf(numbers->problem, sizeof(numbers->problem), "%s", blobs->problem);
}

const char *ss_blobs_cache(const struct ss_blobs *blobs) { return blobs->cache.folder; }

void ss_blobs_path(const struct ss_blobs *blobs, const struct ss_sha256 *sha256, char path[PATH_MAX]) {
    ss_cache_path(&blobs->cache, sha256, "", path);
}

const char *ss_blobs_incoming(const struct ss_blobs *blobs) { return blobs->cache.incoming; }

// What was handed over in an earlier life and did not reach the store, be it named by a field or not.
static void upload_left(void *context, const struct ss_sha256 *sha256) {
    struct ss_blobs *blobs = context;
    if (blobs->agent->config.store != NULL) {
        ss_blobs_upload(blobs, sha256);
    }
}

// By a name that nothing has: so it is known from the start whether the store answers, and what time it is there.
static void ask_store(struct ss_blobs *blobs) {
    struct ss_sha256 nothing = {0};
    uv_random(NULL, NULL, &nothing, sizeof(nothing), 0, NULL);
    if (blobs->agent->config.store != NULL) {
        enqueue(blobs, &nothing, false)->asks = true;
    }
}

struct ss_blobs *ss_blobs_create(struct ss_agent *agent) {
    struct ss_blobs *blobs = ss_new(sizeof(*blobs));
    blobs->agent = agent;
    char cache[PATH_MAX], incoming[PATH_MAX];
    snprintf(cache, sizeof(cache), "%s/cache", agent->data.root);
    snprintf(incoming, sizeof(incoming), "%s/incoming", agent->data.root);
    if (!ss_cache_init(&blobs->cache, agent->loop, cache, incoming, agent->config.cache_bytes) ||
        !ss_http_init(&blobs->http, agent->loop, &agent->config, ss_transfer_done)) {
        free(blobs);
        return NULL;
    }
    uv_timer_init(agent->loop, &blobs->retry);
    blobs->retry.data = blobs;
    ask_store(blobs);
    ss_cache_count(&blobs->cache, upload_left, blobs);
    return blobs;
}

static void end_table(struct ss_transfer **table) {
    struct ss_transfer *transfer, *next;
    HASH_ITER(hh, *table, transfer, next) {
        HASH_DEL(*table, transfer);
        for (struct ss_waiter *waiter = transfer->waiters, *after; waiter != NULL; waiter = after) {
            after = waiter->next;
            free(waiter);
        }
        ss_transfer_abort(transfer);
    }
}

void ss_blobs_close(struct ss_blobs *blobs) {
    blobs->closing = true;
    end_table(&blobs->uploads);
    end_table(&blobs->downloads);
    while (blobs->idle_count > 0) {
        curl_easy_cleanup(blobs->idle[--blobs->idle_count]);
    }
    ss_http_close(&blobs->http);
    uv_close((uv_handle_t *)&blobs->retry, NULL);
}

void ss_blobs_free(struct ss_blobs *blobs) { free(blobs); }
