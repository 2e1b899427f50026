// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/canonical.h"
#include "wire/entity.h"
#include "wire/messages.h"
#include "wire/snapshot.h"

#define AT(field) offsetof(struct ss_entity_record, field)
static const struct ss_key entity_keys[] = {
    {SS_MUST("fields", SS_FIELDS, 0)},
    {SS_MUST("id", SS_BYTES, AT(uuid)), .size = sizeof(struct ss_uuid)},
    {SS_MUST("kind", SS_TEXT, AT(kind)), .size = SS_MAX_KIND},
    {SS_MUST("stamp", SS_BYTES, AT(stamp)), .size = sizeof(struct ss_stamp)},
    {SS_MAY("stamps", SS_STAMPS, 0)},
    {SS_MAY("touched", SS_VECTOR, AT(touched))},
};
#undef AT
static const struct ss_map entity_map = SS_MAP(entity_keys, struct ss_entity_record);

struct record {
    uint64_t call;
    struct ss_origin from;
    uint64_t part;
    bool last;
    struct ss_slice error;
    struct ss_slice text;
    struct ss_slice scene;
    size_t count;
    const struct ss_entity_record *records;
    struct ss_vector vector;
    bool has_blob;
    struct ss_blob_name blob;
};

#define AT(field) offsetof(struct record, field)
static const struct ss_key keys[] = {
    {SS_MAY("blob", SS_NESTED, AT(blob)), .details = &ss_blob_map, .present = AT(has_blob)},
    {SS_MUST("call", SS_UINT, AT(call))},
    {SS_MAY("entities", SS_LIST, AT(count)), .details = &entity_map},
    {SS_MAY("error", SS_TEXT, AT(error)), .size = 64},
    {SS_MUST("from", SS_BYTES, AT(from)), .size = sizeof(struct ss_origin)},
    {SS_MUST("last", SS_BOOL, AT(last))},
    {SS_MUST("part", SS_UINT, AT(part))},
    {SS_MAY("scene", SS_TEXT, AT(scene)), .size = 64},
    {SS_MAY("text", SS_TEXT, AT(text)), .size = 1024},
    {SS_MUST("v", SS_VERSION, 0)},
    {SS_MAY("vector", SS_VECTOR, AT(vector))},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct record);

static int make_records(struct ss_codec *codec, const struct ss_ev_sync_reply *sync, struct record *record) {
    struct ss_entity_record *records = ss_codec_take(codec, sync->entity_count, sizeof *records);
    if (!records) {
        return SS_WIRE_MEMORY;
    }
    for (size_t i = 0; i < sync->entity_count; i++) {
        records[i] = ss_record_of(&sync->entities[i]);
        records[i].touched = sync->touched[i];
    }
    record->count = sync->entity_count;
    record->records = records;
    return SS_WIRE_OK;
}

int ss_reply_encode(struct ss_codec *codec, const struct ss_reply *reply, struct ss_buffer *out) {
    const struct ss_ev_sync_reply *sync = &reply->sync;
    struct record record = {.call = sync->call,
                            .from = sync->from,
                            .part = sync->part,
                            .last = sync->last,
                            .error = reply->error,
                            .text = reply->text,
                            .scene = reply->scene,
                            .vector = sync->vector,
                            .has_blob = sync->blob.size > 0,
                            .blob = sync->blob};
    ss_codec_begin(codec);
    int error = make_records(codec, sync, &record);
    if (error) {
        return error;
    }
    ss_map_write(&codec->plain, &map, &record);
    return ss_codec_seal(codec, 1, out);
}

static int read_record(struct ss_codec *codec, const struct ss_entity_record *record, struct ss_entity *entity) {
    if (!ss_is_kind(record->kind)) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "kind: expected 1 to %d of a-z, 0-9 and _", SS_MAX_KIND);
    }
    return ss_record_entity(codec, record, entity);
}

static int read_records(struct ss_codec *codec, const struct record *record, struct ss_ev_sync_reply *sync) {
    struct ss_entity *entities = ss_codec_take(codec, record->count, sizeof *entities);
    struct ss_vector *touched = ss_codec_take(codec, record->count, sizeof *touched);
    if (!entities || !touched) {
        return SS_WIRE_MEMORY;
    }
    for (size_t i = 0; i < record->count; i++) {
        int error = read_record(codec, &record->records[i], &entities[i]);
        if (error) {
            return error;
        }
        touched[i] = record->records[i].touched;
    }
    sync->entity_count = record->count;
    sync->entities = entities;
    sync->touched = touched;
    return SS_WIRE_OK;
}

int ss_reply_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_reply *reply) {
    struct record record = {0};
    *reply = (struct ss_reply){0};
    int error = ss_payload_read(codec, payload, &map, &record);
    if (!error && record.part > UINT32_MAX) {
        error = ss_codec_fail(codec, SS_WIRE_LIMIT, "part: at most %u", UINT32_MAX);
    }
    if (error) {
        return error;
    }
    reply->sync = (struct ss_ev_sync_reply){.from = record.from,
                                            .call = record.call,
                                            .part = (uint32_t)record.part,
                                            .last = record.last,
                                            .vector = record.vector,
                                            .blob = record.blob};
    reply->error = record.error;
    reply->text = record.text;
    reply->scene = record.scene;
    return read_records(codec, &record, &reply->sync);
}
