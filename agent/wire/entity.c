// SPDX-License-Identifier: Apache-2.0
#include "wire/entity.h"

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "wire/pack.h"

static bool same_stamp(const struct ss_stamp *a, const struct ss_stamp *b) { return memcmp(a->b, b->b, sizeof a->b) == 0; }

struct ss_entity_record ss_record_of(const struct ss_entity *entity) {
    struct ss_entity_record record = {.kind = entity->kind, .uuid = entity->uuid, .entity = *entity};
    for (size_t i = 0; i < entity->field_count; i++) {
        if (memcmp(entity->fields[i].stamp.b, record.stamp.b, sizeof record.stamp.b) > 0) {
            record.stamp = entity->fields[i].stamp;
        }
    }
    return record;
}

static void write_fields(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_entity *entity = &((const struct ss_entity_record *)field)->entity;
    ss_pack_map(out, entity->field_count);
    for (size_t i = 0; i < entity->field_count; i++) {
        ss_pack_str(out, entity->fields[i].name);
        ss_buffer_append(out, entity->fields[i].value.data, entity->fields[i].value.len);
    }
}

static int read_fields(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    return SS_RAW.read(codec, reader, &((struct ss_entity_record *)field)->raw_fields, key);
}

const struct ss_key_type SS_FIELDS = {write_fields, read_fields, NULL};

static size_t count_stamps(const struct ss_entity_record *record) {
    size_t count = 0;
    for (size_t i = 0; i < record->entity.field_count; i++) {
        count += !same_stamp(&record->entity.fields[i].stamp, &record->stamp);
    }
    return count;
}

static void write_stamps(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_entity_record *record = field;
    ss_pack_map(out, count_stamps(record));
    for (size_t i = 0; i < record->entity.field_count; i++) {
        const struct ss_field *each = &record->entity.fields[i];
        if (!same_stamp(&each->stamp, &record->stamp)) {
            ss_pack_str(out, each->name);
            ss_pack_bin(out, each->stamp.b, sizeof each->stamp.b);
        }
    }
}

static int read_stamps(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    return SS_RAW.read(codec, reader, &((struct ss_entity_record *)field)->raw_stamps, key);
}

static bool no_stamps(const void *field) { return count_stamps(field) == 0; }

const struct ss_key_type SS_STAMPS = {write_stamps, read_stamps, no_stamps};

static int compare_fields(const void *a, const void *b) {
    return ss_slice_compare(((const struct ss_field *)a)->name, ((const struct ss_field *)b)->name);
}

static int read_field(struct ss_codec *codec, struct ss_reader *reader, struct ss_field *field) {
    int error = ss_codec_name(codec, reader, &field->name);
    if (error) {
        return error;
    }
    error = ss_codec_value(codec, reader, &field->value);
    return error ? ss_codec_within(codec, error, field->name) : SS_WIRE_OK;
}

// Most senders sort; then this is one pass.
static int sort_fields(struct ss_codec *codec, struct ss_field *fields, size_t count) {
    bool sorted = true;
    for (size_t i = 1; sorted && i < count; i++) {
        sorted = compare_fields(&fields[i - 1], &fields[i]) < 0;
    }
    if (sorted) {
        return SS_WIRE_OK;
    }
    qsort(fields, count, sizeof *fields, compare_fields);
    for (size_t i = 1; i < count; i++) {
        if (compare_fields(&fields[i - 1], &fields[i]) == 0) {
            return ss_codec_within(codec, ss_codec_fail(codec, SS_WIRE_MALFORMED, "given twice"), fields[i].name);
        }
    }
    return SS_WIRE_OK;
}

static int apply_stamps(struct ss_codec *codec, struct ss_slice stamps, struct ss_field *fields, size_t count) {
    struct ss_reader reader = ss_reader_of(stamps);
    struct ss_item head, name, stamp;
    if (!ss_read(&reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "stamps: expected a map");
    }
    for (size_t i = 0; i < head.count; i++) {
        bool ok = ss_read(&reader, &name) && name.type == SS_ITEM_STR && ss_read(&reader, &stamp) && stamp.type == SS_ITEM_BIN;
        if (!ok || stamp.bytes.len != sizeof fields->stamp.b) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "stamps: expected bin of 16 bytes for each name");
        }
        struct ss_field wanted = {.name = name.bytes};
        struct ss_field *field = count ? bsearch(&wanted, fields, count, sizeof *fields, compare_fields) : NULL;
        if (field) {
            memcpy(field->stamp.b, stamp.bytes.data, sizeof field->stamp.b);
        }
    }
    return SS_WIRE_OK;
}

static int list_fields(struct ss_codec *codec, const struct ss_entity_record *record, struct ss_field **fields, size_t *count) {
    struct ss_reader reader = ss_reader_of(record->raw_fields);
    struct ss_item head;
    if (!ss_read(&reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "fields: expected a map");
    }
    if (head.count > SS_MAX_FIELDS) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "fields: at most %d", SS_MAX_FIELDS);
    }
    *count = head.count;
    *fields = ss_codec_take(codec, *count, sizeof **fields);
    int error = *fields ? SS_WIRE_OK : SS_WIRE_MEMORY;
    for (size_t i = 0; !error && i < *count; i++) {
        (*fields)[i].stamp = record->stamp;
        error = read_field(codec, &reader, &(*fields)[i]);
    }
    return error;
}

int ss_record_entity(struct ss_codec *codec, const struct ss_entity_record *record, struct ss_entity *entity) {
    struct ss_field *fields = NULL;
    size_t count = 0;
    int error = list_fields(codec, record, &fields, &count);
    error = error ? error : sort_fields(codec, fields, count);
    if (!error && record->raw_stamps.len > 0) {
        error = apply_stamps(codec, record->raw_stamps, fields, count);
    }
    *entity = (struct ss_entity){record->kind, record->uuid, count, fields};
    return error;
}
