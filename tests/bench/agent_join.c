// SPDX-License-Identifier: Apache-2.0
// Who comes to a scene that agent_fill has made, and who comes back to it.
//
//   agent_join SOCKET SCENE first             joins; prints the agent's entities and the seconds until it had them
//   agent_join SOCKET SCENE follow COUNT X    prints "0" once the scene is here, then when (clock.h) the last of COUNT objects had come to X
//   agent_join SOCKET SCENE move COUNT X      moves COUNT objects to X, and waits until that is durable
#include "clock.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 500 };

static const char *const FIELD = "location";

static int first(const char *socket, const char *scene) {
    const double start = bench_seconds();
    struct scenesync *client = bench_open(socket, scene, false);
    struct scenesync_event event;
    do {
        bench_check(client, scenesync_next(client, &event, BENCH_WAIT_MS), "waiting for the scene");
    } while (event.type != SCENESYNC_JOINED);
    printf("%llu %.6f\n", (unsigned long long)event.joined.entities, bench_seconds() - start);
    scenesync_close(client);
    return 0;
}

static bool is_at(struct scenesync_bytes location, double x) {
    struct scenesync_reader reader = scenesync_reader_of(location);
    struct scenesync_item item;
    return scenesync_read(&reader, &item) && item.type == SCENESYNC_LIST && scenesync_read(&reader, &item) && item.number == x;
}

// How many objects this batch shows at `x` that were not `seen` there.
static uint32_t arrived(const struct scenesync_batch *batch, double x, bool *seen, uint32_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < batch->rows * batch->columns; i++) {
        const struct scenesync_bytes *name = &batch->names[i % batch->columns];
        const uint32_t number = bench_number(&batch->ids[i / batch->columns]);
        if (number < count && !seen[number] && name->size == strlen(FIELD) && memcmp(name->data, FIELD, name->size) == 0 &&
            is_at(batch->values[i], x)) {
            seen[number] = true;
            found++;
        }
    }
    return found;
}

static int follow(const char *socket, const char *scene, uint32_t count, double x) {
    bool *seen = calloc(count, sizeof *seen);
    if (!seen) {
        bench_fail("a table", "memory was denied");
    }
    struct scenesync *client = bench_open(socket, scene, true);
    printf("0\n");
    fflush(stdout);
    for (uint32_t here = 0; here < count;) {
        struct scenesync_event event;
        bench_check(client, scenesync_next(client, &event, BENCH_WAIT_MS), "waiting for moves");
        for (size_t i = 0; event.type == SCENESYNC_CHANGE && i < event.change.batch_count; i++) {
            here += arrived(&event.change.batches[i], x, seen, count);
        }
    }
    printf("%.6f\n", bench_seconds());
    scenesync_close(client);
    free(seen);
    return 0;
}

static void move_some(struct scenesync *client, uint32_t start, uint32_t rows, double x, uint64_t *id) {
    struct scenesync_uuid ids[ROWS];
    struct scenesync_bytes values[ROWS];
    struct scenesync_writer *writer = scenesync_writer_create();
    for (uint32_t i = 0; i < rows; i++) {
        ids[i] = bench_uuid(start + i);
        scenesync_write_list(writer, 3);
        scenesync_write_number(writer, x);
        scenesync_write_number(writer, (double)(start + i));
        scenesync_write_number(writer, 0.5);
        values[i] = bench_value(writer);
    }
    const struct scenesync_bytes name = bench_text(FIELD);
    const struct scenesync_batch batch = {bench_text("transform"), rows, 1, ids, &name, values};
    bench_check(client, scenesync_edit(client, &batch, 1, false, id, BENCH_WAIT_MS), "moving");
    scenesync_writer_destroy(writer);
}

static int move(const char *socket, const char *scene, uint32_t count, double x) {
    struct scenesync *client = bench_open(socket, scene, false);
    uint64_t id = 0;
    for (uint32_t start = 0; start < count; start += ROWS) {
        move_some(client, start, count - start < ROWS ? count - start : ROWS, x, &id);
    }
    bench_check(client, scenesync_wait_ack(client, id, BENCH_WAIT_MS), "moving");
    scenesync_close(client);
    return 0;
}

int main(int argc, char **argv) {
    const char *mode = argc > 3 ? argv[3] : "";
    if (argc == 4 && strcmp(mode, "first") == 0) {
        return first(argv[1], argv[2]);
    }
    if (argc == 6 && (strcmp(mode, "follow") == 0 || strcmp(mode, "move") == 0)) {
        const uint32_t count = (uint32_t)strtoul(argv[4], NULL, 10);
        return (*mode == 'f' ? follow : move)(argv[1], argv[2], count, strtod(argv[5], NULL));
    }
    fprintf(stderr, "usage: agent_join SOCKET SCENE first | follow COUNT X | move COUNT X\n");
    return 2;
}
