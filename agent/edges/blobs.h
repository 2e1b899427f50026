// SPDX-License-Identifier: Apache-2.0
// Blobs (DESIGN section 7): the content cache on disk, and what goes up to and comes down from the asset store.
#ifndef SS_EDGES_BLOBS_H
#define SS_EDGES_BLOBS_H

#include "edges/agent.h"

#include <limits.h>

struct ss_blobs;

struct ss_blob_numbers {
    uint64_t uploads, upload_bytes;                    // waiting and under way
    uint64_t downloads, download_bytes, download_done; // bytes as far as known
    const char *store;                                 // `ok` and the other words of `status`
    char problem[256];                                 // of the store; empty: none
};

// ss_blobs_create returns NULL after saying why. ss_blobs_close ends every transfer; once the loop has ended ss_blobs_free frees the rest.
struct ss_blobs *ss_blobs_create(struct ss_agent *agent);
void ss_blobs_close(struct ss_blobs *blobs);
void ss_blobs_free(struct ss_blobs *blobs);

const char *ss_blobs_cache(const struct ss_blobs *blobs);    // folder
const char *ss_blobs_incoming(const struct ss_blobs *blobs); // folder

// ss_blobs_path fills in where a blob is when it is in the cache.
void ss_blobs_path(const struct ss_blobs *blobs, const struct ss_sha256 *sha256, char path[PATH_MAX]);

// ss_blobs_adopt takes a finished file of `incoming` into the cache: verified, fsynced, renamed. Ends with ss_client_adopted and, when it
// succeeded, SS_EV_BLOB_PRESENT.
void ss_blobs_adopt(struct ss_blobs *blobs, struct ss_slice path, const struct ss_sha256 *sha256, uint64_t size, uint32_t client,
                    uint64_t number);

// ss_blobs_want ends with ss_client_have. ss_blobs_fetch ends with SS_EV_BLOB_PRESENT; SS_EV_BLOB_MISSING says that the store does not have it (yet). `size`
// 0: not known. ss_blobs_upload ends with SS_EV_BLOB_UPLOADED, or SS_EV_BLOB_GONE when the cache does not have it.
void ss_blobs_want(struct ss_blobs *blobs, const struct ss_sha256 *sha256, uint32_t client);
void ss_blobs_fetch(struct ss_blobs *blobs, const struct ss_sha256 *sha256, uint64_t size);
void ss_blobs_upload(struct ss_blobs *blobs, const struct ss_sha256 *sha256);

void ss_blobs_numbers(const struct ss_blobs *blobs, struct ss_blob_numbers *numbers);

#endif
