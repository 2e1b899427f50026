// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "wire/map.h"
#include "wire/messages.h"

#define AT(field) offsetof(struct ss_peer_message, field)
static const struct ss_key keys[] = {
    {SS_MUST("app", SS_TEXT, AT(app)), .size = 64},
    {SS_MAY("app_version", SS_TEXT, AT(app_version)), .size = 64},
    {SS_MAY("capabilities", SS_TEXTS, AT(capability_count)), .size = 64},
    {SS_MAY("colour", SS_COLOUR, AT(colour)), .present = AT(has_colour)},
    {SS_MAY("digest", SS_BYTES, AT(digest)), .size = sizeof(struct ss_sha256), .present = AT(has_copy)},
    {SS_MAY("entities", SS_UINT, AT(entities)), .present = AT(has_copy)},
    {SS_MAY("keeps", SS_BOOL, AT(keeps))},
    {SS_MAY("missing", SS_BINS, AT(missing_count)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("name", SS_TEXT, AT(name)), .size = 255},
    {SS_MAY("ready", SS_BOOL, AT(ready))},
    {SS_MAY("time", SS_UINT, AT(time_ms)), .present = AT(has_time)},
    {SS_MUST("v", SS_VERSION, 0)},
    {SS_MAY("vector", SS_VECTOR, AT(vector))},
};
#undef AT
static const struct ss_map map = SS_MAP(keys, struct ss_peer_message);

int ss_peer_encode(struct ss_codec *codec, const struct ss_peer_message *message, struct ss_buffer *out) {
    return ss_payload_write(codec, &map, message, 1, out);
}

int ss_peer_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_peer_message *message) {
    *message = (struct ss_peer_message){0};
    return ss_payload_read(codec, payload, &map, message);
}
