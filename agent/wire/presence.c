// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/map.h"
#include "wire/messages.h"

struct record {
    struct ss_slice fields;
};

static const struct ss_key keys[] = {
    {SS_MUST("fields", SS_VALUE, offsetof(struct record, fields))},
    {SS_MUST("v", SS_VERSION, 0)},
};
static const struct ss_map map = SS_MAP(keys, struct record);

int ss_presence_encode(struct ss_codec *codec, struct ss_slice fields, struct ss_buffer *out) {
    struct record record = {fields};
    return ss_payload_write(codec, &map, &record, 1, out);
}

int ss_presence_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_slice *fields) {
    struct record record = {0};
    int error = ss_payload_read(codec, payload, &map, &record);
    *fields = record.fields;
    return error;
}
