// SPDX-License-Identifier: Apache-2.0
#include "wire/columns.h"

#include <stdlib.h>

#include "wire/pack.h"
#include "wire/typed.h"

// ---- Rows → columns ---------------------------------------------------------------------------------------------------------------------

static struct ss_slice cell(const struct ss_batch *batch, size_t row, size_t column) {
    return batch->values[row * batch->columns + column];
}

// The smallest element that holds every number exactly; floats before integers, which is what most fields are.
static enum ss_element choose_element(unsigned elements) {
    static const enum ss_element order[] = {SS_ELEMENT_F32, SS_ELEMENT_I32, SS_ELEMENT_F64, SS_ELEMENT_I64};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (elements & 1U << order[i]) {
            return order[i];
        }
    }
    return 0;
}

// Returns the common width of a column of numbers or vectors, 0 for a list.
static size_t column_width(const struct ss_batch *batch, size_t column, enum ss_element *element) {
    unsigned elements = ~0U;
    size_t width = ss_number_shape(cell(batch, 0, column), &elements);
    for (size_t row = 1; width && row < batch->rows; row++) {
        if (ss_number_shape(cell(batch, row, column), &elements) != width) {
            return 0;
        }
    }
    *element = choose_element(elements);
    return *element ? width : 0;
}

static void write_column(struct ss_buffer *out, const struct ss_batch *batch, size_t column) {
    enum ss_element element = 0;
    size_t width = column_width(batch, column, &element);
    if (width) {
        ss_pack_ext_head(out, (int8_t)element, batch->rows * width * ss_element_size((int8_t)element));
    } else {
        ss_pack_array(out, batch->rows);
    }
    for (size_t row = 0; row < batch->rows; row++) {
        struct ss_slice value = cell(batch, row, column);
        if (width) {
            ss_put_elements(out, element, value);
        } else {
            ss_buffer_append(out, value.data, value.len);
        }
    }
}

void ss_columns_write(struct ss_buffer *out, const struct ss_batch *batch) {
    ss_pack_map(out, batch->columns);
    for (size_t column = 0; column < batch->columns; column++) {
        ss_pack_str(out, batch->names[column]);
        write_column(out, batch, column);
    }
}

// A number of one byte becomes an element of eight where another row needs it.
size_t ss_columns_bound(const struct ss_batch *batch) {
    size_t bound = 64 + batch->rows * (sizeof(struct ss_uuid) + sizeof(struct ss_stamp));
    for (size_t i = 0; i < batch->rows * batch->columns; i++) {
        unsigned elements = ~0U;
        size_t typed = ss_number_shape(batch->values[i], &elements) * sizeof(double);
        bound += typed > batch->values[i].len ? typed : batch->values[i].len;
    }
    for (size_t i = 0; i < batch->columns; i++) {
        bound += batch->names[i].len + 16;
    }
    return bound;
}

// ---- Columns → rows ---------------------------------------------------------------------------------------------------------------------

struct column {
    struct ss_slice name;
    struct ss_slice bytes;
};

static int compare_columns(const void *a, const void *b) {
    return ss_slice_compare(((const struct column *)a)->name, ((const struct column *)b)->name);
}

static int list_columns(struct ss_codec *codec, struct ss_slice bytes, struct column **columns, size_t *count) {
    struct ss_reader reader = ss_reader_of(bytes);
    struct ss_item head;
    if (!ss_read(&reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "columns: expected a map");
    }
    if (head.count > SS_MAX_FIELDS) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "columns: at most %d fields", SS_MAX_FIELDS);
    }
    *count = head.count;
    *columns = ss_codec_take(codec, *count, sizeof **columns);
    if (!*columns) {
        return SS_WIRE_MEMORY;
    }
    for (size_t i = 0; i < *count; i++) {
        int error = ss_codec_name(codec, &reader, &(*columns)[i].name);
        if (error) {
            return error;
        }
        ss_skip(&reader, &(*columns)[i].bytes); // the map was skipped over once, so it is whole
    }
    qsort(*columns, *count, sizeof **columns, compare_columns);
    return SS_WIRE_OK;
}

struct rows {
    struct ss_codec *codec;
    size_t rows;
    size_t stride; // slices from one row to the next
    struct ss_slice *values;
};

