// SPDX-License-Identifier: Apache-2.0
// The replica when LMDB's map is full, and when the disk is.
#include "store_util.h"

#include <signal.h>
#include <sys/resource.h>

static void the_map_grows_when_it_is_full(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    const size_t size = 1 << 20;
    uint8_t *large = malloc(size);
    memset(large, 7, size);
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    for (uint8_t i = 0; i < 80; i++) {
        ss_store_put(demo, i + 1U, ss_slice_of(&i, 1), ss_slice_of(large, size));
        ss_store_flush(opened.store, true);
    }
    wait_for(bench, &told, 80);
    assert_int_equal(told.failed, 0);
    close_store(bench, &opened);
    free(large);
}

static void set_file_limit(rlim_t bytes) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

// Fills the map with a scene of one record a page, until not even a small one fits.
static void fill_map(MDB_env *env) {
    static char page[3000];
    MDB_txn *txn;
    MDB_dbi dbi;
    uint32_t number = 0;
    for (unsigned each = 1000; each > 0; each /= 10) {
        for (int error = 0; error == 0;) {
            assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
            error = mdb_dbi_open(txn, "filler", MDB_CREATE, &dbi);
            for (unsigned i = 0; error == 0 && i < each; i++, number++) {
                error = mdb_put(txn, dbi, &(MDB_val){sizeof(number), &number}, &(MDB_val){sizeof(page), page}, 0);
            }
            if (error == 0) {
                error = mdb_txn_commit(txn);
            } else {
                mdb_txn_abort(txn);
            }
        }
    }
}

static void a_scene_is_opened_or_marked_when_the_map_is_full(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    assert_true(open_store(bench, &opened));
    fill_map(opened.store->env);
    assert_non_null(ss_store_open(opened.store, "demo", on_done, &told));
    fill_map(opened.store->env);
    assert_true(ss_store_mark_copied(opened.store, &(struct ss_origin){{1}}));
    close_store(bench, &opened);
}

static void a_full_disk_is_said_and_harms_nothing(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    char key[16];
    uint8_t value[4000] = {1};
    signal(SIGXFSZ, SIG_IGN);
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    put(demo, 1, "before", "1");
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 1);
    set_file_limit(256 * 1024);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%04u", i);
        ss_store_put(demo, i < 100 ? 2 : 3, ss_slice_text(key), ss_slice_of(value, sizeof value));
    }
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 3);
    while (told.failed < 2) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    assert_int_equal(told.first_failed, 2); // each that is given up is named
    assert_int_equal(told.last, 1);
    set_file_limit(RLIM_INFINITY);
    told = (struct told){.last = 3};
    put(demo, 4, "after", "1");
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 4);
    assert_int_equal(told.failed, 0);
    close_store(bench, &opened);

    assert_true(open_store(bench, &opened));
    assert_records(ss_store_open(opened.store, "demo", on_done, &told), "after=1 before=1 ");
    close_store(bench, &opened);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_map_grows_when_it_is_full, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_scene_is_opened_or_marked_when_the_map_is_full, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_and_harms_nothing, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
