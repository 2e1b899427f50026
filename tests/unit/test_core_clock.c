// SPDX-License-Identifier: Apache-2.0
// Without a store, the middle one of all clocks that are here tells the time.
#include "core_util.h"

enum { MINUTE = 60000 };

// A peer that is here says what its clock shows: ours and `ahead_ms`.
static void peer_says(struct desk *desk, uint8_t origin, int64_t ahead_ms, bool retained) {
    struct ss_event event = desk_event(desk, SS_EV_PEER);
    event.peer.origin = (struct ss_origin){{origin}};
    event.peer.user = ss_slice_text("bob");
    event.peer.time_ms = (uint64_t)((int64_t)event.wall_ms + ahead_ms);
    event.peer.retained = retained;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void peer_goes(struct desk *desk, uint8_t origin) {
    struct ss_event event = desk_event(desk, SS_EV_ONLINE);
    event.online.origin = (struct ss_origin){{origin}};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void store_says(struct desk *desk, int64_t offset_ms) {
    struct ss_event event = desk_event(desk, SS_EV_CLOCK_OFFSET);
    event.clock.offset_ms = offset_ms;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// By how much the stamp of an edit is ahead of our own clock.
static int64_t stamped(struct desk *desk) {
    const uint8_t value = (uint8_t)(++desk->now % 128);
    assert_int_equal(desk_edit(desk, 7, desk->now, false, 3, "name", ss_slice_of(&value, 1)), SS_OK);
    desk_stored(desk);
    const struct ss_effect *state = desk_find(desk, SS_FX_PUBLISH_STATE);
    assert_non_null(state);
    const int64_t stamp = (int64_t)ss_stamp_ms(&state->state.entity.fields[0].stamp);
    desk_publish_all(desk);
    return stamp - (int64_t)(1700000000000U + desk->now);
}

static void the_middle_one_of_all_clocks_counts(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    peer_says(&desk, 2, 21 * MINUTE, false);
    assert_int_equal(desk_find(&desk, SS_FX_CLOCK)->clock.offset_ms, 21 * MINUTE);
    peer_says(&desk, 3, 20 * MINUTE, false);
    assert_int_equal(desk_find(&desk, SS_FX_CLOCK)->clock.offset_ms, 20 * MINUTE); // ours is 20 minutes slow
    peer_says(&desk, 4, 0, false);                                                 // of an even number the later one of the two
    assert_null(desk_find(&desk, SS_FX_CLOCK));
    peer_says(&desk, 5, 0, false);
    assert_int_equal(desk_find(&desk, SS_FX_CLOCK)->clock.offset_ms, 0);
    peer_says(&desk, 5, 0, false);
    assert_null(desk_find(&desk, SS_FX_CLOCK));
    desk_close(&desk);
}

static void of_two_clocks_the_later_counts(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    peer_says(&desk, 2, -MINUTE, false);
    assert_int_equal(stamped(&desk), 0);
    peer_says(&desk, 2, MINUTE, false);
    assert_int_equal(stamped(&desk), MINUTE);
    desk_close(&desk);
}

static void only_who_is_here_and_speaks_now_counts(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    desk_online(&desk, 2);
    peer_says(&desk, 2, MINUTE, true); // the broker's copy is of an earlier time
    assert_int_equal(desk.core->clock.offset_ms, 0);
    peer_says(&desk, 3, MINUTE, false);
    assert_int_equal(desk.core->clock.offset_ms, MINUTE);
    peer_goes(&desk, 3);
    peer_says(&desk, 2, MINUTE, true);
    assert_int_equal(desk.core->clock.offset_ms, MINUTE); // alone: as it was last
    peer_says(&desk, 2, -MINUTE, false);
    assert_int_equal(desk.core->clock.offset_ms, 0);
    desk_close(&desk);
}

static void the_store_goes_before(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    peer_says(&desk, 2, MINUTE, false);
    store_says(&desk, -MINUTE);
    peer_says(&desk, 2, MINUTE, false);
    assert_int_equal(desk.core->clock.offset_ms, -MINUTE);
    desk_close(&desk);
}

static void what_is_near_enough_or_absurd_changes_nothing(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    peer_says(&desk, 2, 1400, false); // a message takes its time
    assert_int_equal(desk.core->clock.offset_ms, 0);
    peer_says(&desk, 3, MINUTE, false);
    peer_says(&desk, 4, 3 * MINUTE, false);
    assert_int_equal(desk.core->clock.offset_ms, MINUTE);
    peer_says(&desk, 2, 25LL * 60 * MINUTE, false); // whose stamps would be refused
    peer_says(&desk, 3, 25LL * 60 * MINUTE, false);
    assert_int_equal(desk.core->clock.offset_ms, 3 * MINUTE); // of ours and the one that is left
    desk_close(&desk);
}

static void our_own_clock_may_jump(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    peer_says(&desk, 2, 0, false);
    peer_says(&desk, 3, 0, false);
    struct ss_event event = desk_event(&desk, SS_EV_PEER);
    event.wall_ms += 10 * MINUTE;
    event.peer.origin = (struct ss_origin){{2}};
    event.peer.time_ms = 1700000000000U + desk.now;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_int_equal(desk.core->clock.offset_ms, -10 * MINUTE);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_one_of_all_clocks_counts),           cmocka_unit_test(of_two_clocks_the_later_counts),
        cmocka_unit_test(only_who_is_here_and_speaks_now_counts),        cmocka_unit_test(the_store_goes_before),
        cmocka_unit_test(what_is_near_enough_or_absurd_changes_nothing), cmocka_unit_test(our_own_clock_may_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
