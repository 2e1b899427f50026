// SPDX-License-Identifier: Apache-2.0
#include "edges/http.h"

#include "edges/config.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/tls_why.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // the SHA-256 of no bytes

enum {
    BUFFER_SIZE = 512 * 1024,
    CONNECT_MS = 10000,
    STALLED_BYTES_S = 1, // slower than this …
    STALLED_S = 30,      // … for so long: try again
    CONNECTIONS = 16,
};

// ss_http_socket is one of curl's sockets as libuv watches it.
struct ss_http_socket {
    uv_poll_t poll;
    struct ss_http *http;
    curl_socket_t fd;
};

static void take_results(struct ss_http *http) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            CURL *easy = message->easy_handle;
            CURLcode result = message->data.result; // `message` does not outlive the removal
            curl_multi_remove_handle(http->multi, easy);
            http->done(easy, result);
        }
    }
}

static void on_socket_event(uv_poll_t *poll, int status, int events) {
    struct ss_http_socket *watched = poll->data;
    struct ss_http *http = watched->http;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(http->multi, watched->fd, status < 0 ? CURL_CSELECT_ERR : flags, &running);
    take_results(http);
}

static void on_socket_closed(uv_handle_t *handle) { free(handle->data); }

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
    struct ss_http *http = context;
    struct ss_http_socket *watched = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched != NULL) {
            curl_multi_assign(http->multi, fd, NULL);
            uv_close((uv_handle_t *)&watched->poll, on_socket_closed);
        }
        return 0;
    }
    if (watched == NULL) {
        watched = ss_new(sizeof(*watched));
        watched->http = http;
        watched->fd = fd;
        watched->poll.data = watched;
        uv_poll_init_socket(http->loop, &watched->poll, fd);
        curl_multi_assign(http->multi, fd, watched);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&watched->poll, events, on_socket_event);
    return 0;
}

static void on_timer(uv_timer_t *timer) {
    struct ss_http *http = timer->data;
    int running;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_results(http);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context) {
    struct ss_http *http = context;
    (void)multi;
    if (timeout_ms < 0) {
        uv_timer_stop(&http->timer);
    } else {
        uv_timer_start(&http->timer, on_timer, (uint64_t)timeout_ms, 0); // never at once: curl must not be called from its own callback
    }
    return 0;
}

// Before 7.88 or so curl does not say by itself what it has signed, and S3 wants to be told.
static struct curl_slist *say_what_is_signed(const struct ss_config *config, struct curl_slist *headers, const char *sha256) {
    char line[128];
    snprintf(line, sizeof(line), "x-amz-content-sha256: %s", sha256);
    return config->store_sigv4 != NULL ? curl_slist_append(headers, line) : headers;
}

struct curl_slist *ss_http_headers(const struct ss_config *config) {
    return say_what_is_signed(config, NULL, NOTHING);
}

struct curl_slist *ss_http_upload(struct ss_http *http, CURL *easy, const char *sha256, bool once) {
    struct curl_slist *headers = NULL;
    if (http->config->store_sigv4 == NULL) {          // else curl would sign this, which it does not send
        headers = curl_slist_append(NULL, "Expect:"); // no round trip before each upload
    }
    headers = say_what_is_signed(http->config, headers, sha256);
    headers = once ? curl_slist_append(headers, "If-None-Match: *") : headers;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    return headers;
}

bool ss_http_init(struct ss_http *http, uv_loop_t *loop, const struct ss_config *config, void (*done)(CURL *easy, CURLcode result)) {
    *http = (struct ss_http){.loop = loop, .config = config, .done = done};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (http->multi = curl_multi_init()) == NULL) {
        ss_log("cannot start libcurl");
        return false;
    }
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    http->headers = ss_http_headers(config);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    return true;
}

void ss_http_close(struct ss_http *http) {
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    uv_close((uv_handle_t *)&http->timer, NULL);
    curl_global_cleanup();
}

static void set_login(const struct ss_config *config, CURL *easy) {
    if (config->store_user != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, config->store_user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, config->store_password != NULL ? config->store_password : "");
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    }
    if (config->store_sigv4 != NULL) {
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, config->store_sigv4);
    }
}

void ss_http_prepare(struct ss_http *http, CURL *easy) {
    const struct ss_config *config = http->config;
    set_login(config, easy);
    if (config->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
    }
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config->tls_verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config->tls_verify ? 2L : 0L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "scenesync");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_SIZE);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
}

void ss_http_start(struct ss_http *http, CURL *easy) { curl_multi_add_handle(http->multi, easy); }

void ss_http_stop(struct ss_http *http, CURL *easy) { curl_multi_remove_handle(http->multi, easy); }

const char *ss_http_why(CURL *easy, CURLcode result) {
    static _Thread_local char why[256];
    long verified = X509_V_OK;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    if (result == CURLE_SSL_CACERT_BADFILE) {
        return "ca_file cannot be read as certificates";
    }
    if (result != CURLE_PEER_FAILED_VERIFICATION) {
        return curl_easy_strerror(result);
    }
    if (verified == X509_V_OK || verified == X509_V_ERR_UNSPECIFIED) { // curl looks at the host first
        return "its certificate is for another host: use a host's name that it is for (tls_verify = no takes any, for trying out)";
    }
    ss_tls_why_untrusted(verified, why, sizeof(why));
    return why;
}

const char *ss_http_meaning(long status) {
    switch (status) {
    case 401:
    case 403: return "; check user and password, or ask for a role that edits";
    case 413: return ": it takes no blob of this size; raise its limit";
    case 429: return ": this user does too much at once";
    case 507: return ": this user's share of it is used up; ask whoever runs it for more";
    default: return "";
    }
}
