// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <string.h>

#include "wire/columns.h"
#include "wire/map.h"
#include "wire/messages.h"
#include "wire/pack.h"

struct record {
    struct ss_batch batch;
    bool has_from;
    struct ss_origin from;
    struct ss_slice raw_columns;
    struct ss_list ids;
    struct ss_stamp stamp;
    struct ss_list stamps; // one per row; empty: all have `stamp`
};

static void write_columns(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    ss_columns_write(out, &((const struct record *)field)->batch);
}

static int read_columns(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    return SS_RAW.read(codec, reader, &((struct record *)field)->raw_columns, key);
}

static const struct ss_key_type columns_type = {write_columns, read_columns, NULL};

#define AT(field) offsetof(struct record, field)
static const struct ss_key keys[] = {
    {SS_MUST("columns", columns_type, 0)},    {SS_MAY("from", SS_BYTES, AT(from)), .size = 8, .present = AT(has_from)},
    {SS_MUST("ids", SS_UUIDS, AT(ids))},      {SS_MUST("stamp", SS_BYTES, AT(stamp)), .size = 16},
    {SS_MAY("stamps", SS_UUIDS, AT(stamps))}, {SS_MUST("v", SS_VERSION, 0)},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct record);

struct encoder {
    struct ss_codec *codec;
    struct ss_origin from;
    const struct ss_stamp *stamps;
    ss_emit *emit;
    void *context;
};

static void set_stamps(struct record *record, const struct ss_stamp *stamps) {
    bool same = true;
    record->stamp = stamps[0];
    for (size_t i = 1; i < record->batch.rows; i++) {
        int order = memcmp(stamps[i].b, record->stamp.b, sizeof record->stamp.b);
        same = same && order == 0;
        record->stamp = order > 0 ? stamps[i] : record->stamp;
    }
    if (!same) {
        record->stamps = (struct ss_list){record->batch.rows, stamps};
    }
}

static int encode_piece(void *context, const struct ss_batch *piece, size_t first_row) {
    const struct encoder *encoder = context;
    struct ss_buffer *out = &encoder->codec->sealed;
    static const struct ss_origin nobody;
    struct record record = {.from = encoder->from, .batch = *piece};
    record.has_from = !ss_origin_equal(&encoder->from, &nobody);
    record.ids = (struct ss_list){piece->rows, piece->ids};
    set_stamps(&record, encoder->stamps + first_row);
    ss_buffer_clear(out);
    int error = ss_payload_write(encoder->codec, &map, &record, -1, out);
    return error ? error : encoder->emit(encoder->context, ss_buffer_slice(out));
}

int ss_live_encode(struct ss_codec *codec, const struct ss_origin *from, const struct ss_batch *batch, const struct ss_stamp *stamps,
                   ss_emit *emit, void *context) {
    struct encoder encoder = {codec, *from, stamps, emit, context};
    return ss_columns_split(codec, batch, SS_MAX_MESSAGE - 256, encode_piece, &encoder);
}

static const struct ss_stamp *row_stamps(struct ss_codec *codec, const struct record *record, size_t rows) {
    if (record->stamps.count > 0) {
        return record->stamps.items;
    }
    struct ss_stamp *stamps = ss_codec_take(codec, rows, sizeof *stamps);
    for (size_t i = 0; stamps && i < rows; i++) {
        stamps[i] = record->stamp;
    }
    return stamps;
}

int ss_live_decode(struct ss_codec *codec, struct ss_slice kind, struct ss_slice payload, struct ss_ev_live *live) {
    struct record record = {0};
    *live = (struct ss_ev_live){.batch.kind = kind};
    int error = ss_payload_read(codec, payload, &map, &record);
    error = error ? error : ss_columns_read(codec, record.ids, record.raw_columns, &live->batch);
    if (!error && record.stamps.count > 0 && record.stamps.count != record.ids.count) {
        error = ss_codec_fail(codec, SS_WIRE_MALFORMED, "stamps: expected as many as ids");
    }
    if (error) {
        return error;
    }
    live->from = record.from;
    live->stamps = row_stamps(codec, &record, live->batch.rows);
    return live->stamps ? SS_WIRE_OK : SS_WIRE_MEMORY;
}
