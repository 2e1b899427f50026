// SPDX-License-Identifier: Apache-2.0
#include "edges/transfer.h"

#include "edges/log.h"
#include "edges/memory.h"
#include "wire/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PUT_AT_ONCE = 256 * 1024,       // below this an upload is cheaper than asking whether it is needed
    HASH_ON_POOL = 4 * 1024 * 1024, // bytes that are worth a job of their own
    HASH_READ = 128 * 1024,
};

static void fail(struct ss_transfer *transfer, const char *what) { snprintf(transfer->problem, sizeof(transfer->problem), "%s", what); }

static void release(struct ss_transfer *transfer) {
    if (transfer->easy != NULL) {
        ss_easy_give(transfer->blobs, transfer->easy);
        transfer->easy = NULL;
    }
    if (transfer->fd >= 0) {
        close(transfer->fd);
        transfer->fd = -1;
    }
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    ss_sha256_destroy(transfer->hash);
    transfer->hash = NULL;
}

static void end(struct ss_transfer *transfer, enum ss_outcome outcome) {
    release(transfer);
    ss_transfer_ended(transfer, outcome);
}

enum { HEX = 2 * sizeof(struct ss_sha256) + 1 };

static void set_url(struct ss_transfer *transfer) {
    char hex[HEX], url[2048];
    ss_hex_format(transfer->sha256.b, sizeof(transfer->sha256.b), hex);
    snprintf(url, sizeof(url), "%s/%.2s/%s", transfer->blobs->agent->config.store, hex, hex);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
}

static void prepare(struct ss_transfer *transfer) {
    transfer->easy = ss_easy_take(transfer->blobs);
    set_url(transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_HEADERFUNCTION, ss_take_header);
    curl_easy_setopt(transfer->easy, CURLOPT_HEADERDATA, transfer);
    transfer->asked_ms = ss_wall_ms();
}

// ---- Up ---------------------------------------------------------------------------------------------------------------------------------

static size_t give_bytes(char *to, size_t size, size_t count, void *context) {
    struct ss_transfer *transfer = context;
    size_t wanted = size * count;
    if (transfer->unverified && wanted >= transfer->size - transfer->done) {
        wanted = transfer->size - transfer->done - 1;
        transfer->paused = wanted == 0;
        if (transfer->paused) {
            return CURL_READFUNC_PAUSE;
        }
    }
    ssize_t got = pread(transfer->fd, to, wanted, (off_t)transfer->done);
    if (got < 0) {
        return CURL_READFUNC_ABORT;
    }
    transfer->done += (uint64_t)got;
    return (size_t)got;
}

static int rewind_bytes(void *context, curl_off_t offset, int origin) {
    struct ss_transfer *transfer = context;
    if (origin != SEEK_SET) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    transfer->done = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

// A store keeps nothing of an upload that ends before its last byte.
void ss_transfer_verified(struct ss_transfer *transfer, bool ok) {
    transfer->unverified = false;
    if (ok && transfer->paused) {
        transfer->paused = false;
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    } else if (!ok) {
        ss_http_stop(&transfer->blobs->http, transfer->easy);
        end(transfer, SS_MISSING);
    }
}

static size_t ignore_bytes(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

static void start_put(struct ss_transfer *transfer) {
    char hex[HEX];
    transfer->probing = transfer->paused = false;
    transfer->done = 0;
    prepare(transfer);
    ss_hex_format(transfer->sha256.b, sizeof(transfer->sha256.b), hex);
    transfer->headers = ss_http_upload(&transfer->blobs->http, transfer->easy, hex, !transfer->blobs->unconditional);
    curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->size);
    curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_SEEKFUNCTION, rewind_bytes);
    curl_easy_setopt(transfer->easy, CURLOPT_SEEKDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, ignore_bytes);
    ss_http_start(&transfer->blobs->http, transfer->easy);
}

static void start_head(struct ss_transfer *transfer) {
    transfer->probing = true;
    prepare(transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_NOBODY, 1L);
    ss_http_start(&transfer->blobs->http, transfer->easy);
}

static void put_again(struct ss_transfer *transfer) {
    ss_easy_give(transfer->blobs, transfer->easy);
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    start_put(transfer);
}

static void upload_done(struct ss_transfer *transfer, long status) {
    bool has = (status >= 200 && status < 300) || status == 412; // 412: a write-once store has it already
    if (transfer->probing && status == 404) {
        put_again(transfer);
    } else if (status == 501 && !transfer->probing && !transfer->blobs->unconditional) {
        transfer->blobs->unconditional = true;
        put_again(transfer);
    } else if (has) {
        end(transfer, SS_DONE);
    } else {
        snprintf(transfer->problem, sizeof(transfer->problem), "the store answers %ld to an upload%s", status, ss_http_meaning(status));
        end(transfer, SS_FAILED);
    }
}

