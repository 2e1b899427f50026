// SPDX-License-Identifier: Apache-2.0
// Values as the core reads them, version lines, the clock and the hash table.
#include "core_util.h"
#include "util/index.h"
#include "util/value.h"

static void well_formed_is_one_value_not_too_deep(void **state) {
    (void)state;
    assert_true(ss_value_well_formed(DESK_BYTES(0xc0), 16));
    assert_true(ss_value_well_formed(DESK_BYTES(0x92, 1, 0xa1, 'x'), 16));
    assert_true(ss_value_well_formed(DESK_BYTES(0xc7, 2, 1, 9, 9), 16));
    assert_true(ss_value_well_formed(DESK_BYTES(0xd4, 1, 9), 16));
    assert_false(ss_value_well_formed(DESK_BYTES(0xc0, 0xc0), 16));
    assert_false(ss_value_well_formed(DESK_BYTES(0x92, 1), 16));
    assert_false(ss_value_well_formed(DESK_BYTES(0xc1), 16));
    assert_false(ss_value_well_formed(DESK_BYTES(0xdd, 0xff, 0xff, 0xff, 0xff), 16));
    assert_false(ss_value_well_formed(DESK_BYTES(0xc6, 0xff, 0xff, 0xff, 0xff, 1), 16));
    assert_true(ss_value_well_formed(DESK_BYTES(0x91, 0x91, 1), 2));
    assert_false(ss_value_well_formed(DESK_BYTES(0x91, 0x91, 0x91, 1), 2));
}

static void count_blob(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    uint64_t *sum = context;
    *sum += size + sha256->b[0];
}

static void blobs_are_found_in_maps_and_pages(void **state) {
    (void)state;
    uint8_t one[48] = {0x82, 0xa6, 's', 'h', 'a', '2', '5', '6', 0xc4, 32, 100};
    memcpy(one + 42, "\xa4size\x07", 6);
    uint64_t sum = 0;
    assert_int_equal(ss_value_blobs(ss_slice_of(one, 48), count_blob, &sum), 1);
    assert_int_equal(sum, 107);
    one[8] = 0xd9; // text instead of bytes
    assert_int_equal(ss_value_blobs(ss_slice_of(one, 48), count_blob, &sum), -1);
    uint8_t paged[128] = {0x84, 0xa3, 'e', 'x', 't', 1, 0xa4, 'p', 'a', 'g', 'e', 10, 0xa5, 'p', 'a', 'g', 'e', 's', 0x92, 0xc4, 32};
    paged[53] = 0xc4;
    paged[54] = 32;
    memcpy(paged + 87, "\xa4size\x0f", 6);
    sum = 0;
    assert_int_equal(ss_value_blobs(ss_slice_of(paged, 93), count_blob, &sum), 2);
    assert_int_equal(sum, 15);
    paged[92] = 25; // would be three pages
    assert_int_equal(ss_value_blobs(ss_slice_of(paged, 93), count_blob, &sum), -1);
    assert_int_equal(ss_value_blobs(DESK_BYTES(0x81, 0xa1, 'x', 1), count_blob, &sum), 0);
    assert_int_equal(ss_value_blobs(DESK_BYTES(7), count_blob, &sum), 0);
}

static void a_line_advances_without_gaps_only(void **state) {
    (void)state;
    struct ss_line line = {0};
    assert_true(ss_line_note(&line, 1));
    assert_false(ss_line_note(&line, 1));
    assert_false(ss_line_note(&line, 3));
    assert_false(ss_line_note(&line, 5));
    assert_false(ss_line_note(&line, 4));
    assert_int_equal(line.ahead_count, 1);
    assert_int_equal(line.seq, 1);
    assert_true(ss_line_note(&line, 2));
    assert_int_equal(line.seq, 5);
    assert_int_equal(line.ahead_count, 0);
    for (uint64_t seq = 10; seq < 60; seq += 2)
        ss_line_note(&line, seq);
    assert_int_equal(line.ahead_count, SS_AHEAD);
    assert_true(ss_line_adopt(&line, 13));
    assert_int_equal(line.seq, 14);
}

static void the_clock_never_runs_backwards(void **state) {
    (void)state;
    struct ss_clock clock = {.wall_ms = 1000};
    struct ss_stamp last = ss_clock_next(&clock);
    assert_true(ss_clock_raise(&clock));
    assert_false(ss_clock_raise(&clock));
    for (int i = 0; i < 100000; i++) {
        clock.wall_ms = i % 2 == 0 ? 500 : 1001;
        const struct ss_stamp next = ss_clock_next(&clock);
        assert_true(ss_stamp_compare(&next, &last) > 0);
        last = next;
    }
    struct ss_clock reborn = {.wall_ms = 1};
    ss_clock_restore(&reborn, clock.ceiling_ms);
    const struct ss_stamp next = ss_clock_next(&reborn);
    assert_true(ss_stamp_compare(&next, &last) > 0);
}

static bool same_number(const void *context, uint32_t number, const void *key) {
    (void)context;
    return number == *(const uint32_t *)key;
}

static void the_index_finds_what_was_added(void **state) {
    (void)state;
    struct desk desk = {0};
    const struct ss_alloc alloc = {desk_resize, &desk};
    struct ss_index index = {0};
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(ss_index_find(&index, ss_mix(i % 7), same_number, NULL, &i), SS_INDEX_NONE);
        desk.deny = desk.allocations + 1;
        if (!ss_index_room(&index, &alloc, 1)) {
            desk.deny = 0;
            assert_true(ss_index_room(&index, &alloc, 1));
        }
        ss_index_add(&index, ss_mix(i % 7), i); // all in seven chains
        if (i > 60)
            i += 97;
    }
    for (uint32_t i = 0; i <= 60; i++)
        assert_int_equal(ss_index_find(&index, ss_mix(i % 7), same_number, NULL, &i), i);
    ss_index_finish(&index, &alloc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_is_one_value_not_too_deep), cmocka_unit_test(blobs_are_found_in_maps_and_pages),
        cmocka_unit_test(a_line_advances_without_gaps_only),     cmocka_unit_test(the_clock_never_runs_backwards),
        cmocka_unit_test(the_index_finds_what_was_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
