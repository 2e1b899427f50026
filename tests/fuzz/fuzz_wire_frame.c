// SPDX-License-Identifier: Apache-2.0
// The input is what comes on a local connection: frames are cut off its start, each only when it is whole.
#include "again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ss_slice rest = ss_slice_of(data, size), body;
    size_t used, none;
    while (ss_frame_next(rest, &body, &used) == SS_WIRE_OK && used > 0) {
        must(used <= rest.len && body.data >= rest.data && body.data + body.len == rest.data + used);
        must(ss_frame_next(ss_slice_of(rest.data, used - 1), &body, &none) == SS_WIRE_OK && none == 0);
        rest = ss_slice_of(rest.data + used, rest.len - used);
    }
    return 0;
}