// Canonical form of one row of a typed array, at most 9 bytes a number.
static int read_typed_rows(const struct rows *rows, const struct ss_item *item, size_t width) {
    size_t size = ss_element_size(item->ext), most = 5 + 9 * width;
    const uint8_t *at = item->bytes.data;
    for (size_t row = 0; row < rows->rows; row++) {
        uint8_t *room = ss_arena_room(&rows->codec->arena, most);
        if (!room) {
            return ss_codec_fail(rows->codec, SS_WIRE_MEMORY, "too large for one message; send less at once");
        }
        struct ss_buffer out = {.data = room, .capacity = most, .max = most};
        if (width > 1) {
            ss_pack_array(&out, width);
        }
        for (size_t i = 0; i < width; i++, at += size) {
            ss_pack_element(&out, (enum ss_element)item->ext, at);
        }
        if (out.len > SS_MAX_VALUE) {
            return ss_codec_fail(rows->codec, SS_WIRE_LIMIT, "a value has at most %d bytes; send an array or a blob", SS_MAX_VALUE);
        }
        rows->values[row * rows->stride] = ss_buffer_slice(&out);
        ss_arena_keep(&rows->codec->arena, out.len);
    }
    return SS_WIRE_OK;
}

static int read_typed(const struct rows *rows, const struct ss_item *item) {
    size_t row_size = ss_element_size(item->ext) * rows->rows;
    if (row_size == 0 || item->bytes.len % row_size != 0 || item->bytes.len == 0) {
        return ss_codec_fail(rows->codec, SS_WIRE_MALFORMED, "expected a typed array of %zu rows, not %zu bytes of ext %d", rows->rows,
                             item->bytes.len, item->ext);
    }
    return read_typed_rows(rows, item, item->bytes.len / row_size);
}

static int read_column(const struct rows *rows, struct ss_slice bytes) {
    struct ss_reader reader = ss_reader_of(bytes);
    struct ss_item item;
    ss_read(&reader, &item);
    if (item.type == SS_ITEM_EXT) {
        return read_typed(rows, &item);
    }
    if (item.type != SS_ITEM_ARRAY || item.count != rows->rows) {
        return ss_codec_fail(rows->codec, SS_WIRE_MALFORMED, "expected a typed array or a list of %zu values, one per id", rows->rows);
    }
    int error = SS_WIRE_OK;
    for (size_t row = 0; !error && row < rows->rows; row++) {
        error = ss_codec_value(rows->codec, &reader, &rows->values[row * rows->stride]);
    }
    return error;
}

static int read_columns(struct ss_codec *codec, const struct column *columns, struct ss_batch *batch) {
    struct ss_slice *names = ss_codec_take(codec, batch->columns, sizeof *names);
    struct ss_slice *values = ss_codec_take(codec, batch->rows * batch->columns, sizeof *values);
    if (!names || !values) {
        return SS_WIRE_MEMORY;
    }
    batch->names = names;
    batch->values = values;
    int error = SS_WIRE_OK;
    for (size_t i = 0; !error && i < batch->columns; i++) {
        names[i] = columns[i].name;
        bool twice = i > 0 && ss_slice_equal(names[i], names[i - 1]);
        struct rows rows = {codec, batch->rows, batch->columns, values + i};
        error = twice ? ss_codec_fail(codec, SS_WIRE_MALFORMED, "given twice") : read_column(&rows, columns[i].bytes);
        error = error ? ss_codec_within(codec, error, names[i]) : SS_WIRE_OK;
    }
    return error;
}

// Each column has at least a byte per row, so rows × columns is never more than the bytes that were sent.
int ss_columns_read(struct ss_codec *codec, struct ss_list ids, struct ss_slice columns, struct ss_batch *batch) {
    struct column *list = NULL;
    if (ids.count == 0) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "ids: expected at least one");
    }
    batch->rows = ids.count;
    batch->ids = ids.items;
    int error = list_columns(codec, columns, &list, &batch->columns);
    if (!error && batch->columns > 0 && columns.len / batch->columns < batch->rows) {
        error = ss_codec_fail(codec, SS_WIRE_MALFORMED, "columns: expected %zu rows in each", batch->rows);
    }
    return error ? error : read_columns(codec, list, batch);
}
