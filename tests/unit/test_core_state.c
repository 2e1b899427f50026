// SPDX-License-Identifier: Apache-2.0
// What is kept, moved to parts, shrunk, set aside, and what comes back after a restart.
#include <stdio.h>

#include "core_util.h"

enum { DESK_RECORDS = 600 };

struct disk {
    struct {
        uint8_t key[80], *value;
        size_t key_len, value_len;
    } records[DESK_RECORDS];
    size_t count;
};

static void disk_put(struct disk *disk, struct ss_slice key, struct ss_slice value) {
    size_t at = 0;
    while (at < disk->count && !ss_slice_equal(ss_slice_of(disk->records[at].key, disk->records[at].key_len), key))
        at++;
    if (at < disk->count)
        free(disk->records[at].value);
    else
        assert_true(disk->count++ < DESK_RECORDS);
    memcpy(disk->records[at].key, key.data, key.len);
    disk->records[at].key_len = key.len;
    disk->records[at].value = malloc(value.len + 1);
    if (value.len > 0)
        memcpy(disk->records[at].value, value.data, value.len);
    disk->records[at].value_len = value.len;
    if (value.len == 0) {
        free(disk->records[at].value);
        disk->records[at] = disk->records[--disk->count];
    }
}

static void disk_take(struct disk *disk, const struct desk *desk) {
    for (size_t i = 0; i < desk->effects.count; i++) {
        if (desk->effects.items[i].type == SS_FX_STORE)
            disk_put(disk, desk->effects.items[i].store.key, desk->effects.items[i].store.value);
    }
}

static void disk_restore(const struct disk *disk, struct desk *desk) {
    for (size_t i = disk->count; i-- > 0;) {
        struct ss_event event = desk_event(desk, SS_EV_RESTORED);
        event.restored.key = ss_slice_of(disk->records[i].key, disk->records[i].key_len);
        event.restored.value = ss_slice_of(disk->records[i].value, disk->records[i].value_len);
        assert_int_equal(desk_step(desk, &event), SS_OK);
    }
}

static void disk_finish(struct disk *disk) {
    for (size_t i = 0; i < disk->count; i++)
        free(disk->records[i].value);
    free(disk);
}

static size_t count_effects(const struct desk *desk, enum ss_effect_type type, size_t *bytes) {
    size_t count = 0;
    for (size_t i = 0; i < desk->effects.count; i++) {
        const struct ss_effect *effect = &desk->effects.items[i];
        count += effect->type == type;
        for (size_t f = 0; effect->type == type && type == SS_FX_PUBLISH_STATE && f < effect->state.entity.field_count; f++)
            *bytes += effect->state.entity.fields[f].value.len;
    }
    return count;
}

static void a_large_entity_moves_to_parts_and_survives_a_restart(void **state) {
    (void)state;
    struct desk desk = {0};
    struct disk *disk = calloc(1, sizeof *disk);
    uint8_t *large = malloc(20003);
    memset(large, 7, 20003);
    memcpy(large, "\xc5\x4e\x20", 3);
    desk_start(&desk);
    desk_join(&desk, 7);
    for (uint8_t i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof name, "nodes/%u/value", i);
        assert_int_equal(desk_edit(&desk, 7, i, false, 3, name, ss_slice_of(large, 20003)), SS_OK);
        disk_take(disk, &desk);
    }
    const struct ss_sha256 before = desk_digest(&desk);
    desk_connect(&desk, true);
    size_t bytes = 0;
    desk_stored(&desk);
    const size_t messages = count_effects(&desk, SS_FX_PUBLISH_STATE, &bytes);
    assert_true(messages >= 10 && bytes >= 200000);
    assert_int_equal(desk_edit(&desk, 7, 11, false, 3, "nodes/4/name", DESK_BYTES(1)), SS_OK);
    bytes = 0;
    desk_stored(&desk);
    assert_int_equal(count_effects(&desk, SS_FX_PUBLISH_STATE, &bytes), 1);
    assert_true(bytes < 45000); // one part, maybe shared with another node
    desk_close(&desk);

    struct desk reborn = {.now = desk.now};
    desk_open(&reborn, 1);
    disk_restore(disk, &reborn);
    desk_do(&reborn, SS_EV_START);
    const struct ss_sha256 after = desk_digest(&reborn);
    assert_memory_equal(&before, &after, sizeof before);
    desk_connect(&reborn, true);
    bytes = 0;
    assert_true(count_effects(&reborn, SS_FX_PUBLISH_STATE, &bytes) >= messages);
    desk_close(&reborn);
    disk_finish(disk);
    free(large);
}

