// SPDX-License-Identifier: Apache-2.0
// The reader of what anybody may send to the bridge: the input is KIND, a NUL, the payload. What is refused says why.
#include <stdlib.h>
#include <string.h>

#include "bridge/update_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, 0, size);
    if (!end || end - data > 32) {
        return 0;
    }
    struct ss_slice payload = {end + 1, size - (size_t)(end + 1 - data)};
    struct ss_update_read update;
    struct ss_update_wrong wrong = {0};
    if (ss_update_read((const char *)data, payload, &update, &wrong)) {
        must(update.fields.count > 0 && update.fields.count <= SS_UPDATE_FIELDS);
    } else {
        must(wrong.error && *wrong.text);
    }
    ss_update_read_finish(&update);
    return 0;
}
