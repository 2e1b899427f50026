// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

uint64_t sim_random(struct sim *sim, uint64_t below) {
    sim->random += 0x9e3779b97f4a7c15U;
    return ss_mix(sim->random) % below;
}

bool sim_chance(struct sim *sim, unsigned per_mille) { return sim_random(sim, 1000) < per_mille; }

void sim_tell(const struct sim *sim, int agent, const char *format, ...) {
    if (sim->options.verbose == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%9llu ms, agent %d: ", (unsigned long long)sim->now, agent);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
}

void sim_fail(struct sim *sim, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "sim: %d agents, at %llu ms: ", sim->agents, (unsigned long long)sim->now);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nsim: again with ./dev sim --seed %llu --steps %llu", (unsigned long long)sim->options.seed,
            (unsigned long long)sim->options.steps);
    if (sim->options.agents > 0)
        fprintf(stderr, " --agents %llu", (unsigned long long)sim->options.agents);
    fprintf(stderr, " --verbose 1\n");
    va_end(arguments);
    exit(1);
}

static bool sim_before(const struct sim_event *a, const struct sim_event *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_push(struct sim *sim, struct sim_event event) {
    if (sim->heap_count == sim->heap_capacity) {
        sim->heap_capacity = sim->heap_capacity * 2 + 64;
        sim->heap = realloc(sim->heap, sim->heap_capacity * sizeof *sim->heap);
    }
    event.order = sim->order++;
    size_t at = sim->heap_count++;
    for (; at > 0 && sim_before(&event, &sim->heap[(at - 1) / 2]); at = (at - 1) / 2)
        sim->heap[at] = sim->heap[(at - 1) / 2];
    sim->heap[at] = event;
}

bool sim_pop(struct sim *sim, struct sim_event *event) {
    if (sim->heap_count == 0)
        return false;
    *event = sim->heap[0];
    const struct sim_event last = sim->heap[--sim->heap_count];
    size_t at = 0;
    for (size_t child = 1; child < sim->heap_count; child = 2 * at + 1) {
        if (child + 1 < sim->heap_count && sim_before(&sim->heap[child + 1], &sim->heap[child]))
            child++;
        if (!sim_before(&sim->heap[child], &last))
            break;
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    sim->heap[at] = last;
    return true;
}

static void *sim_copy(const void *from, size_t len) {
    void *copy = malloc(len + 1);
    if (len > 0)
        memcpy(copy, from, len);
    return copy;
}

void sim_record_append(struct sim_records *records, uint64_t txn, struct ss_slice key, struct ss_slice value) {
    if (records->count == records->capacity) {
        records->capacity = records->capacity * 2 + 64;
        records->items = realloc(records->items, records->capacity * sizeof *records->items);
    }
    records->items[records->count++] =
        (struct sim_record){sim_copy(key.data, key.len), sim_copy(value.data, value.len), key.len, value.len, txn};
}

static int sim_record_compare(const struct sim_record *record, const void *key, size_t key_len) {
    return ss_slice_compare(ss_slice_of(record->key, record->key_len), ss_slice_of(key, key_len));
}

// Sorted by key; an empty value deletes.
void sim_record_put(struct sim_records *records, const void *key, size_t key_len, const void *value, size_t value_len) {
    size_t low = 0;
    size_t high = records->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (sim_record_compare(&records->items[middle], key, key_len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const bool found = low < records->count && sim_record_compare(&records->items[low], key, key_len) == 0;
    if (found) {
        free(records->items[low].key);
        free(records->items[low].value);
        records->count--;
        memmove(&records->items[low], &records->items[low + 1], (records->count - low) * sizeof *records->items);
    }
    if (value_len == 0)
        return;
    sim_record_append(records, 0, ss_slice_of(key, key_len), ss_slice_of(value, value_len));
    const struct sim_record added = records->items[records->count - 1];
    memmove(&records->items[low + 1], &records->items[low], (records->count - 1 - low) * sizeof *records->items);
    records->items[low] = added;
}

void sim_records_clear(struct sim_records *records) {
    for (size_t i = 0; i < records->count; i++) {
        free(records->items[i].key);
        free(records->items[i].value);
    }
    free(records->items);
    *records = (struct sim_records){0};
}

struct sim_records sim_records_copy(const struct sim_records *records) {
    struct sim_records copy = {0};
    for (size_t i = 0; i < records->count; i++) {
        const struct sim_record *record = &records->items[i];
        sim_record_append(&copy, record->txn, ss_slice_of(record->key, record->key_len), ss_slice_of(record->value, record->value_len));
    }
    return copy;
}

bool sim_has(const struct ss_sha256 *set, size_t count, const struct ss_sha256 *sha256) {
    for (size_t i = 0; i < count; i++) {
        if (memcmp(set[i].b, sha256->b, sizeof sha256->b) == 0)
            return true;
    }
    return false;
}

void sim_add(struct ss_sha256 **set, size_t *count, const struct ss_sha256 *sha256) {
    if (sim_has(*set, *count, sha256))
        return;
    *set = realloc(*set, (*count + 1) * sizeof **set);
    (*set)[(*count)++] = *sha256;
}