static void records_marked_as_a_copy_are_published_under_another_origin(void **state) {
    (void)state;
    struct desk desk = {0};
    struct disk *disk = calloc(1, sizeof *disk);
    desk_work(&desk);
    for (uint8_t i = 0; i < 2; i++) {
        assert_int_equal(desk_edit(&desk, 7, i, false, (uint8_t)(3 + i), "name", DESK_BYTES(1)), SS_OK);
        disk_take(disk, &desk);
        desk_stored(&desk);
        disk_take(disk, &desk);
        if (i == 0) { // the second stays unsent
            desk_published(&desk, desk_find(&desk, SS_FX_PUBLISH_STATE)->state.token);
            disk_take(disk, &desk);
        }
    }
    const struct ss_sha256 before = desk_digest(&desk);
    desk_close(&desk);
    disk_put(disk, ss_slice_text(SS_RECORD_ORIGIN), DESK_BYTES(1, 0, 0, 0, 0, 0, 0, 0));
    disk_put(disk, ss_slice_text(SS_RECORD_COPIED), DESK_BYTES(0, 0, 0, 0, 0, 0, 0, 0));

    struct desk copy = {.now = desk.now};
    const struct ss_origin original = {{1}};
    desk_open(&copy, 2); // the copied directory has another origin since
    disk_restore(disk, &copy);
    desk_do(&copy, SS_EV_START);
    disk_take(disk, &copy);
    desk_stored(&copy);
    const struct ss_sha256 after = desk_digest(&copy);
    assert_memory_equal(&before, &after, sizeof before);
    assert_false(ss_origin_equal(&copy.core->clock.origin, &original));
    desk_connect(&copy, true);
    assert_int_equal(desk_find(&copy, SS_FX_PUBLISH_STATE)->state.seq, 1);
    assert_int_equal(desk_find(&copy, SS_FX_PUBLISH_STATE)->state.entity.uuid.b[0], 4);
    assert_int_equal(copy.core->vectors.lines.items[ss_vectors_find(&copy.core->vectors, &original)].seq, 2);
    const struct ss_origin taken = copy.core->clock.origin;
    desk_close(&copy);

    desk_open(&copy, 2); // it is its own from then on
    disk_restore(disk, &copy);
    desk_do(&copy, SS_EV_START);
    assert_true(ss_origin_equal(&copy.core->clock.origin, &taken));
    desk_close(&copy);
    disk_finish(disk);
}

static void a_tombstone_shrinks_after_30_days(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 2, false, 3, "deleted", DESK_BYTES(0xc3)), SS_OK);
    desk_stored(&desk);
    desk_published(&desk, desk_find(&desk, SS_FX_PUBLISH_STATE)->state.token);
    const struct ss_sha256 before = desk_digest(&desk);
    desk.now += 29ULL * 24 * 3600 * 1000;
    desk_do(&desk, SS_EV_TIME);
    assert_null(desk_find(&desk, SS_FX_CLEAR_STATE));
    desk.now += 2ULL * 24 * 3600 * 1000;
    desk_do(&desk, SS_EV_TIME);
    assert_non_null(desk_find(&desk, SS_FX_CLEAR_STATE));
    assert_int_equal(ss_thing_at(desk.core, 0)->count, 1);
    const struct ss_sha256 after = desk_digest(&desk);
    assert_memory_equal(&before, &after, sizeof before);
    const struct ss_field older = {ss_slice_text("note"), DESK_BYTES(1), {{0, 0, 0, 0, 0, 1}}};
    desk_give(&desk, (struct ss_entity){ss_slice_text("object"), {{3}}, 1, &older}, 9, 1);
    assert_int_equal(ss_thing_at(desk.core, 0)->count, 1); // of who was away longer: else it were there again should anybody undo it
    desk_close(&desk);
}

