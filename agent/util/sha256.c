// SPDX-License-Identifier: Apache-2.0
#include "util/sha256.h"

#include <assert.h>
#include <openssl/evp.h>

static EVP_MD_CTX *ss_context(struct ss_sha256_state *state) { return (EVP_MD_CTX *)state; }

// The algorithm is looked up here once, so that begin, add and end allocate nothing and cannot fail.
struct ss_sha256_state *ss_sha256_create(void) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_DigestInit_ex2(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return (struct ss_sha256_state *)context;
}

void ss_sha256_destroy(struct ss_sha256_state *state) { EVP_MD_CTX_free(ss_context(state)); }

void ss_sha256_begin(struct ss_sha256_state *state) {
    int good = EVP_DigestInit_ex2(ss_context(state), NULL, NULL);
    assert(good == 1);
    (void)good;
}

void ss_sha256_add(struct ss_sha256_state *state, const void *data, size_t len) {
    int good = EVP_DigestUpdate(ss_context(state), data, len);
    assert(good == 1);
    (void)good;
}

void ss_sha256_end(struct ss_sha256_state *state, struct ss_sha256 *result) {
    unsigned len = sizeof result->b;
    int good = EVP_DigestFinal_ex(ss_context(state), result->b, &len);
    assert(good == 1 && len == sizeof result->b);
    (void)good;
}
