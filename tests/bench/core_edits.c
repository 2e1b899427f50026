// SPDX-License-Identifier: Apache-2.0
// What the core itself costs: one field of many entities edited at once, settled and live, in processor time.
//
//   core_edits [ROWS]   prints: rows, ms of a settled edit, ms of a live edit, ms of the tick that sends it, bytes stored by one
#include "core/core.h"
#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 20, FIELDS = 10 };

struct bench {
    struct ss_core *core;
    uint64_t now, txn, stored_bytes;
};

static double processor_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double step(struct bench *bench, struct ss_event event) {
    struct ss_effects effects;
    event.now_ms = bench->now;
    event.wall_ms = 1700000000000U + bench->now;
    const double start = processor_ms();
    if (ss_core_step(bench->core, &event, &effects) != SS_OK) {
        fprintf(stderr, "core_edits: a step failed\n");
        exit(1);
    }
    const double took = processor_ms() - start;
    bench->stored_bytes = 0;
    for (size_t i = 0; i < effects.count; i++) {
        if (effects.items[i].type == SS_FX_STORE) {
            bench->txn = effects.items[i].store.txn;
            bench->stored_bytes += effects.items[i].store.key.len + effects.items[i].store.value.len;
        }
    }
    return took;
}

static double edit(struct bench *bench, size_t rows, size_t columns, bool live) {
    static uint8_t values[FIELDS][16];
    static uint64_t id;
    struct ss_uuid *ids = calloc(rows, sizeof *ids);
    struct ss_slice *cells = calloc(rows * columns, sizeof *cells);
    char names[FIELDS][16];
    struct ss_slice columns_of[FIELDS];
    for (size_t c = 0; c < columns; c++) {
        memcpy(values[c], "\x93\xca\x01\x02\x03\x04\xca\x01\x02\x03\x04\xca\x01\x02\x03\x04", 16);
        values[c][5] = (uint8_t)(++id % 256);
        snprintf(names[c], sizeof names[c], "field_%zu", c);
        columns_of[c] = ss_slice_text(names[c]);
    }
    for (size_t i = 0; i < rows * columns; i++) {
        cells[i] = ss_slice_of(values[i % columns], 16);
    }
    for (size_t i = 0; i < rows; i++) {
        const uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15U;
        memcpy(ids[i].b, &mixed, sizeof mixed);
    }
    const struct ss_batch batch = {ss_slice_text("transform"), rows, columns, ids, columns_of, cells};
    const double took = step(bench, (struct ss_event){.type = SS_EV_EDIT, .edit = {7, id, live, 1, &batch}});
    free(ids);
    free(cells);
    return took;
}

static void settle(struct bench *bench) {
    step(bench, (struct ss_event){.type = SS_EV_STORED, .stored = {.txn = bench->txn}});
    bench->now += 16;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 10000;
    const struct ss_core_config config = ss_core_defaults(ss_heap, &(struct ss_origin){{1}});
    struct bench bench = {.core = ss_core_create(&config), .now = 1000};
    step(&bench, (struct ss_event){.type = SS_EV_START});
    step(&bench, (struct ss_event){.type = SS_EV_CLIENT_JOINED, .client_joined = {.client = 7, .changes = true}});
    step(&bench, (struct ss_event){.type = SS_EV_CONNECTED, .connected = {.replays = true}});
    edit(&bench, rows, FIELDS, false);
    settle(&bench);
    double settled = 0, live = 0, tick = 0;
    for (int i = 0; i < ROUNDS; i++) {
        settled += edit(&bench, rows, 1, false);
        settle(&bench);
    }
    uint64_t bytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        bench.now -= 8; // between two ticks: the edit and the tick are seen apart
        live += edit(&bench, rows, 1, true);
        bytes += bench.stored_bytes;
        bench.now += 16;
        tick += step(&bench, (struct ss_event){.type = SS_EV_TIME});
        settle(&bench);
    }
    printf("%zu %.2f %.2f %.2f %llu\n", rows, settled / ROUNDS, live / ROUNDS, tick / ROUNDS, (unsigned long long)bytes / ROUNDS);
    ss_core_destroy(bench.core);
    return 0;
}
