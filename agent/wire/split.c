// SPDX-License-Identifier: Apache-2.0
// Cuts a batch that is too large for one message.
#include "wire/columns.h"

struct split {
    struct ss_codec *codec;
    size_t max;
    int (*each)(void *context, const struct ss_batch *piece, size_t first_row);
    void *context;
};

static int split_rows(const struct split *split, const struct ss_batch *batch, size_t first_row);

static struct ss_batch some_rows(const struct ss_batch *batch, size_t from, size_t to) {
    struct ss_batch piece = *batch;
    piece.rows = to - from;
    piece.ids = batch->ids + from;
    piece.values = batch->values + from * batch->columns;
    return piece;
}

// Of one row the values lie side by side, so some of its columns are a batch too.
static struct ss_batch some_columns(const struct ss_batch *batch, size_t from, size_t to) {
    struct ss_batch piece = *batch;
    piece.columns = to - from;
    piece.names = batch->names + from;
    piece.values = batch->values + from;
    return piece;
}

static int split_in_two(const struct split *split, const struct ss_batch *first, const struct ss_batch *second, size_t first_row,
                        size_t second_row) {
    int error = split_rows(split, first, first_row);
    return error ? error : split_rows(split, second, second_row);
}

static int split_rows(const struct split *split, const struct ss_batch *batch, size_t first_row) {
    if (ss_columns_bound(batch) <= split->max && batch->columns <= SS_MAX_FIELDS) {
        return split->each(split->context, batch, first_row);
    }
    if (batch->rows > 1) {
        size_t half = batch->rows / 2;
        struct ss_batch first = some_rows(batch, 0, half), second = some_rows(batch, half, batch->rows);
        return split_in_two(split, &first, &second, first_row, first_row + half);
    }
    if (batch->columns > 1) {
        size_t half = batch->columns / 2;
        struct ss_batch first = some_columns(batch, 0, half), second = some_columns(batch, half, batch->columns);
        return split_in_two(split, &first, &second, first_row, first_row);
    }
    return ss_codec_fail(split->codec, SS_WIRE_LIMIT, "a value that no message can carry");
}

int ss_columns_split(struct ss_codec *codec, const struct ss_batch *batch, size_t max,
                     int (*each)(void *context, const struct ss_batch *piece, size_t first_row), void *context) {
    struct split split = {codec, max, each, context};
    return split_rows(&split, batch, 0);
}
