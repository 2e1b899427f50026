// SPDX-License-Identifier: Apache-2.0
// The checkpoint as a way in, as the answer to a large call, and how both are given up for another way.
#include "core_util.h"

static const struct ss_origin ada = {{0xad}}, bob = {{0xb0}};
static const struct ss_vector_entry of_ada = {{{0xad}}, 3};
static const struct ss_blob_name scene_blob = {{{5}}, 4000};

static void connected(struct desk *desk) {
    desk_work(desk);
    desk_do(desk, SS_EV_REPLAYED);
}

static void checkpoint(struct desk *desk, bool partial) {
    struct ss_event event = desk_event(desk, SS_EV_CHECKPOINT);
    event.checkpoint = (struct ss_ev_checkpoint){.from = ada, .vector = {1, &of_ada}, .blob = scene_blob, .partial = partial};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void blob(struct desk *desk, enum ss_event_type type) {
    struct ss_event event = desk_event(desk, type);
    event.blob.sha256 = scene_blob.sha256;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static const struct ss_vector touched = {1, &of_ada};

// A newcomer reads the first part of a checkpoint, one entity, which was edited so long after now; gives how the next parts come.
static struct ss_event read_first_part(struct desk *desk, uint64_t ahead_ms) {
    connected(desk);
    checkpoint(desk, true);
    assert_non_null(desk_pass(desk, 3000, SS_FX_FETCH_BLOB));
    assert_false(desk->core->known);
    blob(desk, SS_EV_BLOB_PRESENT);
    const struct ss_effect *read = desk_find(desk, SS_FX_READ_SNAPSHOT);
    assert_non_null(read);
    struct ss_field field = {ss_slice_text("name"), ss_slice_text("\xa1x"), {{0}}};
    ss_store_be(field.stamp.b, 6, 1700000000000U + desk->now + ahead_ms);
    const struct ss_entity entity = {ss_slice_text("object"), {{7}}, 1, &field};
    struct ss_event event = desk_event(desk, SS_EV_SYNC_REPLIED);
    event.sync_replied = (struct ss_ev_sync_reply){
        .from = read->read_snapshot.from, .call = read->read_snapshot.call, .entity_count = 1, .entities = &entity, .touched = &touched};
    assert_int_equal(desk_step(desk, &event), SS_OK);
    event.sync_replied.entity_count = 0;
    return event;
}

static void a_newcomer_whom_nobody_answers_reads_the_checkpoint(void **state) {
    (void)state;
    struct desk desk = {0};
    struct ss_event event = read_first_part(&desk, 0);
    assert_int_equal(desk.core->scene.present, 1);
    assert_false(desk.core->known); // half a scene is none
    event.sync_replied.part = 1;
    event.sync_replied.last = true;
    event.sync_replied.vector = touched;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_true(desk.core->known);
    assert_int_equal(desk.core->vectors.lines.items[ss_vectors_find(&desk.core->vectors, &ada)].seq, 3);
    desk_close(&desk);
}

static void of_what_came_without_its_middle_nothing_counts(void **state) {
    (void)state;
    struct desk desk = {0};
    struct ss_event event = read_first_part(&desk, 0);
    event.sync_replied.part = 2;
    event.sync_replied.last = true;
    event.sync_replied.vector = touched;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_false(desk.core->known);
    assert_int_equal(desk.core->vectors.lines.items[ss_vectors_find(&desk.core->vectors, &ada)].seq, 0);
    desk_close(&desk);
}

static void the_future_is_not_taken_from_a_checkpoint_either(void **state) {
    (void)state;
    struct desk desk = {0};
    read_first_part(&desk, 975ULL * 365 * 24 * 3600 * 1000);
    assert_int_equal(desk.core->scene.present, 0);
    assert_string_equal(desk_find(&desk, SS_FX_REFUSED)->refused.cause, "future");
    desk_close(&desk);
}

static void a_checkpoint_that_is_nowhere_keeps_nobody_waiting(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    checkpoint(&desk, true);
    assert_non_null(desk_pass(&desk, 3000, SS_FX_FETCH_BLOB));
    blob(&desk, SS_EV_BLOB_MISSING);
    desk_pass(&desk, 2000, SS_FX_CALL_SYNC);
    assert_true(desk.core->known);
    desk_close(&desk);
}

// It answered a call and may be old: what has been deleted since may be in it, and no tombstone retained any more.
static void a_checkpoint_is_passed_over_where_the_broker_replays_everything(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    checkpoint(&desk, false);
    assert_null(desk_pass(&desk, 5000, SS_FX_FETCH_BLOB));
    assert_true(desk.core->known);
    desk_close(&desk);
}

// Somebody took the broker for one that replays in part. Nobody would write the checkpoint anew, and in a month it would bring back the dead.
static void a_checkpoint_that_nobody_needs_is_said_to_be_so(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    desk_pass(&desk, 2000, SS_FX_PUBLISH_CHECKPOINT);
    assert_true(desk.core->known);
    desk_do(&desk, SS_EV_DISCONNECTED);
    desk_connect(&desk, true);
    const struct ss_field field = {ss_slice_text("name"), ss_slice_text("\xa1x"), {{0, 0, 0, 0, 0, 1}}};
    const struct ss_entity entity = {ss_slice_text("object"), {{7}}, 1, &field};
    for (uint64_t seq = 1; seq <= of_ada.seq; seq++)
        desk_give(&desk, entity, ada.b[0], seq);
    checkpoint(&desk, true);
    struct ss_event replayed = desk_event(&desk, SS_EV_STATE);
    replayed.state = (struct ss_ev_state){.entity = entity, .part = -1, .retained = true};
    assert_int_equal(desk_step(&desk, &replayed), SS_OK);
    desk_do(&desk, SS_EV_REPLAYED);
    const struct ss_effect *said = desk_pass(&desk, 2000, SS_FX_PUBLISH_CHECKPOINT);
    assert_non_null(said);
    assert_false(said->checkpoint.partial);
    assert_memory_equal(&said->checkpoint.blob, &scene_blob, sizeof scene_blob);
    assert_null(desk_find(&desk, SS_FX_FETCH_BLOB));
    desk_close(&desk);
}

// Edits something large and has bob call for all of it.
static void call(struct desk *desk, bool blobs) {
    desk->core->config.snapshot_bytes = 10;
    assert_int_equal(desk_edit(desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(desk);
    desk_publish_all(desk);
    desk_pass(desk, 1000, SS_FX_PUBLISH_CHECKPOINT);
    struct ss_event event = desk_event(desk, SS_EV_SYNC_CALLED);
    event.sync_called.from = bob;
    event.sync_called.call = 9;
    event.sync_called.blobs = blobs;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void a_large_answer_is_a_checkpoint(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    call(&desk, true);
    const struct ss_effect *beat = desk_find(&desk, SS_FX_REPLY_SYNC);
    assert_non_null(beat);
    assert_false(beat->reply.reply.last);
    assert_int_equal(beat->reply.reply.entity_count, 0);
    const struct ss_effect *part = desk_find(&desk, SS_FX_SNAPSHOT);
    assert_non_null(part);
    assert_true(part->reply.reply.last);
    struct ss_event event = desk_event(&desk, SS_EV_SNAPSHOT);
    event.snapshot.number = part->reply.reply.call;
    event.snapshot.blob = scene_blob;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    blob(&desk, SS_EV_BLOB_UPLOADED);
    assert_non_null(desk_pass(&desk, 1000, SS_FX_PUBLISH_CHECKPOINT));
    const struct ss_effect *answer = desk_find(&desk, SS_FX_REPLY_SYNC);
    assert_non_null(answer);
    assert_true(answer->reply.reply.last);
    assert_int_equal(answer->reply.reply.blob.size, scene_blob.size);
    desk_close(&desk);
}

// Edits more than an answer gives at once.
static void edit_much(struct desk *desk) {
    static uint8_t value[SS_MAX_VALUE] = {0xc5, (SS_MAX_VALUE - 3) >> 8, (SS_MAX_VALUE - 3) & 0xff};
    for (uint8_t entity = 10; entity < 130; entity++) {
        assert_int_equal(desk_edit(desk, 7, entity, false, entity, "name", ss_slice_of(value, sizeof value)), SS_OK);
    }
}

static void a_checkpoint_is_written_without_the_pauses_of_messages(void **state) {
    (void)state;
    for (int blobs = 0; blobs < 2; blobs++) {
        const enum ss_effect_type type = blobs ? SS_FX_SNAPSHOT : SS_FX_REPLY_SYNC;
        struct desk desk = {0};
        connected(&desk);
        edit_much(&desk);
        call(&desk, blobs);
        assert_false(desk_find(&desk, type)->reply.reply.last);
        for (int turn = 0; turn < 2; turn++) {
            desk.now++;
            desk_do(&desk, SS_EV_TIME);
            assert_int_equal(desk_find(&desk, type) != NULL, blobs);
        }
        desk_close(&desk);
    }
}

static void who_cannot_fetch_is_answered_in_messages(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    call(&desk, false);
    const struct ss_effect *answer = desk_pass(&desk, 1000, SS_FX_REPLY_SYNC);
    assert_non_null(answer);
    assert_true(answer->reply.reply.last);
    assert_int_equal(answer->reply.reply.entity_count, 1);
    desk_close(&desk);
}

// It is not durable yet: were we killed now, another entity would get its number.
static void an_answer_tells_of_no_number_that_is_not_published(void **state) {
    (void)state;
    struct desk desk = {0};
    connected(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 3, "name", DESK_BYTES(1)), SS_OK);
    desk_stored(&desk);
    desk_publish_all(&desk);
    assert_int_equal(desk_edit(&desk, 7, 2, false, 3, "name", DESK_BYTES(2)), SS_OK);
    assert_int_equal(desk_edit(&desk, 7, 3, false, 4, "name", DESK_BYTES(3)), SS_OK);
    struct ss_event event = desk_event(&desk, SS_EV_SYNC_CALLED);
    event.sync_called.from = bob;
    event.sync_called.call = 9;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    const struct ss_effect *answer = desk_pass(&desk, 1000, SS_FX_REPLY_SYNC);
    assert_non_null(answer);
    assert_int_equal(answer->reply.reply.entity_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(answer->reply.reply.touched[i].count, 1);
        assert_int_equal(answer->reply.reply.touched[i].entries[0].seq, 1);
    }
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_tells_of_no_number_that_is_not_published),
        cmocka_unit_test(a_newcomer_whom_nobody_answers_reads_the_checkpoint),
        cmocka_unit_test(of_what_came_without_its_middle_nothing_counts),
        cmocka_unit_test(the_future_is_not_taken_from_a_checkpoint_either),
        cmocka_unit_test(a_checkpoint_that_is_nowhere_keeps_nobody_waiting),
        cmocka_unit_test(a_checkpoint_is_passed_over_where_the_broker_replays_everything),
        cmocka_unit_test(a_checkpoint_that_nobody_needs_is_said_to_be_so),
        cmocka_unit_test(a_large_answer_is_a_checkpoint),
        cmocka_unit_test(a_checkpoint_is_written_without_the_pauses_of_messages),
        cmocka_unit_test(who_cannot_fetch_is_answered_in_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
