// SPDX-License-Identifier: Apache-2.0
// Dragging: what is shown, when it goes out, when it settles and when it ends.
#include "core_util.h"

static void open_published(struct desk *desk) {
    desk_work(desk);
    assert_int_equal(desk_edit(desk, 7, 1, false, 3, "location", DESK_BYTES(1)), SS_OK);
    assert_null(desk_find(desk, SS_FX_ACK));
    assert_null(desk_find(desk, SS_FX_PUBLISH_STATE));
    desk_stored(desk);
    assert_int_equal(desk_find(desk, SS_FX_ACK)->ack.id, 1);
    desk_publish_all(desk);
}

static void a_drag_goes_out_at_once_then_by_ticks_and_settles_when_it_rests(void **state) {
    (void)state;
    struct desk desk = {0};
    open_published(&desk);
    desk.now += 100;
    assert_int_equal(desk_edit(&desk, 7, 2, true, 3, "location", DESK_BYTES(2)), SS_OK);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_LIVE));
    desk_stored(&desk);
    desk.now += 5;
    assert_int_equal(desk_edit(&desk, 7, 3, true, 3, "location", DESK_BYTES(3)), SS_OK);
    assert_null(desk_find(&desk, SS_FX_PUBLISH_LIVE));
    assert_non_null(desk_find(&desk, SS_FX_STORE));
    desk_stored(&desk);
    assert_int_equal(desk_find(&desk, SS_FX_ACK)->ack.id, 3);
    desk.now += 11;
    desk_do(&desk, SS_EV_TIME);
    assert_int_equal(desk_find(&desk, SS_FX_PUBLISH_LIVE)->live.batch.values[0].data[0], 3);
    desk.now += 200;
    desk_do(&desk, SS_EV_TIME);
    desk_stored(&desk);
    assert_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    desk.now += 40;
    desk_do(&desk, SS_EV_TIME);
    desk_stored(&desk);
    assert_int_equal(desk_find(&desk, SS_FX_PUBLISH_STATE)->state.entity.fields[0].value.data[0], 3);
    desk_close(&desk);
}

// The first state is still on its way, and may be for long on a slow link: a drag goes out live all the same.
static void a_drag_of_what_is_not_acknowledged_yet_is_live(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, true, 3, "location", DESK_BYTES(1)), SS_OK);
    assert_null(desk_find(&desk, SS_FX_PUBLISH_LIVE)); // nobody would know of what
    desk_stored(&desk);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    desk.now += 20;
    assert_int_equal(desk_edit(&desk, 7, 2, true, 3, "location", DESK_BYTES(2)), SS_OK);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_LIVE));
    desk_stored(&desk);
    assert_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    desk.now += 300;
    desk_do(&desk, SS_EV_TIME);
    desk_stored(&desk);
    assert_int_equal(desk_find(&desk, SS_FX_PUBLISH_STATE)->state.entity.fields[0].value.data[0], 2);
    desk_close(&desk);
}

static void a_long_drag_settles_every_two_seconds(void **state) {
    (void)state;
    struct desk desk = {0};
    open_published(&desk);
    unsigned settled = 0;
    for (uint8_t i = 0; i < 50; i++) {
        desk.now += 100;
        assert_int_equal(desk_edit(&desk, 7, i, true, 3, "location", ss_slice_of(&i, 1)), SS_OK);
        desk_stored(&desk);
        settled += desk_find(&desk, SS_FX_PUBLISH_STATE) != NULL;
        desk_publish_all(&desk);
    }
    assert_int_equal(settled, 2);
    desk_close(&desk);
}

static void give_live(struct desk *desk, uint8_t value, uint64_t ahead_ms) {
    const struct ss_uuid uuid = {{3}};
    const struct ss_slice name = ss_slice_text("location");
    const struct ss_slice bytes = ss_slice_of(&value, 1);
    struct ss_stamp stamp;
    memset(&stamp, 0, sizeof stamp);
    ss_store_be(stamp.b, 6, 1700000000000U + desk->now + ahead_ms);
    struct ss_event event = desk_event(desk, SS_EV_LIVE);
    event.live = (struct ss_ev_live){{{2}}, {ss_slice_text("object"), 1, 1, &uuid, &name, &bytes}, &stamp};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static int shown(struct desk *desk, bool *live) {
    desk_ready(desk);
    const struct ss_effect *change = desk_find(desk, SS_FX_CHANGE);
    if (change == NULL)
        return -1;
    *live = change->change.live;
    return change->change.entities[0].fields[0].value.data[0];
}

static void a_peers_drag_is_shown_not_stored_and_ends_with_silence(void **state) {
    (void)state;
    struct desk desk = {0};
    bool live = false;
    open_published(&desk);
    assert_int_equal(shown(&desk, &live), -1); // a client never gets back its own edit
    give_live(&desk, 9, 50);
    assert_null(desk_find(&desk, SS_FX_STORE));
    assert_non_null(desk_find(&desk, SS_FX_CHANGES_WAIT));
    assert_int_equal(shown(&desk, &live), 9);
    assert_true(live);
    desk.now += 10000;
    desk_do(&desk, SS_EV_TIME);
    assert_int_equal(shown(&desk, &live), 1);
    assert_false(live);
    desk_close(&desk);
}

static void who_edits_what_a_peer_drags_comes_after_it(void **state) {
    (void)state;
    struct desk desk = {0};
    bool live = false;
    open_published(&desk);
    give_live(&desk, 9, 60000); // by a clock that is ahead of ours
    assert_int_equal(shown(&desk, &live), 9);
    const uint64_t seen = desk.now + 60000;
    assert_int_equal(desk_edit(&desk, 7, 2, false, 3, "location", DESK_BYTES(5)), SS_OK);
    const struct ss_stamp *ours = &ss_thing_at(desk.core, 0)->cells[0].stamp;
    assert_true(ss_stamp_ms(ours) >= 1700000000000U + seen);
    desk_close(&desk);
}

// Nor does it push our own clock, or everybody would wait for what we edit.
static void a_drag_of_the_future_is_not_shown(void **state) {
    (void)state;
    struct desk desk = {0};
    bool live = false;
    open_published(&desk);
    const uint64_t last = desk.core->clock.last;
    give_live(&desk, 9, 6ULL * 60 * 1000);
    give_live(&desk, 9, 975ULL * 365 * 24 * 3600 * 1000);
    assert_int_equal(shown(&desk, &live), -1);
    assert_int_equal(desk.core->clock.last, last);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drag_goes_out_at_once_then_by_ticks_and_settles_when_it_rests),
        cmocka_unit_test(a_drag_of_what_is_not_acknowledged_yet_is_live),
        cmocka_unit_test(a_long_drag_settles_every_two_seconds),
        cmocka_unit_test(a_peers_drag_is_shown_not_stored_and_ends_with_silence),
        cmocka_unit_test(who_edits_what_a_peer_drags_comes_after_it),
        cmocka_unit_test(a_drag_of_the_future_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
