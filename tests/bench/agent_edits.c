// SPDX-License-Identifier: Apache-2.0
// From one agent's client to another agent's client, through the broker: edits of entities that both know.
//
//   agent_edits FROM TO SCENE settled COUNT SIZE   one edit with SIZE bytes to each of COUNT entities
//   agent_edits FROM TO SCENE live COUNT SIZE      live edits of SIZE bytes, in values of at most 31 KiB, at most 32 MiB ahead of the receiver
//   agent_edits FROM TO SCENE latency COUNT        one live transform at a time, seldom
//
// FROM and TO are the agents' sockets. Prints one line: edits that arrived, their bytes, seconds from the first edit to the last arrival;
// for latency the median in seconds.
#include "clock.h"
#include "helpers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_BYTES = 31 * 1024,
    VALUE_HEAD = 5,
    AHEAD_BYTES = 32 << 20,
    MAX_ROWS = 16,
    UNACKNOWLEDGED = 4096,
    FILL_ROWS = 256,
    STALLED_S = 10
};

struct bench {
    struct scenesync *sender, *receiver;
    bool live;
    uint32_t count;    // of edits
    uint32_t entities; // that they go round
    uint32_t rows;     // of one edit
    size_t row_bytes;
    atomic_uint newest; // edit that arrived, plus 1
    uint32_t arrived;   // rows, each once
    bool *seen;         // by edit and row
    double last_arrival;
};

static const char *const FIELD = "properties/load";

static void wait_for_acks(struct scenesync *client, uint64_t *last_ack, uint64_t until) {
    struct scenesync_event event;
    while (*last_ack < until) {
        bench_check(client, scenesync_next(client, &event, BENCH_WAIT_MS), "waiting for an acknowledgement");
        if (event.type == SCENESYNC_REFUSAL) {
            bench_fail("an edit was refused", (const char *)event.refusal.text.data);
        }
        if (event.type == SCENESYNC_ACK && event.id > *last_ack) {
            *last_ack = event.id;
        }
    }
}

// Makes the entities, as objects with a name, a type and a first value: agents let pass live values of what they know.
static void make_entities(struct bench *bench) {
    struct scenesync_uuid ids[FILL_ROWS];
    struct scenesync_bytes values[3 * FILL_ROWS];
    const struct scenesync_bytes names[] = {bench_text("name"), bench_text("type"), bench_text(FIELD)};
    uint64_t id = 0;
    for (uint32_t first = 0; first < bench->entities; first += FILL_ROWS) {
        struct scenesync_writer *writer = scenesync_writer_create();
        uint32_t rows = bench->entities - first < FILL_ROWS ? bench->entities - first : FILL_ROWS;
        for (uint32_t i = 0; i < rows; i++) {
            char name[32];
            int len = snprintf(name, sizeof name, "Object %u", first + i);
            ids[i] = bench_uuid(first + i);
            scenesync_write_string(writer, name, (size_t)len);
            values[3 * i] = bench_value(writer);
            scenesync_write_string(writer, "EMPTY", 5);
            values[3 * i + 1] = bench_value(writer);
            scenesync_write_bool(writer, true);
            values[3 * i + 2] = bench_value(writer);
        }
        const struct scenesync_batch batch = {bench_text("object"), rows, 3, ids, names, values};
        bench_check(bench->sender, scenesync_edit(bench->sender, &batch, 1, false, &id, BENCH_WAIT_MS), "making an object");
        scenesync_writer_destroy(writer);
    }
    bench_check(bench->sender, scenesync_wait_ack(bench->sender, id, BENCH_WAIT_MS), "making objects");
}

// Which edit a value is of; false for the first value, which is of none.
static bool edit_of(struct scenesync_bytes value, uint32_t *edit) {
    struct scenesync_reader reader = scenesync_reader_of(value);
    struct scenesync_item item;
    if (!scenesync_read(&reader, &item) || item.type != SCENESYNC_BINARY || item.bytes.size < sizeof *edit) {
        return false;
    }
    memcpy(edit, item.bytes.data, sizeof *edit);
    return true;
}

static void note_arrived(struct bench *bench, const struct scenesync_batch *batch, size_t column) {
    for (size_t row = 0; row < batch->rows; row++) {
        uint32_t edit;
        if (!edit_of(batch->values[row * batch->columns + column], &edit) || edit >= bench->count) {
            continue;
        }
        bool *seen = &bench->seen[edit * bench->rows + bench_number(&batch->ids[row]) % bench->rows];
        bench->arrived += !*seen;
        *seen = true;
        if (edit >= bench->newest) {
            bench->newest = edit + 1;
        }
    }
}

