// SPDX-License-Identifier: Apache-2.0
// The inside of a codec and what all encoders and decoders share. Only wire/ includes this.
#ifndef SS_WIRE_CODEC_STATE_H
#define SS_WIRE_CODEC_STATE_H

#include "wire/arena.h"
#include "wire/codec.h"
#include "wire/reader.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

enum {
    SS_CODEC_ARENA = 256 * 1024 * 1024, // bytes for one decoded message: a frame of 16 MiB whose values are all slices of their own
    SS_CODEC_COMPRESS_FROM = 512,       // bytes from which compression is tried …
    SS_CODEC_SAMPLE = 8 * 1024,         // … on so many of them first, when there are four times as many
    SS_CODEC_PROBLEM = 512,
};

struct ss_codec {
    struct ss_arena arena;
    struct ss_buffer plain;  // a payload before compression or after decompression
    struct ss_buffer sealed; // one of several payloads that are made of one thing
    struct ZSTD_CCtx_s *compressor;
    struct ZSTD_DCtx_s *decompressor;
    char problem[SS_CODEC_PROBLEM];
};

// ss_codec_begin forgets the last message.
void ss_codec_begin(struct ss_codec *codec);

// ss_codec_fail notes what was wrong and returns `error`.
__attribute__((format(printf, 3, 4))) int ss_codec_fail(struct ss_codec *codec, int error, const char *format, ...);

// ss_codec_within puts "where: " before the problem noted and returns `error`.
int ss_codec_within(struct ss_codec *codec, int error, struct ss_slice where);

// ss_codec_take returns zeroed memory that lives as long as the decoded message. Errors: NULL, with the problem noted.
void *ss_codec_take(struct ss_codec *codec, size_t count, size_t size);

// ss_codec_value reads one value and copies its canonical form to the codec's memory.
int ss_codec_value(struct ss_codec *codec, struct ss_reader *reader, struct ss_slice *value);

// ss_codec_name reads a field name.
int ss_codec_name(struct ss_codec *codec, struct ss_reader *reader, struct ss_slice *name);

// ss_codec_open gives the plain bytes of a payload; ss_codec_seal appends codec->plain to `out`, compressed when that helps.
int ss_codec_open(struct ss_codec *codec, struct ss_slice payload, struct ss_slice *plain);
int ss_codec_seal(struct ss_codec *codec, int level, struct ss_buffer *out);

#endif
