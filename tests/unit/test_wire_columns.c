// SPDX-License-Identifier: Apache-2.0
// Rows to columns and back: exact for random batches, small for what moves, in pieces that fit.
#include <stdlib.h>
#include <string.h>

#include "random_value.h"
#include "wire/canonical.h"
#include "wire/link.h"
#include "wire/messages.h"

enum { MAX_ROWS = 40, MAX_COLUMNS = 4 };

// A batch whose memory is its own.
struct made {
    struct ss_batch batch;
    struct ss_uuid ids[MAX_ROWS];
    struct ss_stamp stamps[MAX_ROWS];
    struct ss_slice names[MAX_COLUMNS];
    struct ss_slice values[MAX_ROWS * MAX_COLUMNS];
    struct ss_buffer bytes[MAX_ROWS * MAX_COLUMNS];
};

static const char *const names[] = {"a", "b/c", "location", "z"};

// What the rows of one column have in common decides how it travels.
static void put_row(uint64_t *random, unsigned sort, struct ss_buffer *out) {
    size_t width = sort % 3 == 0 ? 3 : sort % 3 == 1 ? 1 + random_below(random, 3) : 0;
    if (sort >= 6) {
        put_any_value(random, out, 0);
        return;
    }
    if (width) {
        ss_pack_array(out, width);
    }
    for (size_t i = 0; i < width + !width; i++) {
        if (sort < 3) {
            ss_pack_f32(out, (float)random_below(random, 1000) / 8);
        } else {
            put_any_number(random, out);
        }
    }
}

static void make(uint64_t *random, struct made *made) {
    made->batch = (struct ss_batch){.kind = ss_slice_text("object"),
                                    .rows = 1 + random_below(random, MAX_ROWS),
                                    .columns = random_below(random, MAX_COLUMNS + 1),
                                    .ids = made->ids,
                                    .names = made->names,
                                    .values = made->values};
    random_bytes(random, made->ids, sizeof made->ids);
    random_bytes(random, made->stamps, sizeof made->stamps);
    for (size_t column = 0; column < made->batch.columns; column++) {
        unsigned sort = (unsigned)random_below(random, 8);
        made->names[column] = ss_slice_text(names[column]);
        for (size_t row = 0; row < made->batch.rows; row++) {
            size_t at = row * made->batch.columns + column;
            struct ss_buffer raw;
            ss_buffer_init(&raw, 1 << 16);
            put_row(random, sort, &raw);
            ss_buffer_init(&made->bytes[at], 1 << 17);
            assert_int_equal(ss_canonical(ss_buffer_slice(&raw), &made->bytes[at], NULL), SS_WIRE_OK);
            made->values[at] = ss_buffer_slice(&made->bytes[at]);
            ss_buffer_finish(&raw);
        }
    }
}

static void finish(struct made *made) {
    for (size_t i = 0; i < made->batch.rows * made->batch.columns; i++) {
        ss_buffer_finish(&made->bytes[i]);
    }
}

static void assert_batches_equal(const struct ss_batch *a, const struct ss_batch *b) {
    assert_slices_equal(a->kind, b->kind);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->columns, b->columns);
    assert_memory_equal(a->ids, b->ids, a->rows * sizeof *a->ids);
    for (size_t i = 0; i < a->columns; i++) {
        assert_slices_equal(a->names[i], b->names[i]);
    }
    for (size_t i = 0; i < a->rows * a->columns; i++) {
        assert_slices_equal(a->values[i], b->values[i]);
    }
}

struct received {
    struct ss_codec *codec;
    const struct made *expected;
    size_t payloads;
};

static int receive(void *context, struct ss_slice payload) {
    struct received *received = context;
    struct ss_ev_live live;
    assert_int_equal(ss_live_decode(received->codec, ss_slice_text("object"), payload, &live), SS_WIRE_OK);
    assert_batches_equal(&received->expected->batch, &live.batch);
    assert_memory_equal(live.stamps, received->expected->stamps, live.batch.rows * sizeof *live.stamps);
    received->payloads++;
    return SS_WIRE_OK;
}

