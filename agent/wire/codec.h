// SPDX-License-Identifier: Apache-2.0
// What every encoder and decoder of this folder works with: memory for one decoded message, compression, and the reason of a refusal.
//
// Rules for the whole folder:
// - A decoder fills a struct whose slices live in the payload or in the codec, until the codec decodes again: keep the payload meanwhile.
// - An encoder appends to the caller's buffer; when it fails the buffer has its former length.
// - Functions return SS_WIRE_OK or one of the errors below; ss_codec_problem then says what was wrong and where.
// - Every length, depth and count is checked against the bytes that are really there before anything is allocated for it.
#ifndef SS_WIRE_CODEC_H
#define SS_WIRE_CODEC_H

#include "util/buffer.h"
#include "util/types.h"

// code, value, word for counting (`refused.error`), text
#define SS_WIRE_ERRORS(X)                                                               \
    X(SS_WIRE_OK, 0, "ok", "no error")                                                  \
    X(SS_WIRE_MEMORY, -1, "memory", "memory was denied")                                \
    X(SS_WIRE_MALFORMED, -2, "malformed", "the message is not what this place expects") \
    X(SS_WIRE_LIMIT, -3, "limit", "one of the fixed limits of v1 is exceeded")          \
    X(SS_WIRE_VERSION, -4, "version", "the message is of a version other than 1")       \
    X(SS_WIRE_COMPRESSION, -5, "compression", "the compressed message cannot be unpacked")

enum ss_wire_error {
#define X(code, value, word, text) code = value,
    SS_WIRE_ERRORS(X)
#undef X
};

enum {
    SS_WIRE_PLAIN_MAX = 4 * 1024 * 1024, // bytes that a compressed MQTT payload may unpack to
};

struct ss_codec;

// ss_codec_create returns NULL when memory is denied. A codec is used by one thread and by one message at a time. It is freed by
// ss_codec_destroy, which accepts NULL.
struct ss_codec *ss_codec_create(void);
void ss_codec_destroy(struct ss_codec *codec);

// ss_codec_problem says what, where and why of the last error, for the log and for `refused.text`. Valid until the next call.
const char *ss_codec_problem(const struct ss_codec *codec);

// ss_wire_cause is the word under which an error is counted: malformed, limit, …
const char *ss_wire_cause(int error);

#endif
