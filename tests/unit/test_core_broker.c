// SPDX-License-Identifier: Apache-2.0
// A broker that comes back may have forgotten what it had: nothing is at rest until that has been seen and put right.
#include "core_util.h"

static void told(struct desk *desk, bool comparing, uint64_t pending) {
    assert_int_equal(desk->core->told_comparing, comparing);
    assert_int_equal(desk->core->told_pending, pending);
}

// The replay is over and brought nothing.
static void nothing_was_replayed(struct desk *desk) {
    desk_do(desk, SS_EV_REPLAYED);
    told(desk, true, 0);
    desk->now += 500;
    desk_do(desk, SS_EV_TIME);
}

static void a_broker_that_forgot_is_given_everything_before_all_is_at_rest(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    nothing_was_replayed(&desk);
    told(&desk, false, 0);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(&desk);
    told(&desk, false, 1);
    desk_publish_all(&desk);
    told(&desk, false, 0);

    desk_do(&desk, SS_EV_DISCONNECTED);
    told(&desk, false, 0); // the broker had said that it has everything
    desk_connect(&desk, false);
    told(&desk, true, 0);
    nothing_was_replayed(&desk); // of what came since; now all that it retains is read
    assert_non_null(desk_find(&desk, SS_FX_REREAD));
    nothing_was_replayed(&desk);
    desk_stored(&desk);
    told(&desk, false, 1);
    desk_publish_all(&desk);
    told(&desk, false, 0);
    desk_close(&desk);
}

static void a_client_waits_longer_for_a_broker_that_answers(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_join(&desk, 7);
    assert_non_null(desk_pass(&desk, 2500, SS_FX_JOINED)); // nobody answers
    desk_close(&desk);

    desk_start(&desk);
    desk_join(&desk, 7);
    desk_do(&desk, SS_EV_ANSWERED);
    assert_null(desk_pass(&desk, 9500, SS_FX_JOINED));
    assert_non_null(desk_pass(&desk, 1000, SS_FX_JOINED)); // and says no more
    desk_close(&desk);
}

static void peer_speaks(struct desk *desk) {
    const struct ss_vector_entry has = {{{9}}, 5};
    struct ss_event event = desk_event(desk, SS_EV_PEER);
    event.peer.origin = has.from;
    event.peer.vector = (struct ss_vector){1, &has};
    event.peer.ready = event.peer.keeps = true;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void peer_answers(struct desk *desk, const struct ss_effect *call, const struct ss_entity *entity) {
    const struct ss_vector_entry has = {{{9}}, 5};
    const struct ss_vector vector = {1, &has};
    struct ss_event event = desk_event(desk, SS_EV_SYNC_REPLIED);
    event.sync_replied = (struct ss_ev_sync_reply){.from = has.from,
                                                   .call = call->call_sync.call,
                                                   .last = true,
                                                   .vector = vector,
                                                   .entity_count = 1,
                                                   .entities = entity,
                                                   .touched = &vector};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void what_a_peer_adds_goes_out(struct desk *desk) {
    peer_speaks(desk);
    const struct ss_effect *call = desk_pass(desk, 200, SS_FX_CALL_SYNC);
    assert_non_null(call);
    const struct ss_field field = {ss_slice_text("color"), DESK_BYTES(2), {{0, 0, 0, 0, 0, 1}}};
    peer_answers(desk, call, &(struct ss_entity){ss_slice_text("object"), {{3}}, 1, &field});
    const struct ss_effect *sent = NULL;
    for (int i = 0; i < 9 && sent == NULL; i++, sent = desk_pass(desk, 500, SS_FX_PUBLISH_STATE))
        desk_stored(desk);
    assert_non_null(sent);
    assert_int_equal(sent->state.entity.field_count, 2);
}

static void what_went_out_before_a_peer_answered_goes_out_again_with_what_it_knew(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_join(&desk, 7);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(&desk);
    desk_connect(&desk, false);
    const struct ss_effect *sent = desk_find(&desk, SS_FX_PUBLISH_STATE);
    assert_int_equal(sent->state.entity.field_count, 1);
    desk_published(&desk, sent->state.token);
    what_a_peer_adds_goes_out(&desk);
    desk_close(&desk);
}

static void what_came_before_a_peer_answered_goes_out_with_what_it_knew(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_connect(&desk, false);
    const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 0, 0, 0, 1}}};
    desk_give(&desk, (struct ss_entity){ss_slice_text("object"), {{3}}, 1, &field}, 8, 1);
    what_a_peer_adds_goes_out(&desk);
    desk_close(&desk);
}

