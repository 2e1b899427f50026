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
    struct curl_slist *headers;
    // Tells that a request ended; the handle is its receiver's again.
    void (*done)(CURL *easy, CURLcode result);
};

// ss_http_init returns false after saying why. ss_http_close frees everything but the handles, which must have been removed.
bool ss_http_init(struct ss_http *http, uv_loop_t *loop, const struct ss_config *config, void (*done)(CURL *easy, CURLcode result));
void ss_http_close(struct ss_http *http);

// ss_http_prepare sets what all requests have in common: authentication, TLS, time limits. `easy` is new or was reset.
void ss_http_prepare(struct ss_http *http, CURL *easy);
void ss_http_start(struct ss_http *http, CURL *easy);
void ss_http_stop(struct ss_http *http, CURL *easy);

#endif