// ---- Down -------------------------------------------------------------------------------------------------------------------------------

static bool is_wanted(const struct ss_transfer *transfer, uint64_t bytes) {
    uint64_t limit = transfer->size > 0 ? transfer->size : transfer->blobs->agent->config.blob_bytes;
    return bytes <= limit && bytes <= transfer->blobs->agent->config.blob_bytes;
}

static void finish_download(struct ss_transfer *transfer);

static void hash_on_pool(uv_work_t *work) {
    struct ss_transfer *transfer = work->data;
    uint8_t bytes[HASH_READ];
    while (transfer->hashed < transfer->hash_until) {
        uint64_t left = transfer->hash_until - transfer->hashed;
        ssize_t got = pread(transfer->fd, bytes, left < HASH_READ ? left : HASH_READ, (off_t)transfer->hashed);
        if (got <= 0) {
            break;
        }
        ss_sha256_add(transfer->hash, bytes, (size_t)got);
        transfer->hashed += (uint64_t)got;
    }
}

static void drop_part(struct ss_transfer *transfer) {
    char path[PATH_MAX];
    ss_cache_path(&transfer->blobs->cache, &transfer->sha256, ".part", path);
    unlink(path);
}

static void hash_more(struct ss_transfer *transfer);

static void not_read_back(struct ss_transfer *transfer) {
    if (!transfer->received) {
        ss_http_stop(&transfer->blobs->http, transfer->easy); // more is still coming
    }
    drop_part(transfer);
    fail(transfer, "the cache does not give back what was written to it");
    end(transfer, SS_FAILED);
}

static void hashed_on_pool(uv_work_t *work, int status) {
    struct ss_transfer *transfer = work->data;
    (void)status;
    transfer->hashing = false;
    if (transfer->blobs->closing) {
        release(transfer);
        free(transfer);
    } else if (transfer->failed) {
        end(transfer, transfer->too_large ? SS_REFUSED : SS_FAILED);
    } else if (transfer->hashed < transfer->hash_until) {
        not_read_back(transfer);
    } else if (transfer->received && transfer->hashed == transfer->done) {
        finish_download(transfer);
    } else {
        hash_more(transfer);
    }
}

static void hash_more(struct ss_transfer *transfer) {
    uint64_t behind = transfer->done - transfer->hashed;
    if (transfer->hashing || (!transfer->received && behind < HASH_ON_POOL)) {
        return;
    }
    transfer->hashing = true;
    transfer->hash_until = transfer->done;
    uv_queue_work(transfer->blobs->agent->loop, &transfer->work, hash_on_pool, hashed_on_pool);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context) {
    struct ss_transfer *transfer = context;
    size_t len = size * count;
    if (!is_wanted(transfer, transfer->done + len)) {
        fail(transfer, "the store's blob is larger than it should be, or than this agent takes");
        transfer->too_large = true;
        return 0;
    }
    if (pwrite(transfer->fd, bytes, len, (off_t)transfer->done) != (ssize_t)len) {
        snprintf(transfer->problem, sizeof(transfer->problem), "the cache cannot be written: %s", strerror(errno));
        return 0;
    }
    transfer->done += len;
    if (transfer->inline_hash) {
        ss_sha256_add(transfer->hash, bytes, len);
        transfer->hashed = transfer->done;
    } else {
        hash_more(transfer);
    }
    return len;
}

static void finish_download(struct ss_transfer *transfer) {
    struct ss_sha256 found;
    ss_sha256_end(transfer->hash, &found);
    if (memcmp(&found, &transfer->sha256, sizeof(found)) != 0) {
        drop_part(transfer);
        fail(transfer, "what the store has is not what its name says");
        end(transfer, transfer->resumed ? SS_FAILED : SS_REFUSED);
    } else if (!ss_cache_keep(&transfer->blobs->cache, &transfer->sha256)) {
        fail(transfer, "a downloaded blob cannot be moved into the cache");
        end(transfer, SS_FAILED);
    } else {
        end(transfer, SS_DONE);
    }
}

static bool open_part(struct ss_transfer *transfer) {
    char path[PATH_MAX];
    struct stat status;
    ss_cache_path(&transfer->blobs->cache, &transfer->sha256, ".part", path);
    transfer->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (transfer->fd < 0 || fstat(transfer->fd, &status) != 0) {
        snprintf(transfer->problem, sizeof(transfer->problem), "the cache cannot be written: %s", strerror(errno));
        return false;
    }
    transfer->done = (uint64_t)status.st_size;
    if (!is_wanted(transfer, transfer->done)) {
        transfer->done = 0;
        return ftruncate(transfer->fd, 0) == 0;
    }
    return true;
}

