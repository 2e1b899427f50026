// SPDX-License-Identifier: Apache-2.0
// Version vectors: of every origin the highest seq received without a gap, and what came ahead of a gap.
#ifndef SS_CORE_VECTOR_H
#define SS_CORE_VECTOR_H

#include "core/names.h"
#include "util/scratch.h"

enum {
    SS_AHEAD = 8,
    SS_MAX_ORIGINS = 1024, // that others tell us of: every vector fits into a message beside what else is in it
};

struct ss_line {
    struct ss_origin from;
    uint64_t seq;
    uint64_t hole_ms; // since when nobody who is here can say what is missing before what came ahead; 0: somebody can, or nothing is
    uint32_t ahead_count;
    struct ss_span {
        uint64_t first, last;
    } ahead[SS_AHEAD]; // sorted, apart from each other; beyond these what comes ahead is left for a sync to bring
};

struct ss_vectors {
    const struct ss_alloc *alloc;
    uint64_t seed;
    SS_ARRAY(struct ss_line) lines;
    struct ss_index index;
};

// ss_vectors_take returns the number of an origin's line, making it when it is new. Errors: SS_NONE when memory is denied.
uint32_t ss_vectors_take(struct ss_vectors *vectors, const struct ss_origin *from);
uint32_t ss_vectors_find(const struct ss_vectors *vectors, const struct ss_origin *from);

// ss_vectors_count tells whether what others say of an origin is counted: it has a line, or there is room for one more.
bool ss_vectors_count(const struct ss_vectors *vectors, const struct ss_origin *from);
void ss_vectors_finish(struct ss_vectors *vectors);

// ss_line_note counts a seq that was received; returns whether line->seq changed.
bool ss_line_note(struct ss_line *line, uint64_t seq);

// ss_line_adopt counts everything up to seq; returns whether line->seq changed.
bool ss_line_adopt(struct ss_line *line, uint64_t seq);

// ss_vector_seq returns what a vector says of an origin, 0 when nothing.
uint64_t ss_vector_seq(const struct ss_vector *vector, const struct ss_origin *from);

// ss_vectors_copy makes a sorted vector of the lines that are not 0. Errors: false when memory is denied.
bool ss_vectors_copy(const struct ss_vectors *vectors, struct ss_scratch *scratch, struct ss_vector *copy);

#endif
