// SPDX-License-Identifier: Apache-2.0
// What a replay of the broker's retained messages left out is published again: of an entity in parts some of them, and nothing that is new.
#include "core/plan.h"
#include "core_util.h"

#include <stdio.h>
#include <string.h>

enum { FIELDS = 10, LARGE = 20003 };

static struct ss_slice field_name(char text[32], unsigned number) {
    snprintf(text, 32, "nodes/%u/value", number);
    return ss_slice_text(text);
}

static int part_of(const struct desk *desk, unsigned number) {
    char text[32];
    return ss_field_part(desk->core, ss_names_find(&desk->core->names, field_name(text, number)));
}

static void quiet(struct desk *desk) {
    desk_do(desk, SS_EV_REPLAYED);
    desk->now += 500;
    desk_do(desk, SS_EV_TIME);
}

// The broker takes all that is published; `told` (NULL: never mind) is which parts that was, the base being the last.
static void publish(struct desk *desk, bool told[257]) {
    uint64_t tokens[64];
    for (size_t count = 1; count > 0;) {
        count = 0;
        for (size_t i = 0; i < desk->effects.count; i++) {
            const struct ss_effect *effect = &desk->effects.items[i];
            if (effect->type != SS_FX_PUBLISH_STATE)
                continue;
            tokens[count++] = effect->state.token;
            if (told != NULL)
                told[effect->state.part < 0 ? 256 : effect->state.part] = true;
        }
        for (size_t i = 0; i < count; i++)
            desk_published(desk, tokens[i]);
    }
}

// An entity in parts that the broker has, all of it.
static void work_in_parts(struct desk *desk, uint8_t *large) {
    memset(large, 7, LARGE);
    memcpy(large, "\xc5\x4e\x20", 3);
    desk_work(desk);
    quiet(desk);
    for (unsigned i = 0; i < FIELDS; i++) {
        char name[32];
        field_name(name, i);
        assert_int_equal(desk_edit(desk, 7, i + 1, false, 3, name, ss_slice_of(large, LARGE)), SS_OK);
        desk_stored(desk);
        publish(desk, NULL);
    }
}

// The retained message of the part that has this field.
static void replay_part(struct desk *desk, unsigned number) {
    const struct ss_thing *thing = ss_thing_at(desk->core, 0);
    struct ss_field fields[FIELDS];
    size_t count = 0;
    for (uint32_t i = 0; i < thing->count; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        if (ss_field_part(desk->core, cell->name) == part_of(desk, number))
            fields[count++] = (struct ss_field){ss_names_text(&desk->core->names, cell->name), ss_cell_value(cell), cell->stamp};
    }
    struct ss_event event = desk_event(desk, SS_EV_STATE);
    event.state =
        (struct ss_ev_state){.entity = {ss_slice_text("object"), {{3}}, count, fields}, .part = part_of(desk, number), .retained = true};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void the_broker_forgets(struct desk *desk) {
    desk_do(desk, SS_EV_DISCONNECTED);
    desk_connect(desk, false);
    quiet(desk);
    assert_non_null(desk_find(desk, SS_FX_REREAD));
}

static void what_a_replay_left_out_of_an_entity_goes_out_again(void **state) {
    (void)state;
    struct desk desk = {0};
    uint8_t large[LARGE];
    work_in_parts(&desk, large);
    the_broker_forgets(&desk);
    replay_part(&desk, 4);
    quiet(&desk);
    desk_stored(&desk);
    bool told[257] = {false};
    publish(&desk, told);
    assert_true(told[256]);
    for (unsigned i = 0; i < FIELDS; i++)
        assert_int_equal(told[part_of(&desk, i)], part_of(&desk, i) != part_of(&desk, 4));
    desk_close(&desk);
}

static void what_was_replayed_in_all_its_parts_stays(void **state) {
    (void)state;
    struct desk desk = {0};
    uint8_t large[LARGE];
    work_in_parts(&desk, large);
    the_broker_forgets(&desk);
    const struct ss_thing *thing = ss_thing_at(desk.core, 0);
    struct ss_field parts = {ss_slice_text("parts"), DESK_BYTES(0xc3), {{0}}};
    parts.stamp = ss_cells_get(&desk.core->names, thing->cells, thing->count, desk.core->word.parts)->stamp;
    struct ss_event event = desk_event(&desk, SS_EV_STATE);
    event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{3}}, 1, &parts}, .part = -1, .retained = true};
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    for (unsigned i = 0; i < FIELDS; i++)
        replay_part(&desk, i);
    quiet(&desk);
    desk_stored(&desk);
    assert_null(desk_pass(&desk, 5000, SS_FX_PUBLISH_STATE));
    desk_close(&desk);
}