static void start_get(struct ss_transfer *transfer) {
    if (!open_part(transfer) || (transfer->hash = ss_sha256_create()) == NULL) {
        end(transfer, SS_FAILED);
        return;
    }
    ss_sha256_begin(transfer->hash);
    transfer->hashed = transfer->hash_until = 0;
    transfer->resumed = transfer->done > 0;
    transfer->inline_hash = !transfer->resumed && transfer->size > 0 && transfer->size < HASH_ON_POOL;
    transfer->received = transfer->size > 0 && transfer->done == transfer->size;
    transfer->work.data = transfer;
    if (transfer->received) {
        hash_more(transfer); // it was all there when the agent stopped
        return;
    }
    prepare(transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)transfer->done);
    ss_http_start(&transfer->blobs->http, transfer->easy);
}

// Any answer will do that a file would get which is not there.
static void asked(struct ss_transfer *transfer, CURLcode result, long status) {
    if (result != CURLE_OK) {
        snprintf(transfer->problem, sizeof(transfer->problem), "the store is not reached: %s", ss_http_why(transfer->easy, result));
    } else if (status != 404 && status != 410) {
        snprintf(transfer->problem, sizeof(transfer->problem), "the store answers %ld, not 404, for a file that nobody has uploaded%s",
                 status, ss_http_meaning(status));
    }
    end(transfer, transfer->problem[0] != '\0' ? SS_FAILED : SS_MISSING);
}

static void download_done(struct ss_transfer *transfer, CURLcode result, long status) {
    if (status == 404 || status == 410) {
        drop_part(transfer);
        end(transfer, SS_MISSING);
    } else if (result != CURLE_OK) {
        if (result == CURLE_RANGE_ERROR || status == 416) {
            drop_part(transfer); // the store cannot resume: from the beginning next time
        }
        if (transfer->problem[0] == '\0') {
            snprintf(transfer->problem, sizeof(transfer->problem), "download: %s (%ld)", ss_http_why(transfer->easy, result), status);
        }
        transfer->failed = true;
        if (transfer->too_large) {
            drop_part(transfer);
        }
        if (!transfer->hashing) {
            end(transfer, transfer->too_large ? SS_REFUSED : SS_FAILED);
        }
    } else if (transfer->inline_hash) {
        finish_download(transfer);
    } else {
        transfer->received = true;
        hash_more(transfer);
    }
}

// ---- Both -------------------------------------------------------------------------------------------------------------------------------

void ss_transfer_start(struct ss_transfer *transfer) {
    transfer->problem[0] = '\0';
    transfer->done = 0;
    transfer->failed = transfer->too_large = transfer->received = false;
    if (!transfer->upload) {
        (transfer->asks ? start_head : start_get)(transfer);
        return;
    }
    char path[PATH_MAX];
    struct stat status;
    ss_cache_path(&transfer->blobs->cache, &transfer->sha256, "", path);
    transfer->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (transfer->fd < 0 && transfer->from != NULL) { // which is another file when it has moved into the cache and its name was used again
        transfer->fd = open(transfer->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    if (transfer->fd < 0 || fstat(transfer->fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (transfer->unverified && status.st_size == 0)) {
        fail(transfer, "a blob to upload is not in the cache any more");
        end(transfer, SS_MISSING);
        return;
    }
    transfer->size = (uint64_t)status.st_size;
    if (transfer->size <= PUT_AT_ONCE) {
        start_put(transfer);
    } else {
        start_head(transfer);
    }
}

void ss_transfer_done(CURL *easy, CURLcode result) {
    struct ss_transfer *transfer;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (transfer == NULL) {
        return;
    }
    if (transfer->asks) {
        asked(transfer, result, status);
    } else if (!transfer->upload) {
        download_done(transfer, result, status);
    } else if (result != CURLE_OK) {
        snprintf(transfer->problem, sizeof(transfer->problem), "upload: %s", ss_http_why(transfer->easy, result));
        end(transfer, SS_FAILED);
    } else {
        upload_done(transfer, status);
    }
}

void ss_transfer_abort(struct ss_transfer *transfer) {
    if (transfer->easy != NULL) {
        ss_http_stop(&transfer->blobs->http, transfer->easy);
    }
    if (transfer->hashing) {
        return; // the pool still reads; hashed_on_pool frees it
    }
    release(transfer);
    free(transfer->from);
    free(transfer);
}
