// SPDX-License-Identifier: Apache-2.0
// Canonical form of any bytes is final, and is well-formed for util/ too.
#include "again.h"
#include "util/value.h"
#include "wire/canonical.h"

static int again(struct ss_slice in, struct ss_buffer *out) {
    int error = ss_canonical(in, out, NULL);
    must(error || (out->len <= SS_MAX_VALUE && ss_value_well_formed(ss_buffer_slice(out), SS_MAX_DEPTH)));
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_again(data, size, again);
    return 0;
}
