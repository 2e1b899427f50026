// SPDX-License-Identifier: Apache-2.0
#include "access/line.h"

#include "util/bytes.h"

#include <stdio.h>

#define SILENT "the broker does not answer"

enum { ANSWER_MS = 10000, MAILBOX_BYTES = 64 << 20 };

// ---- The loop ---------------------------------------------------------------------------------------------------------------------------

static void fail(struct ss_line *line, const char *why) {
    line->failed = true;
    if (line->why[0] == '\0') {
        snprintf(line->why, sizeof(line->why), "%s", why);
    }
}

static void on_deadline(uv_timer_t *timer) { ((struct ss_line *)timer->data)->late = true; }

bool ss_line_until(struct ss_line *line, const bool *done, const char *late) {
    line->late = false;
    uv_timer_start(&line->deadline, on_deadline, ANSWER_MS, 0);
    while (!*done && !line->failed && !line->late) {
        uv_run(&line->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&line->deadline);
    if (!*done && line->late) {
        fail(line, late);
    }
    return *done && !line->failed;
}

void ss_line_wait(struct ss_line *line, unsigned ms) {
    uv_timer_start(&line->deadline, on_deadline, ms, 0);
    uv_run(&line->loop, UV_RUN_ONCE);
    uv_timer_stop(&line->deadline);
}

static void on_news(void *owner, enum ss_news_type type, int code, const char *text) {
    struct ss_line *line = owner;
    char why[SS_LINE_WHY];
    switch (type) {
    case SS_NEWS_CONNECTED: line->connected = true; return;
    case SS_NEWS_SUBSCRIBED:
        line->answered = true;
        line->allowed = code < 0x80;
        return;
    case SS_NEWS_GONE: return;
    case SS_NEWS_FAILED:
    case SS_NEWS_LOST:
        snprintf(why, sizeof(why), "no connection to the broker: %s (%d)", *text != '\0' ? text : "refused", code);
        fail(line, why);
    }
}

static void on_message(void *owner, struct ss_slice topic, struct ss_slice payload, bool retained) {
    const struct ss_line *line = owner;
    if (line->message != NULL && !retained) {
        line->message(line->owner, topic, payload);
    }
}

static void on_overrun(void *owner) { fail(owner, "the broker's answer is too long"); }

static void on_acknowledged(void *owner, const struct ss_sent *sent) {
    if (sent->reason >= 0x80) {
        fail(owner, "the broker does not let this user say that");
    }
}

static const struct ss_session_calls CALLS = {on_news, on_message, on_overrun, on_acknowledged};

// ---- The connection ---------------------------------------------------------------------------------------------------------------------

bool ss_line_open(struct ss_line *line, const struct ss_config *config) {
    *line = (struct ss_line){0};
    snprintf(line->user, sizeof(line->user), "%s", config->user);
    if (uv_loop_init(&line->loop) != 0 || ss_mailbox_init(&line->mailbox, &line->loop, MAILBOX_BYTES) != 0 ||
        uv_timer_init(&line->loop, &line->deadline) != 0) {
        snprintf(line->why, sizeof(line->why), "no event loop");
        return false;
    }
    line->deadline.data = line;
    struct ss_session_options options = {.config = config,
                                         .mailbox = &line->mailbox,
                                         .version = SS_MQTT_5,
                                         .client_id_start = ss_slice_text("access"),
                                         .calls = &CALLS,
                                         .owner = line};
    line->session = ss_session_create(&options, line->why, sizeof(line->why));
    if (line->session == NULL || !ss_line_until(line, &line->connected, SILENT)) {
        ss_line_close(line);
        return false;
    }
    return true;
}

void ss_line_close(struct ss_line *line) {
    ss_session_end(line->session);
    ss_mailbox_close(&line->mailbox);
    uv_close((uv_handle_t *)&line->deadline, NULL);
    uv_run(&line->loop, UV_RUN_DEFAULT);
    uv_loop_close(&line->loop);
    line->session = NULL;
}

void ss_line_listen(struct ss_line *line, void (*message)(void *owner, struct ss_slice topic, struct ss_slice payload), void *owner) {
    line->message = message;
    line->owner = owner;
}

bool ss_line_subscribe(struct ss_line *line, const char *topic) {
    struct ss_filter filter = {.qos = 1};
    snprintf(filter.topic, sizeof(filter.topic), "%s", topic);
    line->answered = false;
    if (!ss_session_subscribe(line->session, &filter, 1)) {
        fail(line, SILENT);
    }
    return ss_line_until(line, &line->answered, SILENT) && line->allowed;
}

bool ss_line_publish(struct ss_line *line, const char *topic, const char *text) {
    struct ss_publication publication = {.topic = topic, .payload = ss_slice_text(text), .content_type = "application/json", .qos = 1};
    return ss_session_send(line->session, &publication);
}
