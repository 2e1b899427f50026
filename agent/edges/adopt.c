// SPDX-License-Identifier: Apache-2.0
// Files that clients bring: into the cache, and an answer to whoever asks for them meanwhile.
#include "edges/blobs.h"
#include "edges/client.h"
#include "edges/memory.h"
#include "edges/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// From this size on verifying and syncing take long enough for the store to be sent most of the file meanwhile.
enum { UPLOAD_EARLY = 4 << 20 };

void ss_waiter_add(struct ss_waiter **waiters, uint32_t client) {
    struct ss_waiter *waiter = ss_new(sizeof(*waiter));
    *waiter = (struct ss_waiter){.next = *waiters, .client = client};
    *waiters = waiter;
}

struct ss_adopting *ss_adopting_find(const struct ss_blobs *blobs, const struct ss_sha256 *sha256) {
    struct ss_adopting *adopting;
    HASH_FIND(hh, blobs->adopting, sha256, sizeof(*sha256), adopting);
    return adopting;
}

// Of a client that is in no scene no edit will name the file, so it goes to the store at once.
static void upload_unnamed(struct ss_blobs *blobs, const struct ss_sha256 *sha256, uint32_t id) {
    const struct ss_client *client = ss_client_of(blobs->agent, id);
    if (blobs->agent->config.store != NULL && (client == NULL || client->room == NULL)) {
        ss_blobs_upload(blobs, sha256);
    }
}

// Whoever waited is answered from the cache, or from the store when the file was not what it was said to be.
static void answer_waiters(struct ss_adopting *adopting) {
    for (struct ss_waiter *waiter = adopting->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (!adopting->blobs->closing) {
            ss_blobs_want(adopting->blobs, &adopting->sha256, waiter->client);
        }
        free(waiter);
    }
}

// Whoever waited for what the file turned out not to be looks elsewhere.
static void tell_scenes_it_is_missing(struct ss_blobs *blobs, const struct ss_sha256 *sha256) {
    struct ss_event event = {.type = SS_EV_BLOB_MISSING, .blob = {.sha256 = *sha256}};
    ss_room_each_later(blobs->agent, &event);
}

static void verified(void *context, const char *problem) {
    struct ss_adopting *adopting = context;
    if (adopting->uploading && !adopting->blobs->closing) {
        ss_blobs_verified(adopting->blobs, &adopting->sha256, problem == NULL);
    }
}

static void adopted(void *context, const char *problem) {
    struct ss_adopting *adopting = context;
    struct ss_blobs *blobs = adopting->blobs;
    HASH_DEL(blobs->adopting, adopting);
    if (problem == NULL && !blobs->closing) {
        if (adopting->stored) {
            ss_cache_stored(&blobs->cache, &adopting->sha256);
        }
        ss_blobs_adopted(blobs, &adopting->sha256);
        upload_unnamed(blobs, &adopting->sha256, adopting->client);
    } else if (!blobs->closing) {
        tell_scenes_it_is_missing(blobs, &adopting->sha256);
    }
    if (!blobs->closing) {
        ss_client_adopted(blobs->agent, adopting->client, adopting->number, problem);
    }
    answer_waiters(adopting);
    free(adopting);
}

// Only a plain name inside the incoming folder: a client must not be able to have other files of the user read or removed.
static bool is_incoming(const struct ss_blobs *blobs, struct ss_slice path, char text[PATH_MAX]) {
    size_t folder = strlen(blobs->cache.incoming);
    if (path.len >= PATH_MAX || path.len <= folder + 1 || memcmp(path.data, blobs->cache.incoming, folder) != 0 ||
        path.data[folder] != '/' || memchr(path.data + folder + 1, '/', path.len - folder - 1) != NULL ||
        memchr(path.data, '\0', path.len) != NULL) {
        return false;
    }
    memcpy(text, path.data, path.len);
    text[path.len] = '\0';
    return true;
}

void ss_blobs_adopt(struct ss_blobs *blobs, struct ss_slice path, const struct ss_sha256 *sha256, uint64_t size, uint32_t client,
                    uint64_t number) {
    char text[PATH_MAX];
    uint64_t have;
    if (size > blobs->agent->config.blob_bytes) {
        ss_client_adopted(blobs->agent, client, number, "the file is larger than this agent takes (blob_bytes in its configuration)");
    } else if (!is_incoming(blobs, path, text)) {
        ss_client_adopted(blobs->agent, client, number, "the file must be directly in the folder that `welcome.incoming` names");
    } else if (ss_cache_has(&blobs->cache, sha256, &have)) {
        remove(text);
        ss_blobs_adopted(blobs, sha256);
        upload_unnamed(blobs, sha256, client);
        ss_client_adopted(blobs->agent, client, number, NULL);
    } else {
        struct ss_adopting *adopting = ss_new(sizeof(*adopting));
        *adopting = (struct ss_adopting){.blobs = blobs, .sha256 = *sha256, .client = client, .number = number};
        HASH_ADD(hh, blobs->adopting, sha256, sizeof(adopting->sha256), adopting);
        adopting->uploading = size >= UPLOAD_EARLY && blobs->agent->config.store != NULL && ss_blobs_upload_early(blobs, sha256, text);
        ss_cache_adopt(&blobs->cache, text, sha256, size, verified, adopted, adopting);
    }
}
