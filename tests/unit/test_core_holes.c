// SPDX-License-Identifier: Apache-2.0
// An origin that is gone for good may leave a hole in its numbers: what came after the hole is not news for ever.
#include "core_util.h"

static const struct ss_origin dead = {{9}};

static uint64_t counted(const struct desk *desk) {
    return desk->core->vectors.lines.items[ss_vectors_find(&desk->core->vectors, &dead)].seq;
}

static void hear(struct desk *desk, uint64_t seq) {
    const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 0, 0, 0, (uint8_t)seq}}};
    desk_give(desk, (struct ss_entity){ss_slice_text("object"), {{(uint8_t)seq}}, 1, &field}, dead.b[0], seq);
}

// Numbers 1, 2 and 4 came; whoever sent them was never seen.
static void open_with_hole(struct desk *desk) {
    desk_work(desk);
    desk_do(desk, SS_EV_REPLAYED);
    desk_pass(desk, 1000, SS_FX_DIGEST);
    assert_true(desk->core->known);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        if (seq != 3)
            hear(desk, seq);
    }
    assert_int_equal(counted(desk), 2);
}

// A peer is there for so long, and says that it has so much of the dead one.
static void peer_stays(struct desk *desk, struct ss_origin origin, uint64_t seq, uint64_t ms) {
    desk_online(desk, origin.b[0]);
    for (const uint64_t end = desk->now + ms; desk->now < end; desk->now += 5000) {
        const struct ss_vector_entry has = {dead, seq};
        struct ss_event event = desk_event(desk, SS_EV_PEER);
        event.peer.origin = origin;
        event.peer.vector = (struct ss_vector){1, &has};
        event.peer.ready = true;
        assert_int_equal(desk_step(desk, &event), SS_OK);
        desk_do(desk, SS_EV_TIME);
    }
}

// How many entities are the answer to a peer that has so much of the dead one.
static size_t answer_to(struct desk *desk, uint64_t seq) {
    const struct ss_vector_entry has = {dead, seq};
    struct ss_event event = desk_event(desk, SS_EV_SYNC_CALLED);
    event.sync_called.from = (struct ss_origin){{5}};
    event.sync_called.vector = (struct ss_vector){1, &has};
    assert_int_equal(desk_step(desk, &event), SS_OK);
    const struct ss_effect *reply = desk_pass(desk, 1000, SS_FX_REPLY_SYNC);
    assert_non_null(reply);
    assert_true(reply->reply.reply.last);
    return reply->reply.reply.entity_count;
}

static void what_nobody_can_fill_is_closed(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_hole(&desk);
    assert_int_equal(answer_to(&desk, 2), 1);
    const struct ss_origin other = {{5}};
    peer_stays(&desk, other, 2, 50000);
    assert_int_equal(counted(&desk), 2); // it may come back
    peer_stays(&desk, other, 2, 30000);
    assert_int_equal(counted(&desk), 4);
    assert_int_equal(answer_to(&desk, 2), 1); // others learn of it as of anything
    assert_int_equal(answer_to(&desk, 4), 0);
    hear(&desk, 5);
    assert_int_equal(counted(&desk), 5);
    desk_close(&desk);
}

static void it_is_there_after_a_restart(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_hole(&desk);
    const struct ss_effect *stored = NULL;
    for (const uint64_t end = desk.now + 90000; desk.now < end && stored == NULL; desk.now += 50) {
        desk_do(&desk, SS_EV_TIME);
        for (size_t i = 0; i < desk.effects.count; i++) {
            const struct ss_effect *effect = &desk.effects.items[i];
            if (effect->type == SS_FX_STORE && effect->store.key.data[0] == 'v')
                stored = effect;
        }
    }
    assert_non_null(stored);
    assert_int_equal(ss_load_be(stored->store.value.data, 8), 4);
    desk_close(&desk);
}

static void who_may_fill_it_is_waited_for(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_hole(&desk);
    peer_stays(&desk, dead, 2, 200000); // it is not dead
    assert_int_equal(counted(&desk), 2);
    desk_close(&desk);

    open_with_hole(&desk);
    peer_stays(&desk, (struct ss_origin){{5}}, 3, 200000); // and here somebody has what is missing
    assert_int_equal(counted(&desk), 2);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_can_fill_is_closed),
        cmocka_unit_test(it_is_there_after_a_restart),
        cmocka_unit_test(who_may_fill_it_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
