// SPDX-License-Identifier: Apache-2.0
// Which bytes may be text, names and kinds.
#include "core/core.h"
#include "wire/canonical.h"

// RFC 3629: how many bytes a sequence has, and the bounds of its second byte; the others are 80…BF.
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high) {
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool ss_is_utf8(struct ss_slice text) {
    for (size_t i = 0; i < text.len;) {
        uint8_t low, high;
        size_t len = sequence(text.data[i], &low, &high);
        if (len == 0 || len > text.len - i) {
            return false;
        }
        for (size_t k = 1; k < len; k++) {
            uint8_t byte = text.data[i + k];
            if (byte < (k == 1 ? low : 0x80) || byte > (k == 1 ? high : 0xbf)) {
                return false;
            }
        }
        i += len;
    }
    return true;
}

bool ss_is_field_name(struct ss_slice name) {
    if (name.len == 0 || name.len > SS_MAX_NAME) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < 0x20 || name.data[i] == 0x7f) {
            return false;
        }
    }
    return ss_is_utf8(name);
}

bool ss_is_kind(struct ss_slice kind) {
    if (kind.len == 0 || kind.len > SS_MAX_KIND) {
        return false;
    }
    for (size_t i = 0; i < kind.len; i++) {
        uint8_t c = kind.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return true;
}