static void note_change(struct bench *bench, const struct scenesync_change *change) {
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct scenesync_batch *batch = &change->batches[i];
        for (size_t column = 0; column < batch->columns; column++) {
            if (batch->names[column].size == strlen(FIELD) && memcmp(batch->names[column].data, FIELD, strlen(FIELD)) == 0) {
                note_arrived(bench, batch, column);
            }
        }
    }
}

// Until every entity is known.
static void receive_entities(struct bench *bench) {
    for (uint32_t met = 0; met < bench->entities;) {
        struct scenesync_event event;
        bench_check(bench->receiver, scenesync_next(bench->receiver, &event, BENCH_WAIT_MS), "waiting for objects");
        for (size_t i = 0; event.type == SCENESYNC_CHANGE && i < event.change.batch_count; i++) {
            met += (uint32_t)event.change.batches[i].rows;
        }
    }
}

// Until every edit has arrived, or nothing more comes: live values may be lost.
static void *receive_edits(void *context) {
    struct bench *bench = context;
    while (bench->arrived < bench->count * bench->rows) {
        struct scenesync_event event;
        int error = scenesync_next(bench->receiver, &event, STALLED_S * 1000);
        if (error == SCENESYNC_TIMEOUT) {
            break;
        }
        bench_check(bench->receiver, error, "receiving");
        if (event.type == SCENESYNC_CHANGE) {
            note_change(bench, &event.change);
            bench->last_arrival = bench_seconds();
        }
    }
    return NULL;
}

// One value for each entity: five bytes of msgpack, then what does not compress.
static uint8_t *make_values(const struct bench *bench) {
    const size_t size = VALUE_HEAD + bench->row_bytes;
    uint8_t *values = malloc(size * bench->entities);
    for (size_t i = 0; values && i < size * bench->entities; i++) {
        values[i] = (uint8_t)random();
    }
    for (size_t i = 0; values && i < bench->entities; i++) {
        const uint8_t head[VALUE_HEAD] = {0xc6, (uint8_t)(bench->row_bytes >> 24), (uint8_t)(bench->row_bytes >> 16),
                                          (uint8_t)(bench->row_bytes >> 8), (uint8_t)bench->row_bytes};
        memcpy(values + i * size, head, sizeof head);
    }
    return values;
}

// A value begins with the number of its edit.
static void send_edit(struct bench *bench, uint32_t edit, uint8_t *values, uint64_t *id) {
    const struct scenesync_bytes name = bench_text(FIELD);
    const size_t size = VALUE_HEAD + bench->row_bytes;
    struct scenesync_uuid ids[MAX_ROWS];
    struct scenesync_bytes row_values[MAX_ROWS];
    for (uint32_t row = 0; row < bench->rows; row++) {
        const uint32_t entity = (edit * bench->rows + row) % bench->entities;
        memcpy(values + entity * size + VALUE_HEAD, &edit, sizeof edit);
        row_values[row] = (struct scenesync_bytes){values + entity * size, size};
        ids[row] = bench_uuid(entity);
    }
    const struct scenesync_batch batch = {bench_text("object"), bench->rows, 1, ids, &name, row_values};
    bench_check(bench->sender, scenesync_edit(bench->sender, &batch, 1, bench->live, id, BENCH_WAIT_MS), "editing");
}

static void send_edits(struct bench *bench, uint8_t *values) {
    const uint32_t ahead = AHEAD_BYTES / (uint32_t)(bench->row_bytes * bench->rows) + 1;
    uint64_t id = 0, last_ack = 0;
    for (uint32_t edit = 0; edit < bench->count; edit++) {
        double since = bench_seconds();
        while (bench->live && edit - bench->newest > ahead && bench_seconds() - since < STALLED_S) {
            bench_pause_us(50);
        }
        send_edit(bench, edit, values, &id);
        wait_for_acks(bench->sender, &last_ack, !bench->live && id > UNACKNOWLEDGED ? id - UNACKNOWLEDGED : 0);
    }
}

