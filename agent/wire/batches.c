// SPDX-License-Identifier: Apache-2.0
// The `batches` of edits and changes.
#include <stddef.h>

#include "wire/canonical.h"
#include "wire/columns.h"
#include "wire/frame.h"
#include "wire/pack.h"

struct record {
    struct ss_slice columns;
    struct ss_list ids;
    struct ss_slice kind;
};

#define AT(field) offsetof(struct record, field)
static const struct ss_key keys[] = {
    {SS_MUST("columns", SS_RAW, AT(columns))},
    {SS_MUST("ids", SS_UUIDS, AT(ids))},
    {SS_MUST("kind", SS_TEXT, AT(kind)), .size = SS_MAX_KIND},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct record);
static const struct ss_key records_key = {.name = "batches", .details = &map};

static void write_batches(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_list *list = field;
    const struct ss_batch *batches = list->items;
    ss_pack_array(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ss_pack_map(out, 3);
        ss_pack_text(out, "columns");
        ss_columns_write(out, &batches[i]);
        ss_pack_text(out, "ids");
        ss_pack_bin(out, batches[i].ids, batches[i].rows * sizeof *batches[i].ids);
        ss_pack_text(out, "kind");
        ss_pack_str(out, batches[i].kind);
    }
}

static int read_batch(struct ss_codec *codec, const struct record *record, struct ss_batch *batch) {
    if (!ss_is_kind(record->kind)) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "kind: expected 1 to %d of a-z, 0-9 and _", SS_MAX_KIND);
    }
    batch->kind = record->kind;
    int error = ss_columns_read(codec, record->ids, record->columns, batch);
    return error ? ss_codec_within(codec, error, record->kind) : SS_WIRE_OK;
}

static int read_batches(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_list list = {0};
    int error = SS_LIST.read(codec, reader, &list, &records_key);
    struct ss_batch *batches = error ? NULL : ss_codec_take(codec, list.count, sizeof *batches);
    if (!batches) {
        return error ? error : SS_WIRE_MEMORY;
    }
    for (size_t i = 0; !error && i < list.count; i++) {
        error = read_batch(codec, (const struct record *)list.items + i, &batches[i]);
    }
    *(struct ss_list *)field = (struct ss_list){list.count, batches};
    return error;
}

const struct ss_key_type SS_BATCHES = {write_batches, read_batches, NULL};