static void a_newcomer_with_somebody_to_ask_has_nothing_replayed(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_connect(&desk, false);
    peer_speaks(&desk);
    desk_do(&desk, SS_EV_REPLAYED);
    assert_non_null(desk_pass(&desk, 200, SS_FX_CALL_SYNC));
    assert_null(desk_pass(&desk, 3000, SS_FX_REREAD));
    desk_close(&desk);
}

static void a_newcomer_with_nobody_to_ask_has_everything_replayed(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_connect(&desk, false);
    desk_do(&desk, SS_EV_REPLAYED);
    assert_non_null(desk_find(&desk, SS_FX_REREAD));
    desk_do(&desk, SS_EV_TIME);
    assert_null(desk_pass(&desk, 1000, SS_FX_REREAD));
    assert_false(desk.core->known);
    desk_do(&desk, SS_EV_REPLAYED);
    assert_null(desk_pass(&desk, 1000, SS_FX_REREAD));
    assert_true(desk.core->known);
    assert_true(desk.core->keeper);
    desk_close(&desk);
}

// What was missed while away cannot be on its way; what is heard of now may be.
static void who_comes_back_asks_at_once_for_what_was_said_before(void **state) {
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct desk desk = {0};
        desk_start(&desk);
        desk_connect(&desk, false);
        desk.core->known = true;
        const struct ss_vector_entry has = {{{9}}, 5};
        struct ss_event event = desk_event(&desk, SS_EV_PEER);
        event.peer = (struct ss_ev_peer){.origin = has.from, .vector = {1, &has}, .ready = true, .retained = before == 1};
        assert_int_equal(desk_step(&desk, &event), SS_OK);
        event = desk_event(&desk, SS_EV_ONLINE);
        event.online.origin = has.from;
        event.online.online = true;
        assert_int_equal(desk_step(&desk, &event), SS_OK);
        const struct ss_effect *call = desk_pass(&desk, 300, SS_FX_CALL_SYNC);
        assert_int_equal(call != NULL, before == 1);
        assert_true(call != NULL || desk_pass(&desk, 1000, SS_FX_CALL_SYNC) != NULL);
        desk_close(&desk);
    }
}

// Through a broker that replays nothing others are heard of only when they answer to what we say of ourselves.
static void who_is_heard_of_late_is_still_whoever_looks_after_the_scene(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    desk_connect(&desk, false);
    desk_do(&desk, SS_EV_REPLAYED);
    desk.now += 100;
    peer_speaks(&desk);
    desk.now += 250;
    desk_do(&desk, SS_EV_REPLAYED);
    desk_pass(&desk, 1000, SS_FX_REREAD);
    assert_false(desk.core->keeper);
    desk_close(&desk);
}

// It answers nothing, so that it is asked less and less often.
static void peer_is_asked_in_vain(struct desk *desk) {
    desk_start(desk);
    desk_connect(desk, true);
    desk_online(desk, 9);
    for (const uint64_t end = desk->now + 200000; desk->now < end; desk->now += 5000) {
        peer_speaks(desk);
        desk_pass(desk, 50, SS_FX_CALL_SYNC);
    }
    peer_speaks(desk);
    assert_null(desk_pass(desk, 3000, SS_FX_CALL_SYNC));
}

static void a_peer_is_asked_at_once_over_a_new_connection(void **state) {
    (void)state;
    struct desk desk = {0};
    peer_is_asked_in_vain(&desk);
    desk_do(&desk, SS_EV_DISCONNECTED);
    desk_connect(&desk, true);
    desk_online(&desk, 9);
    peer_speaks(&desk);
    assert_non_null(desk_pass(&desk, 3000, SS_FX_CALL_SYNC));
    desk_close(&desk);
}

