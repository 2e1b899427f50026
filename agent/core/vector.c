// SPDX-License-Identifier: Apache-2.0
#include "core/vector.h"

#include <stdlib.h>

#include "util/bytes.h"

enum { SS_LINES_MAX = 1 << 20 };

static bool ss_vectors_same(const void *context, uint32_t number, const void *key) {
    const struct ss_vectors *vectors = context;
    return ss_origin_equal(&vectors->lines.items[number].from, key);
}

uint32_t ss_vectors_find(const struct ss_vectors *vectors, const struct ss_origin *from) {
    return ss_index_find(&vectors->index, ss_hash(vectors->seed, from->b, sizeof from->b), ss_vectors_same, vectors, from);
}

uint32_t ss_vectors_take(struct ss_vectors *vectors, const struct ss_origin *from) {
    uint32_t number = ss_vectors_find(vectors, from);
    if (number != SS_NONE)
        return number;
    if (!ss_array_room(&vectors->lines, vectors->alloc, 1, SS_LINES_MAX) || !ss_index_room(&vectors->index, vectors->alloc, 1))
        return SS_NONE;
    number = (uint32_t)vectors->lines.count;
    ss_index_add(&vectors->index, ss_hash(vectors->seed, from->b, sizeof from->b), number);
    ss_array_push(&vectors->lines, (struct ss_line){.from = *from});
    return number;
}

bool ss_vectors_count(const struct ss_vectors *vectors, const struct ss_origin *from) {
    return vectors->lines.count < SS_MAX_ORIGINS || ss_vectors_find(vectors, from) != SS_NONE;
}

void ss_vectors_finish(struct ss_vectors *vectors) {
    ss_array_finish(&vectors->lines, vectors->alloc);
    ss_index_finish(&vectors->index, vectors->alloc);
}

static void ss_line_remove(struct ss_line *line, uint32_t at) {
    line->ahead_count--;
    memmove(&line->ahead[at], &line->ahead[at + 1], (line->ahead_count - at) * sizeof line->ahead[0]);
}

static void ss_line_close(struct ss_line *line) {
    while (line->ahead_count > 0 && line->ahead[0].first <= line->seq + 1) {
        if (line->ahead[0].last > line->seq)
            line->seq = line->ahead[0].last;
        ss_line_remove(line, 0);
    }
}

bool ss_line_adopt(struct ss_line *line, uint64_t seq) {
    if (seq <= line->seq)
        return false;
    line->seq = seq;
    ss_line_close(line);
    return true;
}

static void ss_line_keep(struct ss_line *line, uint64_t seq) {
    uint32_t at = 0;
    while (at < line->ahead_count && line->ahead[at].last + 1 < seq)
        at++;
    if (at == line->ahead_count || seq + 1 < line->ahead[at].first) {
        if (line->ahead_count == SS_AHEAD)
            return;
        memmove(&line->ahead[at + 1], &line->ahead[at], (line->ahead_count - at) * sizeof line->ahead[0]);
        line->ahead[at] = (struct ss_span){seq, seq};
        line->ahead_count++;
    } else {
        line->ahead[at].first = seq < line->ahead[at].first ? seq : line->ahead[at].first;
        line->ahead[at].last = seq > line->ahead[at].last ? seq : line->ahead[at].last;
    }
    if (at + 1 < line->ahead_count && line->ahead[at].last + 1 >= line->ahead[at + 1].first) {
        line->ahead[at].last = line->ahead[at + 1].last;
        ss_line_remove(line, at + 1);
    }
}

bool ss_line_note(struct ss_line *line, uint64_t seq) {
    if (seq <= line->seq)
        return false;
    if (seq == line->seq + 1)
        return ss_line_adopt(line, seq);
    ss_line_keep(line, seq);
    return false;
}

static int ss_entry_compare(const void *a, const void *b) {
    return memcmp(((const struct ss_vector_entry *)a)->from.b, ((const struct ss_vector_entry *)b)->from.b, sizeof(struct ss_origin));
}

uint64_t ss_vector_seq(const struct ss_vector *vector, const struct ss_origin *from) {
    if (vector->count == 0)
        return 0;
    const struct ss_vector_entry key = {.from = *from};
    const struct ss_vector_entry *found = bsearch(&key, vector->entries, vector->count, sizeof key, ss_entry_compare);
    return found != NULL ? found->seq : 0;
}

bool ss_vectors_copy(const struct ss_vectors *vectors, struct ss_scratch *scratch, struct ss_vector *copy) {
    struct ss_vector_entry *entries = ss_scratch_take(scratch, (vectors->lines.count + 1) * sizeof *entries);
    if (entries == NULL)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < vectors->lines.count; i++) {
        const struct ss_line *line = &vectors->lines.items[i];
        if (line->seq > 0)
            entries[count++] = (struct ss_vector_entry){line->from, line->seq};
    }
    qsort(entries, count, sizeof *entries, ss_entry_compare);
    *copy = (struct ss_vector){count, entries};
    return true;
}
