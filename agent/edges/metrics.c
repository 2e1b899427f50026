// SPDX-License-Identifier: Apache-2.0
#include "edges/metrics.h"

#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/metrics_text.h"

#include <stdlib.h>
#include <string.h>

enum { REQUEST_BYTES = 4096, CONNECTIONS = 16, PATIENCE_MS = 5000 };

struct ss_metrics {
    struct ss_agent *agent;
    uv_tcp_t listener;
    struct ss_visit *visits; // list, by `next`
    unsigned visit_count;
};

// ss_visit is one connection: one request and its answer.
struct ss_visit {
    struct ss_visit *next;
    struct ss_metrics *metrics;
    uv_tcp_t stream;
    uv_timer_t patience;
    uv_write_t write;
    char request[REQUEST_BYTES];
    size_t len;
    char *answer;
    int open_handles;
};

static void on_visit_closed(uv_handle_t *handle) {
    struct ss_visit *visit = handle->data;
    if (--visit->open_handles == 0) {
        free(visit->answer);
        free(visit);
    }
}

static void end_visit(struct ss_visit *visit) {
    struct ss_visit **at = &visit->metrics->visits;
    if (uv_is_closing((uv_handle_t *)&visit->stream)) {
        return;
    }
    while (*at != visit) {
        at = &(*at)->next;
    }
    *at = visit->next;
    visit->metrics->visit_count--;
    uv_close((uv_handle_t *)&visit->stream, on_visit_closed);
    uv_close((uv_handle_t *)&visit->patience, on_visit_closed);
}

static void on_patience_end(uv_timer_t *timer) { end_visit(timer->data); }

static void on_written(uv_write_t *write, int status) {
    (void)status;
    end_visit(write->data);
}

static void answer(struct ss_visit *visit) {
    static const char wanted[] = "GET /metrics ";
    size_t size = 0;
    uv_read_stop((uv_stream_t *)&visit->stream);
    bool found = visit->len >= sizeof(wanted) - 1 && memcmp(visit->request, wanted, sizeof(wanted) - 1) == 0;
    visit->answer = found ? ss_metrics_text(visit->metrics->agent, &size) : ss_metrics_not_found(&size);
    uv_buf_t buffer = uv_buf_init(visit->answer, (unsigned)size);
    visit->write.data = visit;
    if (uv_write(&visit->write, (uv_stream_t *)&visit->stream, &buffer, 1, on_written) != 0) {
        end_visit(visit);
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct ss_visit *visit = handle->data;
    *buffer = uv_buf_init(visit->request + visit->len, (unsigned)(REQUEST_BYTES - visit->len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
    (void)buffer;
    struct ss_visit *visit = stream->data;
    if (len < 0) { // also when the request is too long: there is no room for it
        end_visit(visit);
        return;
    }
    visit->len += (size_t)len;
    if (memmem(visit->request, visit->len, "\r\n\r\n", 4) != NULL) {
        answer(visit);
    }
}

static void on_visit(uv_stream_t *listener, int status) {
    struct ss_metrics *metrics = listener->data;
    struct ss_visit *visit = ss_new(sizeof(*visit));
    *visit = (struct ss_visit){.metrics = metrics, .next = metrics->visits, .open_handles = 2};
    uv_tcp_init(listener->loop, &visit->stream);
    uv_timer_init(listener->loop, &visit->patience);
    visit->stream.data = visit->patience.data = visit;
    metrics->visits = visit;
    metrics->visit_count++;
    if (status != 0 || uv_accept(listener, (uv_stream_t *)&visit->stream) != 0 || metrics->visit_count > CONNECTIONS) {
        end_visit(visit);
        return;
    }
    uv_timer_start(&visit->patience, on_patience_end, PATIENCE_MS, 0);
    uv_read_start((uv_stream_t *)&visit->stream, on_room, on_read);
}

// HOST:PORT or PORT, of which the host is this machine.
static bool parse_address(const char *text, struct sockaddr_storage *address) {
    char host[64] = "127.0.0.1", *end;
    const char *colon = strrchr(text, ':'), *port = colon != NULL ? colon + 1 : text;
    unsigned long number = strtoul(port, &end, 10);
    if (end == port || *end != '\0' || number > UINT16_MAX || (colon != NULL && (size_t)(colon - text) >= sizeof(host))) {
        return false;
    }
    if (colon != NULL) {
        snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    }
    return uv_ip4_addr(host, (int)number, (struct sockaddr_in *)(void *)address) == 0 ||
           uv_ip6_addr(host, (int)number, (struct sockaddr_in6 *)(void *)address) == 0;
}

bool ss_metrics_listen(struct ss_agent *agent) {
    struct sockaddr_storage address = {0};
    if (agent->config.metrics == NULL) {
        return true;
    }
    if (!parse_address(agent->config.metrics, &address)) {
        ss_log("metrics: expected PORT or ADDRESS:PORT, as in 9464 or 0.0.0.0:9464, not `%s`", agent->config.metrics);
        return false;
    }
    struct ss_metrics *metrics = ss_new(sizeof(*metrics));
    metrics->agent = agent;
    uv_tcp_init(agent->loop, &metrics->listener);
    metrics->listener.data = metrics;
    agent->metrics = metrics;
    int error = uv_tcp_bind(&metrics->listener, (const struct sockaddr *)&address, 0);
    error = error != 0 ? error : uv_listen((uv_stream_t *)&metrics->listener, CONNECTIONS, on_visit);
    if (error != 0) {
        ss_log("metrics: cannot listen at %s: %s", agent->config.metrics, uv_strerror(error));
    }
    return error == 0;
}

static void on_listener_closed(uv_handle_t *handle) { free(handle->data); }

void ss_metrics_close(struct ss_agent *agent) {
    struct ss_metrics *metrics = agent->metrics;
    if (metrics == NULL) {
        return;
    }
    while (metrics->visits != NULL) {
        end_visit(metrics->visits);
    }
    agent->metrics = NULL;
    uv_close((uv_handle_t *)&metrics->listener, on_listener_closed);
}