static void a_peer_is_asked_at_once_when_it_has_come_back(void **state) {
    (void)state;
    struct desk desk = {0};
    peer_is_asked_in_vain(&desk);
    struct ss_event event = desk_event(&desk, SS_EV_ONLINE);
    event.online.origin = (struct ss_origin){{9}};
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    desk_online(&desk, 9);
    peer_speaks(&desk);
    assert_non_null(desk_pass(&desk, 3000, SS_FX_CALL_SYNC));
    desk_close(&desk);
}

static uint64_t last_seq(struct desk *desk) {
    uint64_t last = 0;
    for (size_t i = 0; i < desk->effects.count; i++) {
        const struct ss_effect *effect = &desk->effects.items[i];
        if (effect->type == SS_FX_PUBLISH_STATE && effect->state.seq > last)
            last = effect->state.seq;
    }
    return last;
}

// The number under which an edit goes out to the broker.
static uint64_t say_something(struct desk *desk) {
    desk_work(desk);
    nothing_was_replayed(desk);
    assert_int_equal(desk_edit(desk, 7, 1, false, 4, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(desk);
    return last_seq(desk);
}

// Others may have heard what the broker did not acknowledge: under the same number they would not notice that it says more now.
static void what_was_sent_says_no_more_under_its_number(void **state) {
    (void)state;
    struct desk desk = {0};
    const uint64_t first = say_something(&desk);
    assert_true(first > 0);
    desk_do(&desk, SS_EV_DISCONNECTED);
    assert_int_equal(desk_edit(&desk, 7, 2, false, 4, "name", DESK_BYTES(2)), SS_OK);
    desk_stored(&desk);
    desk_connect(&desk, true);
    assert_true(last_seq(&desk) > first);
    desk_close(&desk);
}

// Nor does it count what the broker did not acknowledge.
static void what_was_not_acknowledged_is_sent_again(void **state) {
    (void)state;
    struct desk desk = {0};
    const uint64_t seq = say_something(&desk);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(ss_own_line(desk.core)->seq, seq - 1);
        desk_do(&desk, SS_EV_DISCONNECTED);
        desk_connect(&desk, true);
        assert_int_equal(last_seq(&desk), seq);
    }
    desk_published(&desk, desk_find(&desk, SS_FX_PUBLISH_STATE)->state.token);
    assert_int_equal(ss_own_line(desk.core)->seq, seq);
    desk_do(&desk, SS_EV_DISCONNECTED);
    desk_connect(&desk, true);
    assert_int_equal(last_seq(&desk), 0);
    desk_close(&desk);
}

// However often it is edited while the broker says nothing, or is away.
static void what_is_edited_again_and_again_waits_once(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    nothing_was_replayed(&desk);
    for (int turn = 0; turn < 400; turn++) {
        assert_int_equal(desk_edit(&desk, 7, (uint64_t)turn, false, 4, "name", DESK_BYTES((uint8_t)turn & 1)), SS_OK);
        desk_stored(&desk);
        if (turn == 200)
            desk_do(&desk, SS_EV_DISCONNECTED);
    }
    assert_true(desk.core->outbox.entries.count <= desk.core->config.max_inflight + 1);
    desk_close(&desk);
}

// Where a broker may have lost messages, or lose those that wait, what it retains tells nothing of what else was said.
static void what_is_retained_does_not_count(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 0, 0, 0, 1}}};
    for (int retained = 1; retained >= 0; retained--) {
        struct ss_event event = desk_event(&desk, SS_EV_STATE);
        event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{4}}, 1, &field},
                                           .part = -1,
                                           .numbered = true,
                                           .from = {{9}},
                                           .seq = 1,
                                           .retained = retained == 1};
        assert_int_equal(desk_step(&desk, &event), SS_OK);
        assert_int_equal(desk.core->scene.present, 1);
        assert_int_equal(desk.core->vectors.lines.items[ss_vectors_find(&desk.core->vectors, &event.state.from)].seq, 1 - retained);
    }
    desk_close(&desk);
}

