// SPDX-License-Identifier: Apache-2.0
// Compression with bounds, frames with lengths, and refusals that say what was wrong.
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "wire/link.h"
#include "wire/messages.h"
#include "wire/pack.h"
#include "wire_util.h"

static const struct ss_uuid uuid = {{1}};

static int decode_state(struct ss_codec *codec, const void *data, size_t len) {
    struct ss_state_message message;
    return ss_state_decode(codec, ss_slice_text("object"), &uuid, (struct ss_slice){data, len}, &message);
}

static void *compress(const void *plain, size_t len, size_t *size) {
    size_t room = ZSTD_compressBound(len);
    void *out = malloc(room);
    *size = ZSTD_compress(out, room, plain, len, 1);
    assert_false(ZSTD_isError(*size));
    return out;
}

static void test_bombs_are_refused(void **state) {
    struct ss_codec *codec = *state;
    size_t len = 64 << 20, size;
    uint8_t *zeros = calloc(1, len);
    void *bomb = compress(zeros, len, &size);
    assert_true(size < SS_MAX_MESSAGE);
    assert_int_equal(decode_state(codec, bomb, size), SS_WIRE_LIMIT);
    free(bomb);
    free(zeros);
}

// A streaming compressor does not say how long its frame is.
static size_t stream(const void *plain, size_t len, void *out, size_t room) {
    ZSTD_CStream *stream = ZSTD_createCStream();
    ZSTD_inBuffer in = {plain, len, 0};
    ZSTD_outBuffer to = {out, room, 0};
    while (in.pos < in.size) {
        assert_false(ZSTD_isError(ZSTD_compressStream2(stream, &to, &in, ZSTD_e_continue)));
    }
    assert_int_equal(ZSTD_compressStream2(stream, &to, &in, ZSTD_e_end), 0);
    ZSTD_freeCStream(stream);
    assert_true(ZSTD_getFrameContentSize(out, to.pos) == ZSTD_CONTENTSIZE_UNKNOWN);
    return to.pos;
}

static void test_streams_are_read_within_bounds(void **state) {
    struct ss_codec *codec = *state;
    static uint8_t zeros[SS_WIRE_PLAIN_MAX + 1], out[65536];
    static const uint8_t plain[] = {0x83, 0xa6, 'f', 'i', 'e', 'l', 'd', 's', 0x80, 0xa5, 's', 't', 'a', 'm', 'p', 0xc4, 16,  0,
                                    0,    0,    0,   0,   0,   0,   0,   0,   0,    0,    0,   0,   0,   0,   1,   0xa1, 'v', 1};
    assert_int_equal(decode_state(codec, plain, sizeof plain), SS_WIRE_OK);
    assert_int_equal(decode_state(codec, out, stream(plain, sizeof plain, out, sizeof out)), SS_WIRE_OK);
    assert_int_equal(decode_state(codec, out, stream(zeros, sizeof zeros, out, sizeof out)), SS_WIRE_COMPRESSION);
}

static void test_damaged_compression_is_refused(void **state) {
    struct ss_codec *codec = *state;
    uint64_t random = 9;
    uint8_t plain[4000] = {0};
    size_t size;
    uint8_t *packed = compress(plain, sizeof plain, &size);
    for (size_t len = 4; len < size; len++) {
        assert_int_equal(decode_state(codec, packed, len), SS_WIRE_COMPRESSION);
    }
    for (int i = 0; i < 1000; i++) {
        packed[4 + random_below(&random, size - 4)] ^= (uint8_t)(1 + random_below(&random, 255));
        assert_int_not_equal(decode_state(codec, packed, size), SS_WIRE_OK); // 4000 zeros are no message, whole or not
    }
    free(packed);
}

static void test_large_states_are_compressed_and_come_back(void **state) {
    struct ss_codec *codec = *state;
    enum { FIELDS = 2000 };
    static char names[FIELDS][32];
    static struct ss_field fields[FIELDS];
    static const uint8_t yes[] = {0xc3};
    for (size_t i = 0; i < FIELDS; i++) {
        snprintf(names[i], sizeof names[i], "nodes/%08zx/select", i);
        fields[i] = (struct ss_field){ss_slice_text(names[i]), {yes, 1}, {{0, 0, 1}}};
    }
    struct ss_state_message message = {
        .entity = {ss_slice_text("material"), uuid, FIELDS, fields}, .numbered = true, .from = {{7}}, .seq = 9, .parts = true};
    struct ss_buffer out;
    ss_buffer_init(&out, SS_MAX_MESSAGE);
    assert_int_equal(ss_state_encode(codec, &message, &out), SS_WIRE_OK);
    assert_true(out.len < FIELDS * 8);
    struct ss_state_message back;
    assert_int_equal(ss_state_decode(codec, ss_slice_text("material"), &uuid, ss_buffer_slice(&out), &back), SS_WIRE_OK);
    assert_true(back.numbered && back.seq == 9 && back.parts && back.entity.field_count == FIELDS);
    for (size_t i = 0; i < FIELDS; i++) {
        assert_slices_equal(back.entity.fields[i].name, fields[i].name);
    }
    ss_buffer_finish(&out);
}

// However well they compress: nobody would read it.
static void test_too_many_fields_are_a_limit(void **state) {
    struct ss_codec *codec = *state;
    static const uint8_t one[] = {1};
    struct ss_field *fields = calloc(SS_MAX_FIELDS + 1, sizeof *fields);
    char(*names)[8] = calloc(SS_MAX_FIELDS + 1, sizeof *names);
    for (size_t i = 0; i <= SS_MAX_FIELDS; i++) {
        snprintf(names[i], sizeof names[i], "%06zu", i);
        fields[i] = (struct ss_field){ss_slice_text(names[i]), {one, 1}, {{1}}};
    }
    struct ss_buffer out;
    ss_buffer_init(&out, 1 << 22);
    struct ss_state_message message = {.entity = {ss_slice_text("image"), uuid, SS_MAX_FIELDS, fields}};
    assert_int_equal(ss_state_encode(codec, &message, &out), SS_WIRE_OK);
    message.entity.field_count++;
    ss_buffer_clear(&out);
    assert_int_equal(ss_state_encode(codec, &message, &out), SS_WIRE_LIMIT);
    assert_int_equal(out.len, 0);
    ss_buffer_finish(&out);
    free(names);
    free(fields);
}

