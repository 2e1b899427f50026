// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/map.h"
#include "wire/messages.h"
#include "wire/pack.h"
#include "wire/topics.h"

enum { BUCKETS_SIZE = SS_BUCKETS * SS_BUCKET_SIZE };

static void write_buckets(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_slice *buckets = field;
    ss_pack_bin(out, buckets->data, buckets->len);
}

static int read_buckets(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item item;
    if (!ss_read(reader, &item) || item.type != SS_ITEM_BIN || item.bytes.len != BUCKETS_SIZE) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected bin of %d bytes", BUCKETS_SIZE);
    }
    *(struct ss_slice *)field = item.bytes;
    return SS_WIRE_OK;
}

static bool no_buckets(const void *field) { return ((const struct ss_slice *)field)->len == 0; }

static const struct ss_key_type buckets_type = {write_buckets, read_buckets, no_buckets};

#define AT(field) offsetof(struct ss_call, field)
static const struct ss_key keys[] = {
    {SS_MAY("blobs", SS_BOOL, AT(blobs))},
    {SS_MAY("buckets", buckets_type, AT(buckets))},
    {SS_MUST("call", SS_UINT, AT(call))},
    {SS_MUST("from", SS_BYTES, AT(from)), .size = sizeof(struct ss_origin)},
    {SS_MUST("user", SS_TEXT, AT(user)), .size = SS_MAX_USER},
    {SS_MUST("v", SS_VERSION, 0)},
    {SS_MAY("vector", SS_VECTOR_KEPT, AT(vector))},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct ss_call);

int ss_call_encode(struct ss_codec *codec, const struct ss_call *call, struct ss_buffer *out) {
    return ss_payload_write(codec, &map, call, 1, out);
}

int ss_call_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_call *call) {
    *call = (struct ss_call){0};
    int error = ss_payload_read(codec, payload, &map, call);
    if (!error && !ss_is_user(call->user)) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "user: expected 1 to %d of A-Z, a-z, 0-9, _ and -", SS_MAX_USER);
    }
    return error;
}