// It is retained, though the replay had passed it by.
static void what_is_new_while_it_is_replayed_is_not_missing(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    quiet(&desk);
    the_broker_forgets(&desk);
    const struct ss_field name = {ss_slice_text("name"), DESK_BYTES(1), {{0, 0, 1}}};
    desk_give(&desk, (struct ss_entity){ss_slice_text("object"), {{5}}, 1, &name}, 9, 1);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 4, "name", DESK_BYTES(2)), SS_OK);
    desk_stored(&desk);
    publish(&desk, NULL);
    quiet(&desk);
    desk_stored(&desk);
    assert_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    assert_false(desk.core->republished);
    assert_int_equal(desk.core->proven, 0); // nor is it proven that it would be replayed
    desk_close(&desk);
}

// What waits for the broker's word will be retained, too.
static void what_is_on_its_way_while_it_is_replayed_is_not_missing(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    quiet(&desk);
    the_broker_forgets(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 4, "name", DESK_BYTES(2)), SS_OK);
    desk_stored(&desk);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    quiet(&desk);
    assert_false(desk.core->republished);
    desk_close(&desk);
}

// What waits for its blob's upload goes when that is done, and not as a message that says nothing.
static void what_waits_for_its_blob_is_not_missing(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    quiet(&desk);
    desk_blob(&desk, SS_EV_BLOB_PRESENT, 5);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 4, "pixels", desk_blob_value(5)), SS_OK);
    desk_stored(&desk);
    the_broker_forgets(&desk);
    quiet(&desk);
    desk_stored(&desk);
    assert_null(desk_pass(&desk, 5000, SS_FX_PUBLISH_STATE));
    desk_blob(&desk, SS_EV_BLOB_UPLOADED, 5);
    desk_stored(&desk);
    const struct ss_effect *effect = desk_find(&desk, SS_FX_PUBLISH_STATE);
    assert_non_null(effect);
    assert_int_equal(effect->state.entity.field_count, 1);
    desk_close(&desk);
}

static void a_part_that_waits_for_its_blob_is_not_missing(void **state) {
    (void)state;
    struct desk desk = {0};
    uint8_t large[LARGE];
    char name[32];
    work_in_parts(&desk, large);
    desk_blob(&desk, SS_EV_BLOB_PRESENT, 5);
    assert_int_equal(desk_edit(&desk, 7, FIELDS + 1, false, 3, (field_name(name, FIELDS), name), desk_blob_value(5)), SS_OK);
    for (unsigned i = 0; i < FIELDS; i++)
        assert_int_not_equal(part_of(&desk, i), part_of(&desk, FIELDS));
    desk_stored(&desk);
    the_broker_forgets(&desk);
    quiet(&desk);
    desk_stored(&desk);
    bool told[257] = {false};
    publish(&desk, told);
    assert_true(told[256] && told[part_of(&desk, 0)]);
    assert_false(told[part_of(&desk, FIELDS)]);
    desk_close(&desk);
}

// Only an empty scene is waited for any longer.
static void a_scene_that_was_replayed_is_known_at_the_end_of_the_replay(void **state) {
    (void)state;
    for (int brings = 0; brings < 2; brings++) {
        struct desk desk = {0};
        desk_start(&desk);
        desk_connect(&desk, false);
        desk_do(&desk, SS_EV_REPLAYED);
        const struct ss_field field = {ss_slice_text("name"), ss_slice_text("\xa1x"), {{0, 0, 0, 0, 0, 1}}};
        struct ss_event event = desk_event(&desk, SS_EV_STATE);
        event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{7}}, 1, &field}, .part = -1, .retained = true};
        if (brings)
            assert_int_equal(desk_step(&desk, &event), SS_OK);
        assert_false(desk.core->known);
        desk_do(&desk, SS_EV_REPLAYED);
        assert_int_equal(desk.core->known, brings);
        desk_close(&desk);
    }
}

// What came late to the broker may stand there in the place of what is newer, and only its author can know.
static void messages_of_two_that_may_have_crossed_are_followed_by_what_both_give(void **state) {
    (void)state;
    for (uint64_t later_ms = 100; later_ms <= 5100; later_ms += 5000) {
        struct desk desk = {0};
        desk_work(&desk);
        quiet(&desk);
        desk.now += 5000;
        assert_int_equal(desk_edit(&desk, 7, 1, false, 4, "name", DESK_BYTES(1)), SS_OK);
        desk_stored(&desk);
        publish(&desk, NULL);
        desk.now += later_ms;
        struct ss_field newer = {ss_slice_text("name"), DESK_BYTES(2), {{0}}};
        ss_store_be(newer.stamp.b, 6, 1700000000000U + desk.now);
        desk_give(&desk, (struct ss_entity){ss_slice_text("object"), {{4}}, 1, &newer}, 9, 1);
        const struct ss_effect *sent = NULL;
        for (int i = 0; i < 9 && sent == NULL; i++, sent = desk_pass(&desk, 500, SS_FX_PUBLISH_STATE))
            desk_stored(&desk);
        assert_int_equal(sent != NULL, later_ms == 100);
        if (sent != NULL)
            assert_true(ss_slice_equal(sent->state.entity.fields[0].value, newer.value));
        desk_close(&desk);
    }
}