// What was said under our origin and not by us: somebody else has a copy of our records, or we an older one.
static void whose_numbers_others_count_further_than_he_does_takes_another_origin(void **state) {
    (void)state;
    for (uint64_t seq = 0; seq < 2; seq++) {
        struct desk desk = {0};
        desk_work(&desk);
        const struct ss_vector_entry ours = {{{1}}, seq};
        struct ss_event event = desk_event(&desk, SS_EV_PEER);
        event.peer.origin = (struct ss_origin){{9}};
        event.peer.vector = (struct ss_vector){1, &ours};
        assert_int_equal(desk_step(&desk, &event), SS_OK);
        assert_int_equal(desk_find(&desk, SS_FX_NEW_ORIGIN) != NULL, seq == 1);
        desk_close(&desk);
    }
}

static void who_revives_a_mesh_as_it_is_keeps_what_others_have_added(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "topology", DESK_BYTES(0xa2, 't', '0')), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 2, false, 3, "at/t0/uv", DESK_BYTES(5)), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 3, false, 3, "deleted", DESK_BYTES(0xc3)), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 4, false, 3, "topology", DESK_BYTES(0xa2, 't', '0')), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 5, false, 3, "deleted", DESK_BYTES(0xc2)), SS_OK);
    assert_int_equal(ss_thing_at(desk.core, 0)->count, 3);
    desk_close(&desk);
}

static void give(struct desk *desk, uint64_t ahead_ms, uint64_t seq) {
    struct ss_field field = {ss_slice_text("x"), DESK_BYTES(5), {{0}}};
    ss_store_be(field.stamp.b, 6, 1700000000000U + desk->now + ahead_ms);
    desk_give(desk, (struct ss_entity){ss_slice_text("object"), {{1}}, 1, &field}, 9, seq);
}

// A message of as many fields as one may have, named from `first` on.
static void give_many(struct desk *desk, uint32_t first, uint64_t ahead_ms, uint64_t seq) {
    struct ss_field *fields = calloc(SS_MAX_FIELDS, sizeof *fields);
    char(*names)[16] = calloc(SS_MAX_FIELDS, sizeof *names);
    static const uint8_t five = 5;
    for (uint32_t i = 0; i < SS_MAX_FIELDS; i++) {
        snprintf(names[i], sizeof names[i], "a/b/%07u", first + i);
        fields[i] = (struct ss_field){ss_slice_text(names[i]), ss_slice_of(&five, 1), {{0}}};
        ss_store_be(fields[i].stamp.b, 6, 1700000000000U + desk->now + ahead_ms);
    }
    desk_give(desk, (struct ss_entity){ss_slice_text("object"), {{1}}, SS_MAX_FIELDS, fields}, 9, seq);
    free(names);
    free(fields);
}

static void more_fields_than_one_message_has_survive_a_restart(void **state) {
    (void)state;
    struct desk desk = {0}, reborn = {0};
    struct disk *disk = calloc(1, sizeof *disk);
    desk_start(&desk);
    give_many(&desk, 0, 0, 1);
    give_many(&desk, SS_MAX_FIELDS, 0, 2);
    disk_take(disk, &desk);
    const struct ss_sha256 before = desk_digest(&desk);
    desk_close(&desk);
    desk_open(&reborn, 1);
    disk_restore(disk, &reborn);
    desk_do(&reborn, SS_EV_START);
    const struct ss_sha256 after = desk_digest(&reborn);
    assert_int_equal(ss_thing_at(reborn.core, 0)->count, 2 * SS_MAX_FIELDS);
    assert_memory_equal(&before, &after, sizeof before);
    desk_close(&reborn);
    disk_finish(disk);
}

static void as_many_fields_as_one_message_has_wait_until_they_are_due(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    give_many(&desk, 0, 10ULL * 60 * 1000, 1);
    assert_int_equal(desk.core->aside.count, 1);
    desk.now += 5ULL * 60 * 1000;
    desk_do(&desk, SS_EV_TIME);
    assert_int_equal(ss_thing_at(desk.core, 0)->count, SS_MAX_FIELDS);
    desk_close(&desk);
}

