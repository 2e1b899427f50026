// SPDX-License-Identifier: Apache-2.0
#include "wire/codec_state.h"
#include "wire/messages.h"

struct ss_slice ss_online_encode(bool online) {
    static const uint8_t text[] = {'0', '1'};
    return (struct ss_slice){text + online, 1};
}

int ss_online_decode(struct ss_codec *codec, struct ss_slice payload, bool *online) {
    *online = payload.len == 1 && payload.data[0] == '1';
    bool offline = payload.len == 1 && payload.data[0] == '0';
    return *online || offline ? SS_WIRE_OK : ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected the one character 1 or 0");
}