static void test_live_is_exact(void **state) {
    struct ss_codec **codecs = *state;
    uint64_t random = 4;
    static struct made made;
    for (int i = 0; i < 3000; i++) {
        make(&random, &made);
        struct received received = {codecs[0], &made, 0};
        struct ss_origin from = {{1}};
        assert_int_equal(ss_live_encode(codecs[1], &from, &made.batch, made.stamps, receive, &received), SS_WIRE_OK);
        assert_int_equal(received.payloads, 1);
        finish(&made);
    }
}

static void test_edits_are_exact(void **state) {
    struct ss_codec **codecs = *state;
    uint64_t random = 5;
    static struct made made;
    struct ss_buffer out;
    ss_buffer_init(&out, SS_MAX_FRAME);
    for (int i = 0; i < 3000; i++) {
        make(&random, &made);
        ss_buffer_clear(&out);
        struct ss_request request = {.type = SS_REQUEST_EDIT, .edit = {(uint64_t)i, i % 2, 1, &made.batch}}, back;
        assert_int_equal(ss_request_encode(codecs[1], &request, &out), SS_WIRE_OK);
        struct ss_slice body;
        size_t used;
        assert_int_equal(ss_frame_next(ss_buffer_slice(&out), &body, &used), SS_WIRE_OK);
        assert_int_equal(used, out.len);
        assert_int_equal(ss_request_decode(codecs[0], body, &back), SS_WIRE_OK);
        assert_int_equal(back.type, SS_REQUEST_EDIT);
        assert_int_equal(back.edit.id, i);
        assert_int_equal(back.edit.batch_count, 1);
        assert_batches_equal(&made.batch, back.edit.batches);
        finish(&made);
    }
    ss_buffer_finish(&out);
}

// ---- Many rows --------------------------------------------------------------------------------------------------------------------------

enum { MANY = 10000 };

struct many {
    struct ss_batch batch;
    struct ss_uuid ids[MANY];
    struct ss_stamp stamps[MANY];
    struct ss_slice name;
    struct ss_slice values[MANY];
    struct ss_buffer bytes;
};

static struct many *make_many(void) {
    uint64_t random = 6;
    struct many *many = calloc(1, sizeof *many);
    many->name = ss_slice_text("location");
    many->batch = (struct ss_batch){ss_slice_text("transform"), MANY, 1, many->ids, &many->name, many->values};
    random_bytes(&random, many->ids, sizeof many->ids);
    ss_buffer_init(&many->bytes, 1 << 20);
    assert_non_null(ss_buffer_reserve(&many->bytes, 1 << 20)); // so that values do not move
    for (size_t i = 0; i < MANY; i++) {
        size_t start = many->bytes.len;
        ss_pack_array(&many->bytes, 3);
        for (int axis = 0; axis < 3; axis++) {
            ss_pack_f32(&many->bytes, (float)random_below(&random, 1U << 30) / 1000003.0F);
        }
        many->values[i] = (struct ss_slice){many->bytes.data + start, many->bytes.len - start};
        ss_store_be(many->stamps[i].b, 8, 0x019470a1b2c30000 + i); // one tick of the counter each
    }
    return many;
}

struct pieces {
    struct ss_codec *codec;
    const struct many *many;
    size_t rows, bytes;
};

static int take_piece(void *context, struct ss_slice payload) {
    struct pieces *pieces = context;
    struct ss_ev_live live;
    assert_true(payload.len <= SS_MAX_MESSAGE);
    assert_int_equal(ss_live_decode(pieces->codec, ss_slice_text("transform"), payload, &live), SS_WIRE_OK);
    for (size_t i = 0; i < live.batch.rows; i++) {
        size_t row = pieces->rows + i;
        assert_true(ss_uuid_equal(&live.batch.ids[i], &pieces->many->ids[row]));
        assert_slices_equal(live.batch.values[i], pieces->many->values[row]);
        assert_memory_equal(&live.stamps[i], &pieces->many->stamps[row], sizeof *live.stamps);
    }
    pieces->rows += live.batch.rows;
    pieces->bytes += payload.len;
    return SS_WIRE_OK;
}

