// SPDX-License-Identifier: Apache-2.0
// Origins are counted up to a limit, or whoever makes them up could grow every vector until no message held it.
#include "core_util.h"

static void hear(struct desk *desk, uint16_t who, uint8_t entity) {
    struct ss_field field = {ss_slice_text("name"), DESK_BYTES(5), {{0}}};
    ss_store_be(field.stamp.b, 6, 1700000000000U + desk->now);
    ss_store_be(field.stamp.b + 8, 2, who);
    struct ss_event event = desk_event(desk, SS_EV_STATE);
    event.state = (struct ss_ev_state){
        .entity = {ss_slice_text("object"), {{entity}}, 1, &field}, .part = -1, .numbered = true, .from = {{9}}, .seq = 1};
    ss_store_be(event.state.from.b + 6, 2, who);
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// Our own line, and so many others that there is room for no more.
static void hear_all(struct desk *desk) {
    desk_work(desk);
    desk_do(desk, SS_EV_REPLAYED);
    desk_pass(desk, 1000, SS_FX_DIGEST);
    assert_true(desk->core->known);
    for (uint16_t who = 1; who < SS_MAX_ORIGINS; who++)
        hear(desk, who, 1);
    assert_int_equal(desk->core->vectors.lines.count, SS_MAX_ORIGINS);
    desk_pass(desk, 60000, SS_FX_DIGEST);
}

static void beyond_the_limit_a_message_is_as_one_without_a_number(void **state) {
    (void)state;
    struct desk desk = {0};
    hear_all(&desk);
    const uint64_t next = desk.core->next_seq;
    hear(&desk, SS_MAX_ORIGINS, 2);
    assert_int_equal(desk.core->vectors.lines.count, SS_MAX_ORIGINS);
    assert_int_equal(desk.core->scene.present, 2);
    desk_pass(&desk, 1000, SS_FX_DIGEST);
    assert_int_equal(desk.core->next_seq, next + 1); // so the first in rank says it again, under a number of its own
    hear(&desk, 1, 3);
    desk_pass(&desk, 1000, SS_FX_DIGEST);
    assert_int_equal(desk.core->next_seq, next + 1); // who was counted before still is
    desk_close(&desk);
}

static void of_a_peer_no_more_is_wanted_than_is_counted(void **state) {
    (void)state;
    struct desk desk = {0};
    hear_all(&desk);
    struct ss_vector_entry has = {{{9}}, 5};
    ss_store_be(has.from.b + 6, 2, SS_MAX_ORIGINS);
    for (int counted = 0; counted < 2; counted++) {
        struct ss_event event = desk_event(&desk, SS_EV_PEER);
        event.peer.origin = (struct ss_origin){{7}};
        event.peer.vector = (struct ss_vector){1, &has};
        event.peer.ready = true;
        assert_int_equal(desk_step(&desk, &event), SS_OK);
        assert_int_equal(desk_pass(&desk, 5000, SS_FX_CALL_SYNC) != NULL, counted == 1);
        ss_store_be(has.from.b + 6, 2, 1);
    }
    const struct ss_vector_entry ours[] = {{{{9, 0, 0, 0, 0, 0, 0, 1}}, 5}, {{{9, 1}}, 3}};
    struct ss_event event = desk_event(&desk, SS_EV_SYNC_REPLIED);
    const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 0, 0, 0, 1}}};
    const struct ss_entity entity = {ss_slice_text("object"), {{8}}, 1, &field};
    const struct ss_vector both = {2, ours};
    event.sync_replied = (struct ss_ev_sync_reply){.from = {{7}},
                                                   .call = desk.core->sync.call,
                                                   .last = true,
                                                   .entity_count = 1,
                                                   .entities = &entity,
                                                   .touched = &both,
                                                   .vector = both};
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_int_equal(desk.core->scene.present, 2);
    assert_int_equal(desk.core->vectors.lines.count, SS_MAX_ORIGINS);
    assert_int_equal(desk.core->vectors.lines.items[ss_vectors_find(&desk.core->vectors, &ours[0].from)].seq, 5);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beyond_the_limit_a_message_is_as_one_without_a_number),
        cmocka_unit_test(of_a_peer_no_more_is_wanted_than_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
