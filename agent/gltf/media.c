// SPDX-License-Identifier: Apache-2.0
#include "gltf/media.h"

#include <string.h>

const char *ss_media_type(const uint8_t *data, size_t size) {
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[3] = {0xff, 0xd8, 0xff};
    if (size > sizeof png && memcmp(data, png, sizeof png) == 0) {
        return "image/png";
    }
    return size > sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0 ? "image/jpeg" : NULL;
}
