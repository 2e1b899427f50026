// SPDX-License-Identifier: Apache-2.0
// One client's edits of 100 B until they are acknowledged, that is, durable as the agent understands it.
//
//   agent_durable SOCKET SCENE COUNT WINDOW   at most WINDOW edits are not acknowledged yet; 1: one after the other
//
// Prints the edits and the seconds they took.
#include "clock.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 100, ENTITIES = 1000 };

static void wait_for(struct scenesync *client, uint64_t *last, uint64_t until) {
    struct scenesync_event event;
    while (*last < until) {
        bench_check(client, scenesync_next(client, &event, BENCH_WAIT_MS), "waiting for an acknowledgement");
        if (event.type == SCENESYNC_REFUSAL) {
            bench_fail("an edit was refused", (const char *)event.refusal.text.data);
        }
        if (event.type == SCENESYNC_ACK && event.id > *last) {
            *last = event.id;
        }
    }
}

static uint64_t edit(struct scenesync *client, struct scenesync_writer *writer, uint32_t number) {
    const struct scenesync_uuid id = bench_uuid(number % ENTITIES);
    const struct scenesync_bytes name = bench_text("properties/load");
    char text[SIZE];
    for (size_t i = 0; i < SIZE; i++) {
        text[i] = (char)('a' + random() % 26);
    }
    scenesync_write_string(writer, text, SIZE);
    const struct scenesync_bytes value = bench_value(writer);
    const struct scenesync_batch batch = {bench_text("object"), 1, 1, &id, &name, &value};
    uint64_t made = 0;
    bench_check(client, scenesync_edit(client, &batch, 1, false, &made, BENCH_WAIT_MS), "editing");
    return made;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: agent_durable SOCKET SCENE COUNT WINDOW\n");
        return 2;
    }
    const uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10), window = (uint32_t)strtoul(argv[4], NULL, 10);
    struct scenesync *client = bench_open(argv[1], argv[2], false);
    uint64_t id = 0, last = 0;
    const double start = bench_seconds();
    for (uint32_t i = 0; i < count; i++) {
        struct scenesync_writer *writer = scenesync_writer_create();
        id = edit(client, writer, i);
        scenesync_writer_destroy(writer);
        wait_for(client, &last, id >= window ? id - window + 1 : 0);
    }
    wait_for(client, &last, id);
    printf("%u %.6f\n", count, bench_seconds() - start);
    scenesync_close(client);
    return 0;
}