// The promise of the issue: 10,000 objects moved cost at most 32 bytes each, whether they share a stamp or not.
static void test_moves_are_small(void **state) {
    struct ss_codec **codecs = *state;
    struct many *many = make_many();
    struct ss_origin from = {{1}};
    for (int same = 0; same < 2; same++) {
        for (size_t i = 0; same && i < MANY; i++) {
            many->stamps[i] = many->stamps[0];
        }
        struct pieces pieces = {codecs[0], many, 0, 0};
        assert_int_equal(ss_live_encode(codecs[1], &from, &many->batch, many->stamps, take_piece, &pieces), SS_WIRE_OK);
        assert_int_equal(pieces.rows, MANY);
        print_message("%s stamps: %.2f bytes an object\n", same ? "equal" : "different", (double)pieces.bytes / MANY);
        assert_true(pieces.bytes <= 32 * MANY);
    }
    ss_buffer_finish(&many->bytes);
    free(many);
}

static int no_piece(void *context, struct ss_slice payload) {
    (void)payload;
    ++*(int *)context;
    return SS_WIRE_OK;
}

// One row may be too large for a message while its columns are not.
static void test_wide_rows_are_split_by_columns(void **state) {
    struct ss_codec **codecs = *state;
    struct ss_buffer text;
    ss_buffer_init(&text, SS_MAX_VALUE);
    uint64_t random = 7;
    uint8_t bytes[60000];
    random_bytes(&random, bytes, sizeof bytes);
    ss_pack_bin(&text, bytes, sizeof bytes);
    struct ss_slice wide_names[8], values[8];
    for (size_t i = 0; i < 8; i++) {
        static const char *const texts[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
        wide_names[i] = ss_slice_text(texts[i]);
        values[i] = ss_buffer_slice(&text);
    }
    struct ss_uuid id = {{1}};
    struct ss_stamp stamp = {{1}};
    struct ss_origin from = {{1}};
    struct ss_batch batch = {ss_slice_text("object"), 1, 8, &id, wide_names, values};
    int payloads = 0;
    assert_int_equal(ss_live_encode(codecs[1], &from, &batch, &stamp, no_piece, &payloads), SS_WIRE_OK);
    assert_int_equal(payloads, 2);
    ss_buffer_finish(&text);
}

// ---- Entities to changes ----------------------------------------------------------------------------------------------------------------

enum { ENTITIES = 500 };

static void make_entity(uint64_t *random, size_t index, struct ss_entity *entity, struct ss_field *fields) {
    static const uint8_t nil[] = {0xc0}, one[] = {1};
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        if (random_below(random, 2)) {
            fields[count++] = (struct ss_field){ss_slice_text(names[i]), {random_below(random, 2) ? nil : one, 1}, {{0}}};
        }
    }
    *entity = (struct ss_entity){
        ss_slice_text(random_below(random, 2) ? "light" : "mesh"), {{(uint8_t)index, (uint8_t)(index >> 8)}}, count, fields};
}

// Every row of every batch is what one entity had, and each entity comes once.
static void check_batch(const struct ss_batch *batch, const struct ss_entity *entities, bool *seen) {
    for (size_t row = 0; row < batch->rows; row++) {
        size_t index = batch->ids[row].b[0] | (size_t)batch->ids[row].b[1] << 8;
        const struct ss_entity *entity = &entities[index];
        assert_false(seen[index]);
        seen[index] = true;
        assert_slices_equal(batch->kind, entity->kind);
        assert_int_equal(batch->columns, entity->field_count);
        for (size_t i = 0; i < batch->columns; i++) {
            assert_slices_equal(batch->names[i], entity->fields[i].name);
            assert_slices_equal(batch->values[row * batch->columns + i], entity->fields[i].value);
        }
    }
}

