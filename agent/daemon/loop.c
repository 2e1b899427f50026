// SPDX-License-Identifier: Apache-2.0
#include "daemon/loop.h"

#include "daemon/config.h"
#include "daemon/last_words.h"
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/metrics.h"
#include "edges/rooms.h"
#include "edges/store.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    MAILBOX_BYTES = 256 << 20,
    KEPT_BYTES = 24 << 20,
    REST_MS = 5000,
    REST_WORK_MS = 50, // less than this of the processor in REST_MS is rest
};

// ss_run is what lives only as long as ss_agent_main.
struct ss_run {
    struct ss_agent agent;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_prepare_t clients_gone;
    uv_timer_t linger;
    uint32_t clients_seen; // the last client at the last look
    bool was_idle;         // at the last look
    uv_timer_t rest;
    uint64_t worked_ms; // of the processor, at its last look
    bool trimmed;       // since it last worked
};

// ---- Stopping ---------------------------------------------------------------------------------------------------------------------------
// Clients first, because they edit; then the broker is told; then the disk has everything; then nothing is left for the loop.

static void stop_rest(struct ss_run *run) {
    struct ss_agent *agent = &run->agent;
    ss_blobs_close(agent->blobs);
    ss_store_stop(agent->store);
    ss_mailbox_close(&agent->mailbox);
    while (agent->rooms != NULL) {
        struct ss_room *room = agent->rooms;
        agent->rooms = room->next;
        ss_room_free(room);
    }
    for (size_t i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    }
    uv_close((uv_handle_t *)&run->clients_gone, NULL);
    uv_close((uv_handle_t *)&run->linger, NULL);
    uv_close((uv_handle_t *)&run->rest, NULL);
}

static void on_link_closed(struct ss_room *room) {
    struct ss_agent *agent = room->agent;
    for (room = agent->rooms; room != NULL; room = room->next) {
        if (room->link != NULL) {
            return;
        }
    }
    stop_rest((struct ss_run *)agent);
}

static void on_turn(uv_prepare_t *prepare) {
    struct ss_run *run = prepare->data;
    if (run->agent.clients != NULL) {
        return;
    }
    uv_prepare_stop(prepare);
    bool linked = false;
    for (struct ss_room *room = run->agent.rooms; room != NULL; room = room->next) {
        if (room->link != NULL) {
            linked = true;
            ss_link_close(room->link, on_link_closed);
        }
    }
    if (!linked) {
        stop_rest(run);
    }
}

static void stop(struct ss_run *run, const char *why) {
    if (run->agent.closing) {
        return;
    }
    ss_log("stopping (%s)", why);
    run->agent.closing = true;
    ss_metrics_close(&run->agent);
    ss_clients_close(&run->agent);
    uv_prepare_start(&run->clients_gone, on_turn);
}

static void on_signal(uv_signal_t *signal, int number) { stop(signal->data, strsignal(number)); }

// Whether others still wait for something that only we have.
static bool owes_something(const struct ss_agent *agent) {
    struct ss_blob_numbers numbers;
    ss_blobs_numbers(agent->blobs, &numbers);
    uint64_t owed = numbers.uploads + !ss_rooms_seen(agent);
    for (const struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
        owed += room->pending + room->comparing;
    }
    return owed > 0;
}

static void on_linger(uv_timer_t *timer) {
    struct ss_run *run = timer->data;
    bool used = run->agent.clients != NULL || run->agent.last_client != run->clients_seen;
    bool idle = !used && !owes_something(&run->agent);
    if (idle && run->was_idle) { // a program that ends and starts again finds it still there
        stop(run, "no program uses it, and everything is published");
    }
    run->was_idle = idle;
    run->clients_seen = run->agent.last_client;
}

// ---- Memory -----------------------------------------------------------------------------------------------------------------------------