// What others have edited, they may publish; and nobody who may only look on is asked for anything.
static void who_may_only_look_on_keeps_nothing_for_others(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    nothing_was_replayed(&desk);
    assert_true(desk.core->keeper);
    const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 0, 0, 0, 1}}};
    for (uint8_t i = 10; i < 20; i++) { // of a plain tool: to be said again by the first in rank
        struct ss_event event = desk_event(&desk, SS_EV_STATE);
        event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{i}}, 1, &field}, .part = -1};
        assert_int_equal(desk_step(&desk, &event), SS_OK);
    }
    desk_pass(&desk, 1000, SS_FX_DIGEST);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 4, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(&desk);
    assert_int_equal(desk.core->outbox.entries.count - desk.core->outbox.head, 11);
    desk_do(&desk, SS_EV_LOOKS_ON);
    size_t gone = 0;
    for (size_t i = 0; i < desk.effects.count; i++)
        gone += desk.effects.items[i].type == SS_FX_STORE && desk.effects.items[i].store.value.len == 0;
    assert_int_equal(gone, 10);
    assert_int_equal(desk.core->outbox.entries.count - desk.core->outbox.head, 1); // our own is tried all the same
    const struct ss_effect *said = desk_pass(&desk, 1000, SS_FX_PUBLISH_PEER);
    assert_false(said->peer.ready || said->peer.keeps);
    desk_do(&desk, SS_EV_DISCONNECTED);
    desk_connect(&desk, true);
    assert_int_equal(last_seq(&desk), 11);
    desk_do(&desk, SS_EV_REPLAYED);
    desk_pass(&desk, 60000, SS_FX_DIGEST);
    assert_int_equal(desk.core->next_seq, 12);
    assert_false(desk.core->keeper);
    desk_published(&desk, desk.core->outbox.next_token);
    desk_online(&desk, 9); // who lacks what we have will not ask for it: only a comparison can tell what we lack
    struct ss_event event = desk_event(&desk, SS_EV_PEER);
    event.peer = (struct ss_ev_peer){.origin = {{9}}, .ready = true, .digest = {{1}}};
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    const struct ss_effect *call = desk_pass(&desk, 5000, SS_FX_CALL_SYNC);
    assert_non_null(call);
    assert_true(call->call_sync.buckets.len > 0);
    desk_pass(&desk, 600000, SS_FX_DIGEST);
    assert_true(desk.core->keeper); // rights may have changed
    desk_close(&desk);
}

// A broker retains what was said of everybody who ever was in the scene.
static void those_who_are_gone_take_nobodys_place(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    for (uint32_t i = 0; i < 5000; i++) {
        struct ss_event event = desk_event(&desk, SS_EV_ONLINE);
        ss_store_be(event.online.origin.b, 8, 0xff00000000000000 + i);
        assert_int_equal(desk_step(&desk, &event), SS_OK);
    }
    desk_online(&desk, 9);
    peer_speaks(&desk);
    const struct ss_effect *seen = desk_find(&desk, SS_FX_PEER_CHANGED);
    assert_non_null(seen);
    assert_true(seen->peer_changed.online);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_that_forgot_is_given_everything_before_all_is_at_rest),
        cmocka_unit_test(a_client_waits_longer_for_a_broker_that_answers),
        cmocka_unit_test(what_went_out_before_a_peer_answered_goes_out_again_with_what_it_knew),
        cmocka_unit_test(what_came_before_a_peer_answered_goes_out_with_what_it_knew),
        cmocka_unit_test(a_newcomer_with_somebody_to_ask_has_nothing_replayed),
        cmocka_unit_test(a_newcomer_with_nobody_to_ask_has_everything_replayed),
        cmocka_unit_test(who_comes_back_asks_at_once_for_what_was_said_before),
        cmocka_unit_test(who_is_heard_of_late_is_still_whoever_looks_after_the_scene),
        cmocka_unit_test(a_peer_is_asked_at_once_over_a_new_connection),
        cmocka_unit_test(a_peer_is_asked_at_once_when_it_has_come_back),
        cmocka_unit_test(what_was_sent_says_no_more_under_its_number),
        cmocka_unit_test(what_was_not_acknowledged_is_sent_again),
        cmocka_unit_test(what_is_edited_again_and_again_waits_once),
        cmocka_unit_test(what_is_retained_does_not_count),
        cmocka_unit_test(who_may_only_look_on_keeps_nothing_for_others),
        cmocka_unit_test(those_who_are_gone_take_nobodys_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
