// SPDX-License-Identifier: Apache-2.0
// curl's multi interface on the loop: no thread, no polling.
#ifndef SS_EDGES_HTTP_H
#define SS_EDGES_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct ss_config;

struct ss_http {
    uv_loop_t *loop;
    const struct ss_config *config;
    CURLM *multi;
    uv_timer_t timer;
    struct curl_slist *headers; // of requests that send nothing
    // Tells that a request ended; the handle is its receiver's again.
    void (*done)(CURL *easy, CURLcode result);
};

// ss_http_init returns false after saying why. ss_http_close frees everything but the handles, which must have been removed.
bool ss_http_init(struct ss_http *http, uv_loop_t *loop, const struct ss_config *config, void (*done)(CURL *easy, CURLcode result));
void ss_http_close(struct ss_http *http);

// ss_http_headers returns what the head of a request that sends nothing has beside curl's own, freed by curl_slist_free_all.
struct curl_slist *ss_http_headers(const struct ss_config *config);

// ss_http_prepare sets what all requests have in common: authentication, TLS, time limits. `easy` is new or was reset.
void ss_http_prepare(struct ss_http *http, CURL *easy);

// ss_http_upload sets the head of an upload whose bytes have that SHA-256, in hex: an S3 store is told that it is signed for these bytes alone. `once`:
// not where there is such a file already, where the store heeds that. Returns what is to be freed by curl_slist_free_all after the request.
struct curl_slist *ss_http_upload(struct ss_http *http, CURL *easy, const char *sha256, bool once);
void ss_http_start(struct ss_http *http, CURL *easy);
void ss_http_stop(struct ss_http *http, CURL *easy);

// ss_http_why says why a request failed, as it did with `result`. It lives until the next call by the same thread.
const char *ss_http_why(CURL *easy, CURLcode result);

// ss_http_meaning returns what a refusal means to the person concerned, to be put behind it.
const char *ss_http_meaning(long status);

#endif
