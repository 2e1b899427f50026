// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/entity.h"
#include "wire/messages.h"

#define AT(field) offsetof(struct ss_entity_record, field)
static const struct ss_key keys[] = {
    {SS_MUST("fields", SS_FIELDS, 0)},
    {SS_MAY("from", SS_BYTES, AT(from)), .size = 8, .present = AT(has_from)},
    {SS_MAY("parts", SS_BOOL, AT(parts))},
    {SS_MAY("seq", SS_UINT, AT(seq)), .present = AT(has_seq)},
    {SS_MUST("stamp", SS_BYTES, AT(stamp)), .size = 16},
    {SS_MAY("stamps", SS_STAMPS, 0)},
    {SS_MUST("v", SS_VERSION, 0)},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct ss_entity_record);

int ss_state_encode(struct ss_codec *codec, const struct ss_state_message *message, struct ss_buffer *out) {
    if (message->entity.field_count > SS_MAX_FIELDS) {
        return ss_codec_fail(codec, SS_WIRE_LIMIT, "fields: at most %d", SS_MAX_FIELDS);
    }
    struct ss_entity_record record = ss_record_of(&message->entity);
    record.has_from = record.has_seq = message->numbered;
    record.from = message->from;
    record.seq = message->seq;
    record.parts = message->parts;
    return ss_payload_write(codec, &map, &record, 1, out);
}

int ss_state_decode(struct ss_codec *codec, struct ss_slice kind, const struct ss_uuid *uuid, struct ss_slice payload,
                    struct ss_state_message *message) {
    struct ss_entity_record record = {.kind = kind, .uuid = *uuid};
    *message = (struct ss_state_message){0};
    int error = ss_payload_read(codec, payload, &map, &record);
    if (!error && (record.has_from != record.has_seq || (record.has_seq && record.seq == 0))) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "from and seq: expected both, seq counting from 1, or neither");
    }
    message->numbered = record.has_seq;
    message->from = record.from;
    message->seq = record.seq;
    message->parts = record.parts;
    return error ? error : ss_record_entity(codec, &record, &message->entity);
}