// What an encoder cannot carry leaves the buffer as it was.
static void test_too_large_is_a_limit(void **state) {
    struct ss_codec *codec = *state;
    uint64_t random = 10;
    static uint8_t noise[5][60000];
    static struct ss_buffer values[5];
    struct ss_field fields[5];
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++) {
        random_bytes(&random, noise[i], sizeof noise[i]);
        ss_buffer_init(&values[i], SS_MAX_VALUE);
        ss_pack_bin(&values[i], noise[i], sizeof noise[i]);
        fields[i] = (struct ss_field){ss_slice_text(names[i]), ss_buffer_slice(&values[i]), {{1}}};
    }
    struct ss_state_message message = {.entity = {ss_slice_text("image"), uuid, 5, fields}};
    struct ss_buffer out;
    ss_buffer_init(&out, 1 << 22);
    ss_pack_uint(&out, 1);
    assert_int_equal(ss_state_encode(codec, &message, &out), SS_WIRE_LIMIT);
    assert_int_equal(out.len, 1);
    assert_false(out.failed);
    for (size_t i = 0; i < 5; i++) {
        ss_buffer_finish(&values[i]);
    }
    ss_buffer_finish(&out);
}

static void test_frames_wait_until_they_are_whole(void **state) {
    (void)state;
    static const uint8_t bytes[] = {3, 0, 0, 0, 'a', 'b', 'c', 0, 0};
    static const uint8_t giant[] = {1, 0, 0, 1, 0};
    struct ss_slice body;
    size_t used;
    for (size_t len = 0; len < 7; len++) {
        assert_int_equal(ss_frame_next((struct ss_slice){bytes, len}, &body, &used), SS_WIRE_OK);
        assert_int_equal(used, 0);
    }
    assert_int_equal(ss_frame_next((struct ss_slice){bytes, sizeof bytes}, &body, &used), SS_WIRE_OK);
    assert_int_equal(used, 7);
    assert_slices_equal(body, (struct ss_slice){bytes + 4, 3});
    assert_int_equal(ss_frame_next((struct ss_slice){giant, sizeof giant}, &body, &used), SS_WIRE_LIMIT);
}

// {batches: [{columns: {location: [1]}, ids: <16 bytes × rows>, kind: kind}], id: 7, t: t}
static struct ss_slice edit_frame(struct ss_buffer *out, const char *kind, size_t rows, const char *t) {
    static const uint8_t zeros[64];
    ss_buffer_clear(out);
    ss_pack_map(out, 3);
    ss_pack_text(out, "batches");
    ss_pack_array(out, 1);
    ss_pack_map(out, 3);
    ss_pack_text(out, "columns");
    ss_pack_map(out, 1);
    ss_pack_text(out, "location");
    ss_pack_array(out, 1);
    ss_pack_uint(out, 1);
    ss_pack_text(out, "ids");
    ss_pack_bin(out, zeros, 16 * rows);
    ss_pack_text(out, "kind");
    ss_pack_text(out, kind);
    ss_pack_text(out, "id");
    ss_pack_uint(out, 7);
    ss_pack_text(out, "t");
    ss_pack_text(out, t);
    return ss_buffer_slice(out);
}

// Whoever sent it must be told which edit failed and why.
static void test_refused_edits_keep_their_id(void **state) {
    struct ss_codec *codec = *state;
    struct ss_buffer out;
    ss_buffer_init(&out, 1 << 16);
    struct ss_request request;
    assert_int_equal(ss_request_decode(codec, edit_frame(&out, "light", 1, "edit"), &request), SS_WIRE_OK);
    assert_int_equal(request.edit.batches->rows, 1);
    assert_int_equal(ss_request_decode(codec, edit_frame(&out, "light", 2, "edit"), &request), SS_WIRE_MALFORMED);
    assert_int_equal(request.type, SS_REQUEST_EDIT);
    assert_int_equal(request.edit.id, 7);
    assert_int_equal(request.edit.batch_count, 0);
    assert_non_null(strstr(ss_codec_problem(codec), "batches: light: location: expected a typed array or a list of 2 values"));
    assert_int_equal(ss_request_decode(codec, edit_frame(&out, "Light", 1, "edit"), &request), SS_WIRE_MALFORMED);
    assert_non_null(strstr(ss_codec_problem(codec), "kind"));
    assert_int_equal(ss_request_decode(codec, edit_frame(&out, "light", 1, "invention"), &request), SS_WIRE_OK);
    assert_int_equal(request.type, SS_REQUEST_UNKNOWN);
    ss_buffer_finish(&out);
}

static int setup(void **state) {
    *state = ss_codec_create();
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    ss_codec_destroy(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bombs_are_refused),
        cmocka_unit_test(test_streams_are_read_within_bounds),
        cmocka_unit_test(test_damaged_compression_is_refused),
        cmocka_unit_test(test_large_states_are_compressed_and_come_back),
        cmocka_unit_test(test_too_many_fields_are_a_limit),
        cmocka_unit_test(test_too_large_is_a_limit),
        cmocka_unit_test(test_frames_wait_until_they_are_whole),
        cmocka_unit_test(test_refused_edits_keep_their_id),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