static void the_future_waits_or_is_refused(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    give(&desk, 25ULL * 3600 * 1000, 1);
    assert_int_equal(desk_find(&desk, SS_FX_REFUSED)->refused.error, SS_EFUTURE);
    assert_int_equal(desk.core->aside.count, 0);
    give(&desk, 10ULL * 60 * 1000, 2);
    assert_int_equal(desk.core->scene.present, 0);
    assert_int_equal(desk.core->aside.count, 1);
    desk.now += 5ULL * 60 * 1000 - 1;
    desk_do(&desk, SS_EV_TIME);
    assert_int_equal(desk.core->scene.present, 0);
    desk.now += 1;
    desk_do(&desk, SS_EV_TIME);
    assert_int_equal(desk.core->scene.present, 1);
    assert_int_equal(desk.core->aside.count, 0);
    desk_close(&desk);
}

// Whoever had it aside may have had the broker retain something older; not when it has come by another way since.
static void what_was_set_aside_is_published_when_it_is_news(void **state) {
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct desk desk = {0};
        desk_work(&desk);
        give(&desk, 10ULL * 60 * 1000, 1);
        assert_int_equal(desk.core->aside.count, 1);
        if (known == 1) {
            struct ss_event event = desk_event(&desk, SS_EV_CLOCK_OFFSET);
            event.clock.offset_ms = 10LL * 60 * 1000;
            assert_int_equal(desk_step(&desk, &event), SS_OK);
            give(&desk, 10ULL * 60 * 1000, 1);
            assert_int_equal(desk.core->scene.present, 1);
        }
        desk.now += 5ULL * 60 * 1000;
        desk_do(&desk, SS_EV_TIME);
        assert_int_equal(desk.core->aside.count, 0);
        desk.now += 2000;
        desk_do(&desk, SS_EV_TIME);
        assert_int_equal(desk.core->next_seq, known == 1 ? 1 : 2);
        desk_close(&desk);
    }
}

static void what_the_disk_refused_is_refused_and_stored_again(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    struct ss_event event = desk_event(&desk, SS_EV_STORE_FAILED);
    event.stored.txn = desk.core->last_txn;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_string_equal(desk_find(&desk, SS_FX_REFUSED)->refused.cause, "disk");
    assert_int_equal(desk_edit(&desk, 7, 2, false, 4, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(&desk);
    assert_non_null(desk_find(&desk, SS_FX_ACK));
    assert_null(desk_find(&desk, SS_FX_PUBLISH_STATE)); // its seq must not be given out while an earlier one is not durable
    desk.now += 1000;
    desk_do(&desk, SS_EV_TIME);
    assert_non_null(desk_find(&desk, SS_FX_STORE));
    desk_stored(&desk);
    assert_int_equal(desk_find(&desk, SS_FX_PUBLISH_STATE)->state.seq, 1);
    desk_close(&desk);
}

static void after_many_refusals_what_the_disk_refused_is_stored_within_seconds_of_its_recovery(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_work(&desk);
    for (uint64_t id = 1; id <= 20; id++) {
        assert_int_equal(desk_edit(&desk, 7, id, false, 3, "name", DESK_BYTES((uint8_t)id)), SS_OK);
        struct ss_event event = desk_event(&desk, SS_EV_STORE_FAILED);
        event.stored.txn = desk.core->last_txn;
        assert_int_equal(desk_step(&desk, &event), SS_OK);
    }
    desk.now += 5000;
    desk_do(&desk, SS_EV_TIME);
    assert_non_null(desk_find(&desk, SS_FX_STORE));
    desk_stored(&desk);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_entity_moves_to_parts_and_survives_a_restart),
        cmocka_unit_test(records_marked_as_a_copy_are_published_under_another_origin),
        cmocka_unit_test(a_tombstone_shrinks_after_30_days),
        cmocka_unit_test(whose_numbers_others_count_further_than_he_does_takes_another_origin),
        cmocka_unit_test(who_revives_a_mesh_as_it_is_keeps_what_others_have_added),
        cmocka_unit_test(more_fields_than_one_message_has_survive_a_restart),
        cmocka_unit_test(as_many_fields_as_one_message_has_wait_until_they_are_due),
        cmocka_unit_test(the_future_waits_or_is_refused),
        cmocka_unit_test(what_was_set_aside_is_published_when_it_is_news),
        cmocka_unit_test(what_the_disk_refused_is_refused_and_stored_again),
        cmocka_unit_test(after_many_refusals_what_the_disk_refused_is_stored_within_seconds_of_its_recovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