// In a cluster the order in which one hears two others says nothing of what stands there, and both may die before they can see to it.
static void who_looks_after_what_is_retained_sees_to_messages_of_others_that_may_have_crossed(void **state) {
    (void)state;
    for (int authors = 1; authors <= 2; authors++) {
        for (uint64_t later_ms = 100; later_ms <= 5100; later_ms += 5000) {
            struct desk desk = {0};
            desk_work(&desk);
            quiet(&desk);
            assert_true(desk.core->keeper);
            struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), {{0}}};
            for (int message = 0; message < 2; message++) {
                desk.now += message == 0 ? 5000 : later_ms;
                field.value = message == 0 ? DESK_BYTES(1) : DESK_BYTES(2);
                ss_store_be(field.stamp.b, 6, 1700000000000U + desk.now);
                desk_give(&desk, (struct ss_entity){ss_slice_text("object"), {{4}}, 1, &field}, (uint8_t)(authors == 2 ? 9 + message : 9),
                          (uint64_t)(authors == 2 ? 1 : 1 + message));
            }
            const struct ss_effect *sent = NULL;
            for (int i = 0; i < 9 && sent == NULL; i++, sent = desk_pass(&desk, 500, SS_FX_PUBLISH_STATE))
                desk_stored(&desk);
            assert_int_equal(sent != NULL, authors == 2 && later_ms == 100);
            desk_close(&desk);
        }
    }
}

// That what was lacking was on its way is no proof that it would be replayed.
static void what_was_on_its_way_is_looked_for_when_nothing_is_any_more(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    quiet(&desk);
    for (uint8_t entity = 5; entity < 9; entity++) {
        assert_int_equal(desk_edit(&desk, 7, entity, false, entity, "name", DESK_BYTES(1)), SS_OK);
        desk_stored(&desk);
        publish(&desk, NULL);
    }
    the_broker_forgets(&desk);
    for (uint8_t entity = 5; entity < 9; entity++) {
        const struct ss_thing *thing = desk.core->scene.things.items[entity - 5];
        const struct ss_field field = {ss_slice_text("name"), DESK_BYTES(1), thing->cells[0].stamp};
        struct ss_event event = desk_event(&desk, SS_EV_STATE);
        event.state = (struct ss_ev_state){.entity = {ss_slice_text("object"), {{entity}}, 1, &field}, .part = -1, .retained = true};
        assert_int_equal(desk_step(&desk, &event), SS_OK);
    }
    assert_int_equal(desk_edit(&desk, 7, 9, false, 4, "name", DESK_BYTES(2)), SS_OK);
    desk_stored(&desk);
    const uint64_t token = desk_find(&desk, SS_FX_PUBLISH_STATE)->state.token;
    quiet(&desk);
    assert_null(desk_pass(&desk, 100000, SS_FX_REREAD));
    desk_published(&desk, token);
    assert_non_null(desk_pass(&desk, 100000, SS_FX_REREAD));
    desk_close(&desk);
}

static void a_peer_keeps(struct desk *desk, uint8_t origin, bool keeps) {
    struct ss_event event = desk_event(desk, SS_EV_PEER);
    event.peer = (struct ss_ev_peer){.origin = {{origin}}, .ready = keeps, .keeps = keeps};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// As who may only look on does once he is told so.
static void who_keeps_no_longer_is_followed_by_the_next(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    quiet(&desk); // of what came since; now all that it retains
    quiet(&desk);
    assert_true(desk.core->keeper);
    uint8_t first = 1;
    for (; desk.core->keeper; first++)
        a_peer_keeps(&desk, first, true);
    assert_null(desk_pass(&desk, 5000, SS_FX_REREAD));
    for (uint8_t origin = 1; origin < first; origin++)
        a_peer_keeps(&desk, origin, false);
    assert_non_null(desk_pass(&desk, 5000, SS_FX_REREAD));
    assert_true(desk.core->keeper);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scene_that_was_replayed_is_known_at_the_end_of_the_replay),
        cmocka_unit_test(what_a_replay_left_out_of_an_entity_goes_out_again),
        cmocka_unit_test(what_was_replayed_in_all_its_parts_stays),
        cmocka_unit_test(what_is_new_while_it_is_replayed_is_not_missing),
        cmocka_unit_test(what_is_on_its_way_while_it_is_replayed_is_not_missing),
        cmocka_unit_test(what_waits_for_its_blob_is_not_missing),
        cmocka_unit_test(messages_of_two_that_may_have_crossed_are_followed_by_what_both_give),
        cmocka_unit_test(who_looks_after_what_is_retained_sees_to_messages_of_others_that_may_have_crossed),
        cmocka_unit_test(what_was_on_its_way_is_looked_for_when_nothing_is_any_more),
        cmocka_unit_test(who_keeps_no_longer_is_followed_by_the_next),
        cmocka_unit_test(a_part_that_waits_for_its_blob_is_not_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
