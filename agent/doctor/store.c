// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"
#include "edges/agent.h"
#include "edges/http.h"
#include "util/sha256.h"
#include "wire/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { SIZE = 4096, RANGE_FROM = 1000, RANGE_TO = 1999, REQUEST_MS = 20000, CLOCK_S = 3, SLOW_MS = 1000 };

// ss_visit is one file of our own at the store, and the answer to the last request.
struct ss_visit {
    struct ss_report *report;
    struct ss_http http;
    CURL *easy;
    char url[2048];
    uint8_t content[SIZE], got[SIZE + 1];
    size_t sent, got_len;
    long status;
    double ms;
    time_t date; // of the answer; 0: it has none
    char why[CURL_ERROR_SIZE];
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct ss_visit *visit = context;
    const size_t len = size * count, room = sizeof(visit->got) - visit->got_len;
    memcpy(visit->got + visit->got_len, bytes, len < room ? len : room);
    visit->got_len += len < room ? len : room;
    return len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *context) {
    struct ss_visit *visit = context;
    const size_t left = sizeof(visit->content) - visit->sent, len = size * count < left ? size * count : left;
    memcpy(bytes, visit->content + visit->sent, len);
    visit->sent += len;
    return len;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    struct ss_visit *visit = context;
    char line[64];
    if (size * count > 6 && size * count < sizeof(line) && strncasecmp(bytes, "date:", 5) == 0) {
        snprintf(line, sizeof(line), "%.*s", (int)(size * count) - 5, bytes + 5);
        const time_t date = curl_getdate(line, NULL);
        visit->date = date > 0 ? date : 0;
    }
    return size * count;
}

// Sends one request; false: no answer came, and `why` says why.
static bool ask(struct ss_visit *visit, const char *method, const char *url, const char *range) {
    CURL *easy = visit->easy;
    const bool put = strcmp(method, "PUT") == 0;
    curl_easy_reset(easy);
    ss_http_prepare(&visit->http, easy);
    struct curl_slist *headers = put ? ss_http_upload(&visit->http, easy, strrchr(visit->url, '/') + 1, false) : NULL;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, put ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)SIZE);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, visit);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, visit);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, visit);
    curl_easy_setopt(easy, CURLOPT_RANGE, range);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, visit->why);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
    visit->sent = visit->got_len = 0;
    visit->status = 0;
    visit->why[0] = '\0';
    const CURLcode result = curl_easy_perform(easy);
    curl_slist_free_all(headers);
    curl_off_t took = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &visit->status);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
    visit->ms = (double)took / 1000;
    const bool ours = result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE;
    if (ours || (result != CURLE_OK && visit->why[0] == '\0')) {
        snprintf(visit->why, sizeof(visit->why), "%s", ss_http_why(easy, result));
    }
    return result == CURLE_OK;
}

static bool is_good(long status) { return status >= 200 && status < 300; }

static bool check_reached(struct ss_visit *visit, const char *store) {
    if (!ask(visit, "HEAD", visit->url, NULL)) {
        ss_report(visit->report, SS_PROBLEM, "store", "%s is not reached: %s; is the address right, and does the server run?", store,
                  visit->why);
        return false;
    }
    if (visit->status == 401 || visit->status == 403) {
        ss_report(visit->report, SS_PROBLEM, "store", "%s refuses this user and password (%ld); see store_user and store_password", store,
                  visit->status);
        return false;
    }
    if (visit->status != 404) {
        ss_report(visit->report, SS_PROBLEM, "store",
                  "%s answers %ld, not 404, for a file that nobody has uploaded: this is not a store's address", store, visit->status);
        return false;
    }
    ask(visit, "HEAD", visit->url, NULL); // once more, on the connection that is made now
    ss_report(visit->report, visit->ms > SLOW_MS ? SS_WARNING : SS_FINE, "store", "%s answers in %.1f ms", store, visit->ms);
    return true;
}

static void check_clock(struct ss_visit *visit) {
    const double off = visit->date != 0 ? difftime((time_t)(ss_wall_ms() / 1000), visit->date) : 0;
    if (visit->date == 0) {
        ss_report(visit->report, SS_WARNING, "store",
                  "it does not say what time it is (no Date header): agents then follow each other's clocks");
    } else if (off > CLOCK_S || off < -CLOCK_S) {
        ss_report(visit->report, SS_WARNING, "store",
                  "this machine's clock is %.0f s %s the store's; edits are stamped with the store's time, but set one of the two",
                  off < 0 ? -off : off, off < 0 ? "behind" : "ahead of");
    } else {
        ss_report(visit->report, SS_FINE, "store", "its clock and this machine's agree");
    }
}