static int run_load(struct bench *bench) {
    uint8_t *values = make_values(bench);
    bench->seen = calloc((size_t)bench->count * bench->rows, sizeof *bench->seen);
    if (!bench->seen || !values) {
        bench_fail("a table", "memory was denied");
    }
    make_entities(bench);
    receive_entities(bench);
    pthread_t thread;
    double start = bench_seconds();
    if (pthread_create(&thread, NULL, receive_edits, bench)) {
        bench_fail("a thread", "cannot be made");
    }
    send_edits(bench, values);
    pthread_join(thread, NULL);
    printf("%u %zu %.6f\n", bench->arrived / bench->rows, bench->arrived * bench->row_bytes, bench->last_arrival - start);
    free(values);
    free(bench->seen);
    return bench->arrived > 0 && (bench->live || bench->arrived == bench->count) ? 0 : 1;
}

// Whether a change says that the object is at `x`, live or settled: under load the settled value can come first.
static bool is_at(const struct scenesync_event *event, double x) {
    for (size_t i = 0; event->type == SCENESYNC_CHANGE && i < event->change.batch_count; i++) {
        const struct scenesync_batch *batch = &event->change.batches[i];
        for (size_t column = 0; column < batch->columns; column++) {
            struct scenesync_reader reader = scenesync_reader_of(batch->values[column]);
            struct scenesync_item item;
            if (batch->names[column].size == 8 && memcmp(batch->names[column].data, "location", 8) == 0 && scenesync_read(&reader, &item) &&
                item.type == SCENESYNC_LIST && scenesync_read(&reader, &item) && (long)item.number == (long)x) {
                return true;
            }
        }
    }
    return false;
}

static double one_move(struct bench *bench, struct scenesync_writer *writer, double x, bool live) {
    const struct scenesync_uuid id = bench_uuid(0);
    const struct scenesync_bytes name = bench_text("location");
    scenesync_write_list(writer, 3);
    for (int i = 0; i < 3; i++) {
        scenesync_write_number(writer, x + 0.25 * i);
    }
    const struct scenesync_bytes value = bench_value(writer);
    const struct scenesync_batch batch = {bench_text("transform"), 1, 1, &id, &name, &value};
    struct scenesync_event event = {0};
    uint64_t edit;
    while (scenesync_next(bench->receiver, &event, 0) == SCENESYNC_OK) { // what an earlier move left
    }
    double start = bench_seconds();
    bench_check(bench->sender, scenesync_edit(bench->sender, &batch, 1, live, &edit, BENCH_WAIT_MS), "moving");
    do {
        bench_check(bench->receiver, scenesync_next(bench->receiver, &event, BENCH_WAIT_MS), "waiting for a move");
    } while (!is_at(&event, x));
    return bench_seconds() - start;
}

static int run_latency(struct bench *bench) {
    double *times = calloc(bench->count, sizeof *times);
    if (!times) {
        bench_fail("a table", "memory was denied");
    }
    bench->entities = 1;
    make_entities(bench);
    receive_entities(bench);
    struct scenesync_writer *writer = scenesync_writer_create();
    one_move(bench, writer, -1, false); // makes the transform
    for (uint32_t i = 0; i < bench->count; i++) {
        bench_pause_between();
        times[i] = one_move(bench, writer, i, true);
    }
    printf("%.9f\n", bench_median(times, bench->count));
    scenesync_writer_destroy(writer);
    free(times);
    return 0;
}

int main(int argc, char **argv) {
    const char *mode = argc > 4 ? argv[4] : "";
    const bool live = strcmp(mode, "live") == 0, settled = strcmp(mode, "settled") == 0, latency = strcmp(mode, "latency") == 0;
    if (!(live || settled ? argc == 7 : latency && argc == 6)) {
        fprintf(stderr, "usage: agent_edits FROM TO SCENE settled|live COUNT SIZE | latency COUNT\n");
        return 2;
    }
    struct bench bench = {.live = live, .count = (uint32_t)strtoul(argv[5], NULL, 10), .rows = 1};
    size_t size = latency ? 0 : strtoul(argv[6], NULL, 10);
    bench.rows = live ? (uint32_t)((size + VALUE_BYTES - 1) / VALUE_BYTES) : 1;
    bench.row_bytes = size / bench.rows;
    // Live edits of one entity replace each other: enough entities that none is edited again before its last edit arrived.
    bench.entities = live ? (2 * AHEAD_BYTES / (uint32_t)size + 1) * bench.rows : bench.count;
    bench.sender = bench_open(argv[1], argv[3], false);
    bench.receiver = bench_open(argv[2], argv[3], true);
    int status = latency ? run_latency(&bench) : run_load(&bench);
    scenesync_close(bench.sender);
    scenesync_close(bench.receiver);
    return status;
}
