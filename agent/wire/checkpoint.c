// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/messages.h"
#include "wire/snapshot.h"

#define AT(field) offsetof(struct ss_blob_name, field)
static const struct ss_key blob_keys[] = {
    {SS_MUST("sha256", SS_BYTES, AT(sha256)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("size", SS_UINT, AT(size))},
};
#undef AT
const struct ss_map ss_blob_map = SS_MAP(blob_keys, struct ss_blob_name);

#define AT(field) offsetof(struct ss_ev_checkpoint, field)
static const struct ss_key keys[] = {
    {SS_MUST("blob", SS_NESTED, AT(blob)), .details = &ss_blob_map},
    {SS_MUST("from", SS_BYTES, AT(from)), .size = sizeof(struct ss_origin)},
    {SS_MAY("partial", SS_BOOL, AT(partial))},
    {SS_MUST("v", SS_VERSION, 0)},
    {SS_MUST("vector", SS_VECTOR_KEPT, AT(vector))},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct ss_ev_checkpoint);

int ss_checkpoint_encode(struct ss_codec *codec, const struct ss_ev_checkpoint *checkpoint, struct ss_buffer *out) {
    return ss_payload_write(codec, &map, checkpoint, 1, out);
}

int ss_checkpoint_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_ev_checkpoint *checkpoint) {
    *checkpoint = (struct ss_ev_checkpoint){0};
    return ss_payload_read(codec, payload, &map, checkpoint);
}
