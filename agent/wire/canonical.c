// SPDX-License-Identifier: Apache-2.0
#include "wire/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "wire/pack.h"
#include "wire/reader.h"
#include "wire/typed.h"

struct writer {
    struct ss_reader reader;
    struct ss_buffer *out;
    size_t start; // where the value begins in `out`
};

// One pair of a map as it lies in `out`, key and value together.
struct pair {
    struct ss_slice key;
    struct ss_slice bytes;
};

static int write_value(struct writer *writer, unsigned depth);

static int compare_pairs(const void *a, const void *b) {
    return ss_slice_compare(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

// The pairs just written are well-formed, so reading them back cannot fail.
static void list_pairs(struct ss_slice written, size_t count, struct pair *pairs) {
    struct ss_reader reader = ss_reader_of(written);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *start = reader.at;
        struct ss_item key;
        ss_read(&reader, &key);
        ss_skip(&reader, NULL);
        pairs[i] = (struct pair){key.bytes, {start, (size_t)(reader.at - start)}};
    }
}

static int sort_pairs(struct ss_buffer *out, size_t start, size_t count) {
    size_t len = out->len - start;
    struct pair *pairs = calloc(count, sizeof *pairs);
    uint8_t *copy = malloc(len);
    int error = pairs && copy ? SS_WIRE_OK : SS_WIRE_MEMORY;
    if (!error) {
        memcpy(copy, out->data + start, len);
        list_pairs((struct ss_slice){copy, len}, count, pairs);
        qsort(pairs, count, sizeof *pairs, compare_pairs);
        out->len = start;
        for (size_t i = 0; i < count; i++) {
            error = i > 0 && ss_slice_equal(pairs[i].key, pairs[i - 1].key) ? SS_WIRE_MALFORMED : error;
            ss_buffer_append(out, pairs[i].bytes.data, pairs[i].bytes.len);
        }
    }
    free(pairs);
    free(copy);
    return error;
}

// Most maps arrive sorted, and then nothing is moved.
static int write_map(struct writer *writer, size_t count, unsigned depth) {
    ss_pack_map(writer->out, count);
    size_t start = writer->out->len;
    struct ss_slice last = {0};
    bool sorted = true;
    for (size_t i = 0; i < count; i++) {
        struct ss_item key;
        if (!ss_read(&writer->reader, &key) || key.type != SS_ITEM_STR || !ss_is_utf8(key.bytes)) {
            return SS_WIRE_MALFORMED;
        }
        sorted = sorted && (i == 0 || ss_slice_compare(last, key.bytes) < 0);
        last = key.bytes;
        ss_pack_str(writer->out, key.bytes);
        int error = write_value(writer, depth);
        if (error) {
            return error;
        }
    }
    return sorted || writer->out->failed ? SS_WIRE_OK : sort_pairs(writer->out, start, count);
}

static int write_array(struct writer *writer, size_t count, unsigned depth) {
    ss_pack_array(writer->out, count);
    for (size_t i = 0; i < count; i++) {
        int error = write_value(writer, depth);
        if (error) {
            return error;
        }
    }
    return SS_WIRE_OK;
}

static int write_bytes(struct ss_buffer *out, const struct ss_item *item) {
    if (item->type == SS_ITEM_STR) {
        ss_pack_str(out, item->bytes);
        return ss_is_utf8(item->bytes) ? SS_WIRE_OK : SS_WIRE_MALFORMED;
    }
    if (item->type == SS_ITEM_BIN) {
        ss_pack_bin(out, item->bytes.data, item->bytes.len);
        return SS_WIRE_OK;
    }
    size_t element = ss_element_size(item->ext);
    if (element && item->bytes.len % element != 0) {
        return SS_WIRE_MALFORMED;
    }
    ss_pack_ext_head(out, item->ext, item->bytes.len);
    ss_buffer_append(out, item->bytes.data, item->bytes.len);
    return SS_WIRE_OK;
}

static int write_item(struct writer *writer, const struct ss_item *item, unsigned depth) {
    struct ss_buffer *out = writer->out;
    switch (item->type) {
    case SS_ITEM_NIL: ss_pack_nil(out); return SS_WIRE_OK;
    case SS_ITEM_BOOL: ss_pack_bool(out, item->boolean); return SS_WIRE_OK;
    case SS_ITEM_UINT: ss_pack_uint(out, item->uint); return SS_WIRE_OK;
    case SS_ITEM_INT: ss_pack_int(out, item->sint); return SS_WIRE_OK;
    case SS_ITEM_F32: ss_pack_f32(out, item->f32); return SS_WIRE_OK;
    case SS_ITEM_F64: ss_pack_f64(out, item->f64); return SS_WIRE_OK;
    case SS_ITEM_ARRAY: return depth == SS_MAX_DEPTH ? SS_WIRE_LIMIT : write_array(writer, item->count, depth + 1);
    case SS_ITEM_MAP: return depth == SS_MAX_DEPTH ? SS_WIRE_LIMIT : write_map(writer, item->count, depth + 1);
    default: return write_bytes(out, item);
    }
}

static int write_value(struct writer *writer, unsigned depth) {
    struct ss_item item;
    if (!ss_read(&writer->reader, &item)) {
        return SS_WIRE_MALFORMED;
    }
    int error = write_item(writer, &item, depth);
    if (!error && writer->out->len - writer->start > SS_MAX_VALUE) {
        return SS_WIRE_LIMIT;
    }
    return !error && writer->out->failed ? SS_WIRE_MEMORY : error;
}

int ss_canonical(struct ss_slice value, struct ss_buffer *out, size_t *used) {
    struct writer writer = {ss_reader_of(value), out, out->len};
    int error = write_value(&writer, 0);
    if (!error && !used && writer.reader.at != writer.reader.end) {
        error = SS_WIRE_MALFORMED;
    }
    if (error) {
        out->len = writer.start;
    } else if (used) {
        *used = (size_t)(writer.reader.at - value.data);
    }
    return error;
}
