// SPDX-License-Identifier: Apache-2.0
// Every allocation of a step is denied once: the core is then as it was, and the same event can be given again.
#include "core_util.h"

// What a denied step may not touch.
struct snapshot {
    struct ss_sha256 digest;
    uint64_t present, next_seq, txn;
    size_t outbox, acks, overlays, lines_seq;
};

static struct snapshot look(struct desk *desk) {
    const struct ss_core *core = desk->core;
    struct snapshot snapshot;
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.digest = desk_digest(desk);
    snapshot.present = core->scene.present;
    snapshot.next_seq = core->next_seq;
    snapshot.txn = core->last_txn;
    snapshot.outbox = core->outbox.entries.count;
    snapshot.acks = core->acks.count;
    for (size_t i = 0; i < core->vectors.lines.count; i++)
        snapshot.lines_seq += (size_t)core->vectors.lines.items[i].seq;
    return snapshot;
}

static void deny_each(struct desk *desk, const struct ss_event *event) {
    for (size_t n = 1;; n++) {
        const struct snapshot before = look(desk);
        desk->allocations = 0;
        desk->deny = n;
        const int error = desk_step(desk, event);
        desk->deny = 0;
        if (error == SS_OK)
            return;
        assert_int_equal(error, SS_ENOMEM);
        for (size_t i = 0; i < desk->effects.count; i++)
            assert_int_equal(desk->effects.items[i].type, SS_FX_WAKE);
        const struct snapshot after = look(desk);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

static void open_with_client(struct desk *desk) {
    desk_start(desk);
    desk_join(desk, 7);
}

static void an_edit_is_all_or_nothing(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_client(&desk);
    uint8_t text[64] = {0xd9, 62};
    memset(text + 2, 'x', 62);
    uint8_t blob[48] = {0x82, 0xa6, 's', 'h', 'a', '2', '5', '6', 0xc4, 32};
    memcpy(blob + 42, "\xa4size\x07", 6);
    const struct ss_slice names[] = {ss_slice_text("name"), ss_slice_text("nodes/1/value"), ss_slice_text("image")};
    for (uint8_t round = 0; round < 3; round++) {
        text[5] = (uint8_t)('a' + round);
        blob[12] = round;
        struct ss_uuid ids[40];
        struct ss_slice values[40][3];
        for (uint8_t i = 0; i < 40; i++) {
            ids[i] = (struct ss_uuid){{i}};
            values[i][0] = ss_slice_of(text, 64);
            values[i][1] = ss_slice_text("\xa3xyz");
            values[i][2] = ss_slice_of(blob, 48);
        }
        // The second batch names the same entities again, as batches with other columns do.
        const struct ss_slice other = ss_slice_text("parent");
        struct ss_slice others[40];
        for (uint8_t i = 0; i < 40; i++)
            others[i] = ss_slice_of(text, 64);
        const struct ss_batch batches[] = {{ss_slice_text("object"), 40, 3, ids, names, &values[0][0]},
                                           {ss_slice_text("object"), 40, 1, ids, &other, others}};
        struct ss_event event = desk_event(&desk, SS_EV_EDIT);
        event.edit = (struct ss_ev_edit){7, round, false, 2, batches};
        deny_each(&desk, &event);
        assert_int_equal(desk.core->scene.present, 40);
    }
    desk_close(&desk);
}

static void a_state_message_is_all_or_nothing(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_client(&desk);
    uint8_t text[64] = {0xd9, 62};
    memset(text + 2, 'x', 62);
    for (uint8_t round = 1; round < 4; round++) {
        struct ss_field fields[] = {{ss_slice_text("a"), ss_slice_of(text, 64), {{0}}}, {ss_slice_text("b/c"), DESK_BYTES(4), {{0}}}};
        ss_store_be(fields[0].stamp.b, 8, (1700000000000ULL << 16) + round);
        ss_store_be(fields[1].stamp.b, 8, (1700000000000ULL << 16) + round);
        struct ss_event event = desk_event(&desk, SS_EV_STATE);
        event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{round}}, 2, fields},
                                           .part = -1,
                                           .numbered = true,
                                           .from = {{(uint8_t)(10 + round)}},
                                           .seq = 1};
        deny_each(&desk, &event);
    }
    assert_int_equal(desk.core->scene.present, 3);
    desk_close(&desk);
}

// A message of ours that we never sent: somebody else has our origin. Once that is left, the disk and the daemon hear of it, whatever is denied then.
static void leaving_a_clone_is_all_or_nothing(void **state) {
    (void)state;
    struct desk desk = {0};
    open_with_client(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "location", ss_slice_text("\xa3xyz")), SS_OK);
    desk_stored(&desk);
    struct ss_event event = desk_event(&desk, SS_EV_STATE);
    event.state = (struct ss_ev_state){
        .entity = {.kind = ss_slice_text("object"), .uuid = {{9}}}, .part = -1, .numbered = true, .from = {{1}}, .seq = 50};
    bool stored = false, told = false;
    for (size_t n = 1;; n++) {
        desk.allocations = 0;
        desk.deny = n;
        const int error = desk_step(&desk, &event);
        desk.deny = 0;
        stored |= desk_find(&desk, SS_FX_STORE) != NULL;
        told |= desk_find(&desk, SS_FX_NEW_ORIGIN) != NULL;
        const bool left = desk.core->clock.origin.b[0] != 1;
        assert_true(stored == left && told == left);
        if (error == SS_OK)
            break;
        if (desk.core->clock.origin.b[0] == 1)
            assert_int_equal(desk.core->next_seq, 2);
    }
    assert_int_not_equal(memcmp(desk.core->clock.origin.b, (uint8_t[8]){1}, 8), 0);
    assert_int_equal(desk.core->outbox.entries.count, 1);
    assert_int_equal(desk.core->outbox.entries.items[0].seq, 1);
    assert_int_equal(desk.core->next_seq, 2);
    desk_close(&desk);
}

static void creation_can_be_denied(void **state) {
    (void)state;
    for (size_t n = 1; n < 12; n++) {
        struct desk desk = {.deny = n};
        const struct ss_core_config config = ss_core_defaults((struct ss_alloc){desk_resize, &desk}, &(struct ss_origin){{0}});
        ss_core_destroy(ss_core_create(&config));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_is_all_or_nothing),
        cmocka_unit_test(a_state_message_is_all_or_nothing),
        cmocka_unit_test(leaving_a_clone_is_all_or_nothing),
        cmocka_unit_test(creation_can_be_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
