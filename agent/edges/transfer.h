// SPDX-License-Identifier: Apache-2.0
// One blob on its way to or from the store. transfer.c moves bytes, blobs.c decides when.
#ifndef SS_EDGES_TRANSFER_H
#define SS_EDGES_TRANSFER_H

#include "edges/agent.h"
#include "edges/blobs.h"
#include "edges/cache.h"
#include "edges/http.h"
#include "util/sha256.h"

#include <uthash.h>

enum ss_outcome {
    SS_DONE,    // up: the store has it; down: it is in the cache
    SS_MISSING, // down: the store does not have it; up: we do not have it
    SS_REFUSED, // it can never work: too large, or not what its name says
    SS_FAILED,  // network or store: try again
};

struct ss_waiter {
    struct ss_waiter *next;
    uint32_t client;
};

struct ss_transfer {
    UT_hash_handle hh;               // by name, in the uploads or the downloads
    struct ss_transfer *prev, *next; // in the queue
    struct ss_blobs *blobs;
    struct ss_sha256 sha256;
    bool upload;
    bool active;
    bool fetched;    // down: a scene asked for it, and will have it whenever it comes
    bool asks;       // down: for nothing, only whether the store answers
    char *from;      // up: the file while it is not in the cache yet, or NULL
    bool unverified; // up: its last byte waits for the verification
    bool paused;     // it does now
    uint64_t size;   // 0: not known
    uint64_t done;   // bytes moved; down: bytes in the file
    unsigned attempts;
    uint64_t retry_at_ms; // 0: now
    struct ss_waiter *waiters;
    // While active:
    CURL *easy;
    struct curl_slist *headers; // of an upload
    uint64_t asked_ms;          // when the request began, by the wall clock: it goes on while a laptop sleeps
    int fd;
    bool probing; // HEAD before PUT
    bool resumed; // the file had bytes already
    struct ss_sha256_state *hash;
    uint64_t hashed, hash_until;
    bool inline_hash; // small: while it arrives, else on the thread pool from the file
    bool hashing, received, failed, too_large;
    uv_work_t work;
    char problem[256];
};

// ss_adopting is a file that a client handed over and that is being verified, and who has asked for it meanwhile.
struct ss_adopting {
    UT_hash_handle hh; // by name
    struct ss_blobs *blobs;
    struct ss_sha256 sha256;
    uint32_t client;
    uint64_t number;
    bool uploading; // since before it is verified
    bool stored;    // that has ended well
    struct ss_waiter *waiters;
};

struct ss_blobs {
    struct ss_agent *agent;
    struct ss_cache cache;
    struct ss_http http;
    struct ss_transfer *uploads, *downloads; // tables
    struct ss_transfer *waiting[2];          // queues: uploads, downloads
    int active[2];
    struct ss_adopting *adopting; // table
    uv_timer_t retry;
    CURL *idle[32]; // handles to use again
    size_t idle_count;
    char problem[256];
    bool answered;      // the store has, to something
    bool unconditional; // the store knows no If-None-Match
    bool closing;
};

// ss_transfer_start begins; it ends with ss_transfer_ended. ss_transfer_abort ends it without that.
void ss_transfer_start(struct ss_transfer *transfer);
void ss_transfer_abort(struct ss_transfer *transfer);
void ss_transfer_done(CURL *easy, CURLcode result); // http.done

// ss_transfer_verified lets the rest of an upload go, or ends it.
void ss_transfer_verified(struct ss_transfer *transfer, bool ok);

// ss_transfer_ended is blobs.c's.
void ss_transfer_ended(struct ss_transfer *transfer, enum ss_outcome outcome);

// ss_waiter_add notes a client that waits for a blob.
void ss_waiter_add(struct ss_waiter **waiters, uint32_t client);

// ss_adopting_find returns what is being adopted under a name, or NULL. ss_blobs_adopted tells everybody that such a file is in the cache.
struct ss_adopting *ss_adopting_find(const struct ss_blobs *blobs, const struct ss_sha256 *sha256);
void ss_blobs_adopted(struct ss_blobs *blobs, const struct ss_sha256 *sha256);

// ss_blobs_upload_early begins to upload a file that is being verified; false when it is under way already. ss_blobs_verified says how that
// ended.
bool ss_blobs_upload_early(struct ss_blobs *blobs, const struct ss_sha256 *sha256, const char *from);
void ss_blobs_verified(struct ss_blobs *blobs, const struct ss_sha256 *sha256, bool ok);

CURL *ss_easy_take(struct ss_blobs *blobs);
void ss_easy_give(struct ss_blobs *blobs, CURL *easy);

// ss_take_header takes the store's Date header from the lines of an answer's head.
size_t ss_take_header(char *bytes, size_t size, size_t count, void *transfer);

#endif
