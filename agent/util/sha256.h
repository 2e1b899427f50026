// SPDX-License-Identifier: Apache-2.0
// SHA-256 of pieces, for digests that every copy must agree on.
#ifndef SS_UTIL_SHA256_H
#define SS_UTIL_SHA256_H

#include "util/types.h"

struct ss_sha256_state; // OpenSSL's

// ss_sha256_create returns a state that can be used again and again. Errors: NULL when memory is denied. Freed by ss_sha256_destroy.
struct ss_sha256_state *ss_sha256_create(void);
void ss_sha256_destroy(struct ss_sha256_state *state);

void ss_sha256_begin(struct ss_sha256_state *state);
void ss_sha256_add(struct ss_sha256_state *state, const void *data, size_t len);
void ss_sha256_end(struct ss_sha256_state *state, struct ss_sha256 *result);

#endif