// What one large step took and gave back is taken again by the next: without this, each has the system make the pages anew (as long as
// all of the work itself).
static void keep_memory(void) {
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static uint64_t processor_ms(void) {
    uv_rusage_t used;
    uv_getrusage(&used);
    return 1000 * (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

// Once the work is over, what it leaves free between what stays goes back to the system.
static void on_rest(uv_timer_t *timer) {
    struct ss_run *run = timer->data;
    uint64_t worked_ms = processor_ms();
    bool rests = worked_ms - run->worked_ms < REST_WORK_MS;
    if (rests && !run->trimmed) {
        malloc_trim(0);
    }
    run->trimmed = rests;
    run->worked_ms = processor_ms();
}

// ---- Starting ---------------------------------------------------------------------------------------------------------------------------

static bool start_edges(struct ss_run *run) {
    struct ss_agent *agent = &run->agent;
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s/replica", agent->data.root);
    agent->store = ss_store_create(&agent->mailbox, folder, agent->config.relaxed);
    if (agent->store == NULL || (agent->data.strange != NULL && !ss_store_mark_copied(agent->store, &agent->data.origin)) ||
        !ss_data_dir_own(&agent->data, agent->config.relaxed)) {
        return false;
    }
    agent->blobs = ss_blobs_create(agent);
    return agent->blobs != NULL && ss_clients_listen(agent) && ss_metrics_listen(agent);
}

static bool start(struct ss_run *run) {
    struct ss_agent *agent = &run->agent;
    uv_loop_init(&run->loop);
    agent->loop = &run->loop;
    agent->codec = ss_codec_create();
    ss_buffer_init(&agent->scratch, 8 * (size_t)SS_MAX_MESSAGE);
    if (!ss_data_dir_open(&agent->data, agent->config.data)) {
        return false;
    }
    if (agent->codec == NULL || ss_mailbox_init(&agent->mailbox, &run->loop, MAILBOX_BYTES) != 0 || !start_edges(run)) {
        return false;
    }
    static const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        uv_signal_start(&run->signals[i], on_signal, numbers[i]);
    }
    uv_prepare_init(&run->loop, &run->clients_gone);
    run->clients_gone.data = run;
    uv_timer_init(&run->loop, &run->linger);
    run->linger.data = run;
    if (agent->config.linger_s > 0) {
        uint64_t every = 1000 * (uint64_t)agent->config.linger_s;
        uv_timer_start(&run->linger, on_linger, every, every);
    }
    uv_timer_init(&run->loop, &run->rest);
    run->rest.data = run;
    uv_timer_start(&run->rest, on_rest, REST_MS, REST_MS);
    return true;
}

// What was begun of an agent that cannot start is ended, so that nothing is left for the loop.
static void give_up(struct ss_run *run) {
    struct ss_agent *agent = &run->agent;
    ss_metrics_close(agent);
    if (agent->turn.loop != NULL) {
        ss_clients_close(agent);
    }
    if (agent->blobs != NULL) {
        ss_blobs_close(agent->blobs);
    }
    if (agent->mailbox.wake.loop != NULL) {
        ss_mailbox_close(&agent->mailbox);
    }
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

static void finish(struct ss_run *run) {
    struct ss_agent *agent = &run->agent;
    uv_loop_close(&run->loop);
    ss_blobs_free(agent->blobs);
    ss_store_free(agent->store);
    ss_rooms_finish(agent);
    ss_codec_destroy(agent->codec);
    ss_buffer_finish(&agent->scratch);
    ss_data_dir_close(&agent->data);
    ss_config_finish(&agent->config);
}

// Each client, download and database file is a descriptor; the default limit is for programs with few.
static void raise_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
}

static bool asks_for_help(int count, char **words) {
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int ss_agent_main(int count, char **words) {
    struct ss_run run = {0};
    char problem[512];
    if (asks_for_help(count, words)) {
        fputs(ss_config_usage, stdout);
        return 0;
    }
    if (!ss_config_read(&run.agent.config, count - 1, words + 1, true, problem, sizeof(problem))) {
        fprintf(stderr, "scenesync agent: %s\n`scenesync agent --help` says more.\n", problem);
        ss_config_finish(&run.agent.config);
        return 2;
    }
    raise_limits();
    keep_memory();
    ss_last_words_prepare(run.agent.config.data);
    if (!start(&run)) {
        give_up(&run);
        finish(&run);
        return 1;
    }
    ss_rooms_start(&run.agent);
    fputs("ready\n", stderr);
    uv_run(&run.loop, UV_RUN_DEFAULT);
    ss_log("stopped");
    finish(&run);
    return 0;
}
