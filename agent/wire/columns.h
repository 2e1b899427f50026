// SPDX-License-Identifier: Apache-2.0
// Columns ⇄ rows: `{field: typed array or list}` on the wire, one canonical value per row and field inside.
#ifndef SS_WIRE_COLUMNS_H
#define SS_WIRE_COLUMNS_H

#include "core/core.h"
#include "wire/map.h"

// ss_columns_write appends the columns of a batch as a map. Batches have at least one row; names may come in any order.
void ss_columns_write(struct ss_buffer *out, const struct ss_batch *batch);

// ss_columns_read fills `batch` from the ids and from the bytes of the map `columns`; columns come out sorted by name.
int ss_columns_read(struct ss_codec *codec, struct ss_list ids, struct ss_slice columns, struct ss_batch *batch);

// ss_columns_bound is at least what ss_columns_write, the ids and a stamp per row take.
size_t ss_columns_bound(const struct ss_batch *batch);

// ss_columns_split calls `each` with pieces of the batch (rows halved, then columns) whose bound is at most `max`. `first_row` is where the piece
// begins in the batch. Stops at the first error and returns it. Errors: SS_WIRE_LIMIT when a single value is too large, SS_WIRE_MEMORY.
int ss_columns_split(struct ss_codec *codec, const struct ss_batch *batch, size_t max,
                     int (*each)(void *context, const struct ss_batch *piece, size_t first_row), void *context);

#endif
