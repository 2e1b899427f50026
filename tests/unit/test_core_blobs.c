// SPDX-License-Identifier: Apache-2.0
// Blobs that the store has lost, and blobs that never come.
#include <string.h>

#include "core_util.h"

static void peer_misses(struct desk *desk, uint8_t origin, bool retained, size_t count, const struct ss_sha256 *missing) {
    struct ss_event event = desk_event(desk, SS_EV_PEER);
    event.peer.origin = (struct ss_origin){{origin}};
    event.peer.user = ss_slice_text("bob");
    event.peer.ready = true;
    event.peer.retained = retained;
    event.peer.missing_count = count;
    event.peer.missing = missing;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static void desk_connected(struct desk *desk) {
    desk_start(desk);
    desk_connect(desk, true);
    desk_do(desk, SS_EV_REPLAYED);
    desk_pass(desk, 1000, SS_FX_DIGEST);
    desk_join(desk, 7);
}

// An edit whose blob is here, uploaded and acknowledged.
static void edit_with_blob(struct desk *desk, uint8_t name) {
    desk_blob(desk, SS_EV_BLOB_PRESENT, name);
    assert_int_equal(desk_edit(desk, 7, 1, false, 1, "pixels", desk_blob_value(name)), SS_OK);
    assert_non_null(desk_find(desk, SS_FX_UPLOAD_BLOB));
    desk_stored(desk);
    assert_non_null(desk_find(desk, SS_FX_ACK));
    desk_blob(desk, SS_EV_BLOB_UPLOADED, name);
}

static void test_uploads_again_what_a_peer_misses(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_connected(&desk);
    edit_with_blob(&desk, 5);
    struct ss_sha256 missing[2];
    memset(missing[0].b, 5, sizeof missing[0].b);
    memset(missing[1].b, 6, sizeof missing[1].b); // of which this scene knows nothing
    peer_misses(&desk, 2, true, 2, missing);
    assert_null(desk_pass(&desk, 2000, SS_FX_UPLOAD_BLOB)); // an absent peer's old message
    desk_online(&desk, 2);
    peer_misses(&desk, 2, false, 2, missing);
    const struct ss_effect *upload = desk_pass(&desk, 1000, SS_FX_UPLOAD_BLOB);
    assert_non_null(upload);
    assert_memory_equal(upload->blob.sha256.b, missing[0].b, sizeof missing[0].b);
    desk_blob(&desk, SS_EV_BLOB_UPLOADED, 5);
    peer_misses(&desk, 2, false, 1, missing);
    assert_null(desk_pass(&desk, 5000, SS_FX_UPLOAD_BLOB)); // just done
    peer_misses(&desk, 2, false, 1, missing);
    desk.now += 10000;
    peer_misses(&desk, 2, false, 1, missing);
    assert_non_null(desk_pass(&desk, 1000, SS_FX_UPLOAD_BLOB)); // lost once more
    desk_close(&desk);
}

static void test_asks_peers_for_what_the_store_lacks(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_connected(&desk);
    const struct ss_field field = {ss_slice_text("pixels"), desk_blob_value(5), {{0, 0, 0, 1}}};
    desk_give(&desk, (struct ss_entity){ss_slice_text("image"), {{1}}, 1, &field}, 2, 1);
    desk_ready(&desk);
    assert_non_null(desk_find(&desk, SS_FX_FETCH_BLOB));
    desk_blob(&desk, SS_EV_BLOB_MISSING, 5);
    const struct ss_effect *peer = desk_pass(&desk, 2000, SS_FX_PUBLISH_PEER);
    assert_non_null(peer);
    assert_int_equal(peer->peer.missing_count, 1);
    assert_int_equal(peer->peer.missing[0].b[31], 5);
    desk_blob(&desk, SS_EV_BLOB_PRESENT, 5);
    peer = desk_pass(&desk, 2000, SS_FX_PUBLISH_PEER);
    assert_non_null(peer);
    assert_int_equal(peer->peer.missing_count, 0);
    desk_close(&desk);
}

static void test_what_never_arrives_holds_nothing_back_for_ever(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_connected(&desk);
    assert_int_equal(desk_edit(&desk, 7, 1, false, 1, "pixels", desk_blob_value(5)), SS_OK);
    desk_stored(&desk);
    assert_null(desk_find(&desk, SS_FX_ACK));
    struct ss_event event = desk_event(&desk, SS_EV_CLIENT_SYNC);
    event.client_sync.client = 7;
    event.client_sync.id = 9;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_null(desk_find(&desk, SS_FX_SYNCED));
    desk_blob(&desk, SS_EV_BLOB_MISSING, 5);
    assert_null(desk_pass(&desk, 50000, SS_FX_REFUSED));
    const struct ss_effect *refused = desk_pass(&desk, 20000, SS_FX_REFUSED);
    assert_non_null(refused);
    assert_non_null(strstr(refused->refused.text, "0505050505 never arrived"));
    bool told = false;
    for (size_t i = 0; i < desk.effects.count; i++)
        told |= desk.effects.items[i].type == SS_FX_REFUSED && desk.effects.items[i].refused.client == 7 &&
                desk.effects.items[i].refused.id == 1;
    assert_true(told);
    assert_non_null(desk_find(&desk, SS_FX_SYNCED));
    assert_int_equal(desk.core->scene.held, 0); // peers get the value and show a placeholder
    desk_stored(&desk);
    assert_non_null(desk_find(&desk, SS_FX_PUBLISH_STATE));
    desk_blob(&desk, SS_EV_BLOB_PRESENT, 5); // at last
    assert_non_null(desk_find(&desk, SS_FX_UPLOAD_BLOB));
    desk_close(&desk);
}

static void test_what_a_client_waits_for_may_never_come(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_connected(&desk);
    const struct ss_field field = {ss_slice_text("pixels"), desk_blob_value(5), {{0, 0, 0, 1}}};
    desk_give(&desk, (struct ss_entity){ss_slice_text("image"), {{1}}, 1, &field}, 2, 1);
    desk_ready(&desk);
    desk_blob(&desk, SS_EV_BLOB_MISSING, 5);
    struct ss_event event = desk_event(&desk, SS_EV_CLIENT_SYNC);
    event.client_sync.client = 7;
    event.client_sync.id = 9;
    assert_int_equal(desk_step(&desk, &event), SS_OK);
    assert_null(desk_pass(&desk, 50000, SS_FX_SYNCED));
    assert_non_null(desk_pass(&desk, 20000, SS_FX_CHANGES_WAIT));
    desk_ready(&desk);
    assert_null(desk_find(&desk, SS_FX_CHANGE));
    assert_non_null(desk_find(&desk, SS_FX_SYNCED));
    desk_blob(&desk, SS_EV_BLOB_PRESENT, 5);
    desk_ready(&desk);
    assert_non_null(desk_find(&desk, SS_FX_CHANGE));
    desk_close(&desk);
}

static void test_what_a_scene_did_not_ask_for_is_none_of_its_losses(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_connected(&desk);
    desk_blob(&desk, SS_EV_BLOB_MISSING, 5); // another scene, or a program, wanted it
    assert_null(desk_pass(&desk, 70000, SS_FX_REFUSED));
    assert_null(desk_find(&desk, SS_FX_FETCH_BLOB));
    assert_int_equal(desk.core->blobs.missing, 0);
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uploads_again_what_a_peer_misses),
        cmocka_unit_test(test_asks_peers_for_what_the_store_lacks),
        cmocka_unit_test(test_what_never_arrives_holds_nothing_back_for_ever),
        cmocka_unit_test(test_what_a_client_waits_for_may_never_come),
        cmocka_unit_test(test_what_a_scene_did_not_ask_for_is_none_of_its_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