static void test_changes_are_grouped_and_complete(void **state) {
    struct ss_codec **codecs = *state;
    static struct ss_entity entities[ENTITIES];
    static struct ss_field fields[ENTITIES][4];
    bool seen[ENTITIES] = {false};
    uint64_t random = 8;
    for (size_t i = 0; i < ENTITIES; i++) {
        make_entity(&random, i, &entities[i], fields[i]);
    }
    struct ss_buffer out;
    ss_buffer_init(&out, SS_MAX_FRAME);
    assert_int_equal(ss_change_encode(codecs[1], entities, ENTITIES, 77, true, &out), SS_WIRE_OK);
    size_t at = 0, frames = 0;
    for (; at < out.len; frames++) {
        struct ss_slice body;
        struct ss_notice notice;
        size_t used = 0;
        assert_int_equal(ss_frame_next((struct ss_slice){out.data + at, out.len - at}, &body, &used), SS_WIRE_OK);
        assert_true(used > 0);
        assert_int_equal(ss_notice_decode(codecs[0], body, &notice), SS_WIRE_OK);
        assert_int_equal(notice.type, SS_NOTICE_CHANGE);
        assert_true(notice.change.live && notice.change.after == 77);
        check_batch(notice.change.batches, entities, seen);
        at += used;
    }
    assert_true(frames <= 2 * 16); // two kinds, sixteen sets of four names
    for (size_t i = 0; i < ENTITIES; i++) {
        assert_true(seen[i]);
    }
    ss_buffer_finish(&out);
}

// An entity may have more fields than one message, or frame, may.
static void test_many_fields_go_in_several_frames(void **state) {
    struct ss_codec **codecs = *state;
    enum { FIELDS = SS_MAX_FIELDS + 4464 };
    static const uint8_t one[] = {1};
    struct ss_field *fields = calloc(FIELDS, sizeof *fields);
    char(*texts)[8] = calloc(FIELDS, sizeof *texts);
    for (size_t i = 0; i < FIELDS; i++) {
        snprintf(texts[i], sizeof texts[i], "%06zu", i);
        fields[i] = (struct ss_field){ss_slice_text(texts[i]), {one, 1}, {{0}}};
    }
    const struct ss_entity entity = {ss_slice_text("object"), {{1}}, FIELDS, fields};
    struct ss_buffer out;
    ss_buffer_init(&out, SS_MAX_FRAME);
    assert_int_equal(ss_change_encode(codecs[1], &entity, 1, 0, false, &out), SS_WIRE_OK);
    size_t seen = 0;
    for (size_t at = 0, used = 0; at < out.len; at += used) {
        struct ss_slice body;
        struct ss_notice notice;
        assert_int_equal(ss_frame_next((struct ss_slice){out.data + at, out.len - at}, &body, &used), SS_WIRE_OK);
        assert_int_equal(ss_notice_decode(codecs[0], body, &notice), SS_WIRE_OK);
        for (size_t i = 0; i < notice.change.batches[0].columns; i++) {
            assert_slices_equal(notice.change.batches[0].names[i], fields[seen++].name);
        }
    }
    assert_int_equal(seen, FIELDS);
    ss_buffer_finish(&out);
    free(texts);
    free(fields);
}

static int setup(void **state) {
    struct ss_codec **codecs = calloc(2, sizeof(struct ss_codec *));
    codecs[0] = ss_codec_create();
    codecs[1] = ss_codec_create();
    *state = codecs;
    return 0;
}

static int teardown(void **state) {
    struct ss_codec **codecs = *state;
    ss_codec_destroy(codecs[0]);
    ss_codec_destroy(codecs[1]);
    free(codecs);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_is_exact),
        cmocka_unit_test(test_edits_are_exact),
        cmocka_unit_test(test_moves_are_small),
        cmocka_unit_test(test_wide_rows_are_split_by_columns),
        cmocka_unit_test(test_changes_are_grouped_and_complete),
        cmocka_unit_test(test_many_fields_go_in_several_frames),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