static bool check_put(struct ss_visit *visit) {
    if (!ask(visit, "PUT", visit->url, NULL) || !is_good(visit->status)) {
        const bool read_only = visit->status == 401 || visit->status == 403 || visit->status == 405;
        ss_report(visit->report, SS_PROBLEM, "store", "a file of 4 KiB cannot be uploaded (%ld%s%s); %s", visit->status,
                  visit->why[0] != '\0' ? ": " : "", visit->why,
                  read_only ? "this user may only read: meshes and images edited here reach nobody"
                            : "see the server's log; it must be able to write its folder, and nginx needs the DAV module");
        return false;
    }
    ss_report(visit->report, SS_FINE, "store", "it takes files");
    return true;
}

static void check_get(struct ss_visit *visit) {
    const bool whole = ask(visit, "GET", visit->url, NULL) && visit->status == 200 && visit->got_len == SIZE &&
                       memcmp(visit->got, visit->content, SIZE) == 0;
    ss_report(visit->report, whole ? SS_FINE : SS_PROBLEM, "store",
              whole ? "what was uploaded comes back as it was (its SHA-256 is its name)"
                    : "what was uploaded does not come back as it was (status %ld, %zu bytes %s)",
              visit->status, visit->got_len, visit->why);
    char range[32];
    snprintf(range, sizeof(range), "%d-%d", RANGE_FROM, RANGE_TO);
    const bool part = ask(visit, "GET", visit->url, range) && visit->status == 206 && visit->got_len == RANGE_TO - RANGE_FROM + 1 &&
                      memcmp(visit->got, visit->content + RANGE_FROM, visit->got_len) == 0;
    ss_report(visit->report, part ? SS_FINE : SS_WARNING, "store",
              part ? "it answers with a part of a file (Range)"
                   : "it does not answer with a part of a file (Range, status %ld): a broken download begins anew",
              visit->status);
}

static void check_once(struct ss_visit *visit) {
    const bool again = ask(visit, "PUT", visit->url, NULL) && is_good(visit->status);
    ss_report(
        visit->report, again ? SS_WARNING : SS_FINE, "store",
        again
            ? "a file can be overwritten: whoever may upload could replace others' (broker-config/nginx/store.inc shows how to forbid that)"
            : "a file, once there, cannot be overwritten (%ld)",
        visit->status);
}

static void check_listing(struct ss_visit *visit, const char *store) {
    char url[2100];
    snprintf(url, sizeof(url), "%s/", store);
    const bool lists = ask(visit, "GET", url, NULL) && is_good(visit->status);
    ss_report(visit->report, lists ? SS_WARNING : SS_FINE, "store",
              lists ? "%s/ answers %ld: it may show what files there are to whoever may read"
                    : "%s/ does not show what files there are (%ld)",
              store, visit->status);
}

static void clean_up(struct ss_visit *visit) {
    const bool gone = ask(visit, "DELETE", visit->url, NULL) && is_good(visit->status);
    ss_report(visit->report, SS_FINE, "store", gone ? "the file of this check was deleted (%s)" : "the 4 KiB of this check stay there: %s",
              visit->url);
}

static bool make_file(struct ss_visit *visit, const char *store) {
    char hex[2 * sizeof(struct ss_sha256) + 1];
    struct ss_sha256 hash;
    struct ss_sha256_state *state = ss_sha256_create();
    if (state == NULL || getrandom(visit->content, SIZE, 0) != SIZE) {
        ss_sha256_destroy(state);
        return false;
    }
    ss_sha256_begin(state);
    ss_sha256_add(state, visit->content, SIZE);
    ss_sha256_end(state, &hash);
    ss_sha256_destroy(state);
    ss_hex_format(hash.b, sizeof(hash.b), hex);
    snprintf(visit->url, sizeof(visit->url), "%s/%.2s/%s", store, hex, hex);
    return true;
}

static void visit_store(struct ss_visit *visit, const char *store) {
    if (!check_reached(visit, store)) {
        return;
    }
    check_clock(visit);
    check_listing(visit, store);
    if (check_put(visit)) {
        check_get(visit);
        check_once(visit);
        clean_up(visit);
    }
}

void ss_doctor_store(struct ss_report *report, const struct ss_config *config) {
    struct ss_visit *visit = calloc(1, sizeof(*visit));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (visit != NULL && (visit->easy = curl_easy_init()) != NULL && make_file(visit, config->store)) {
        visit->report = report;
        visit->http = (struct ss_http){.config = config, .headers = ss_http_headers(config)};
        visit_store(visit, config->store);
        curl_slist_free_all(visit->http.headers);
    } else {
        ss_report(report, SS_PROBLEM, "store", "memory was denied, so it was not looked at");
    }
    if (visit != NULL) {
        curl_easy_cleanup(visit->easy);
    }
    free(visit);
    curl_global_cleanup();
}
