// SPDX-License-Identifier: Apache-2.0
// The replica on disk: what was said to be durable is there after a reopen; damage is said, not guessed around.
#include "store_util.h"

#include <sys/stat.h>

static void what_was_committed_is_there_after_a_reopen(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0}, other = {0};
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    struct ss_records *film = ss_store_open(opened.store, "film", on_done, &other);
    put(demo, 1, "a", "1");
    put(demo, 1, "b", "1");
    put(film, 1, "a", "9");
    put(demo, 2, "b", "2");
    put(demo, 2, "c", "2");
    put(demo, 3, "c", ""); // removed
    put(demo, 3, "never", "");
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 3);
    assert_int_equal(told.failed, 0);
    put(demo, 4, "d", "4");
    close_store(bench, &opened); // commits what is queued, and says so
    assert_int_equal(told.last, 4);
    assert_int_equal(other.last, 1);

    assert_true(open_store(bench, &opened));
    assert_records(ss_store_open(opened.store, "demo", on_done, &told), "a=1 b=2 d=4 ");
    assert_records(ss_store_open(opened.store, "film", on_done, &other), "a=9 ");
    close_store(bench, &opened);
}

static void what_nobody_waits_for_is_stored_all_the_same(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    put(demo, 1, "a", "1");
    ss_store_flush(opened.store, false);
    wait_for(bench, &told, 1); // by itself
    put(demo, 2, "b", "2");
    ss_store_flush(opened.store, false);
    put(demo, 3, "c", "3");
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 3); // with what is awaited
    put(demo, 4, "d", "4");
    ss_store_flush(opened.store, false);
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 4); // because it is awaited now
    put(demo, 5, "e", "5");
    ss_store_flush(opened.store, false);
    close_store(bench, &opened);
    assert_int_equal(told.last, 5);

    assert_true(open_store(bench, &opened));
    assert_records(ss_store_open(opened.store, "demo", on_done, &told), "a=1 b=2 c=3 d=4 e=5 ");
    close_store(bench, &opened);
}

static void relaxed_is_as_much_there_after_a_reopen(void **state) {
    relaxed = true;
    what_was_committed_is_there_after_a_reopen(state);
    relaxed = false;
}

// The last commit is taken to the disk by itself, and only once: a store at rest does nothing.
static void relaxed_the_last_commit_is_behind_for_a_second_at_most(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    relaxed = true;
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    put(demo, 1, "a", "1");
    ss_store_flush(opened.store, true);
    wait_for(bench, &told, 1);
    assert_true(opened.store->behind);
    while (opened.store->behind) {
        usleep(10000);
    }
    close_store(bench, &opened);
    relaxed = false;
}

static void name_scene(void *context, struct ss_slice scene) { list_one(context, scene, ss_slice_text("")); }

static bool stop_at_once(void *context, struct ss_slice key, struct ss_slice value) {
    (void)key;
    (void)value;
    ++*(int *)context;
    return false;
}

static void scenes_are_listed_opened_or_not(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0};
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    ss_store_open(opened.store, "a-film", on_done, &told);
    ss_store_open(opened.store, "No scene's name, and longer than any: 64 bytes are the most that one has", on_done, &told); // damage
    put(demo, 1, "a", "1");
    put(demo, 1, "b", "1");
    close_store(bench, &opened);
    assert_true(open_store(bench, &opened));
    char text[256] = "";
    ss_store_each_scene(opened.store, name_scene, text);
    assert_string_equal(text, "a-film= demo= ");
    int seen = 0;
    assert_int_equal(read_all(ss_store_open(opened.store, "demo", on_done, &told), stop_at_once, &seen), SS_STORE_FAILED);
    assert_int_equal(seen, 1);
    close_store(bench, &opened);
}

static bool count_one(void *context, struct ss_slice key, struct ss_slice value) {
    unsigned *count = context;
    char expected[16];
    snprintf(expected, sizeof expected, "%05u", ++*count);
    assert_memory_equal(key.data, expected, key.len);
    return value.len > 0;
}

static void a_scene_is_read_a_little_at_a_time_while_another_is_written(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    struct told told = {0}, other = {0};
    char key[16];
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(key, sizeof key, "%05u", i);
        put(demo, 1, key, "value");
    }
    close_store(bench, &opened);
    assert_true(open_store(bench, &opened));
    demo = ss_store_open(opened.store, "demo", on_done, &told);
    struct ss_records *film = ss_store_open(opened.store, "film", on_done, &other);
    unsigned count = 0, turns = 0;
    while (ss_store_read(demo, 0, count_one, &count) == SS_STORE_MORE) {
        put(film, ++turns, "a", "1");
        ss_store_flush(opened.store, true);
    }
    assert_int_equal(count, 5000);
    assert_true(turns > 10);
    wait_for(bench, &other, turns);
    ss_store_close(film);
    assert_records(ss_store_open(opened.store, "film", on_done, &other), "a=1 ");
    close_store(bench, &opened);
}

// ---- A file that is not what it was -----------------------------------------------------------------------------------------------------

static void fill(struct bench *bench) {
    struct opened opened;
    struct told told = {0};
    char key[16];
    uint8_t value[2000] = {1};
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%04u", i);
        ss_store_put(demo, 1, ss_slice_text(key), ss_slice_of(value, sizeof value));
    }
    close_store(bench, &opened);
    assert_int_equal(told.last, 1);
}

static void refuses(struct bench *bench) {
    struct opened opened;
    assert_false(open_store(bench, &opened));
    close_store(bench, &opened);
}

static void a_file_of_something_else_is_refused(void **state) {
    struct bench *bench = *state;
    char rubbish[20000];
    memset(rubbish, 'x', sizeof rubbish);
    bench_write(bench, "data.mdb", rubbish, sizeof rubbish);
    refuses(bench);
}

static void a_file_of_a_newer_version_is_refused(void **state) {
    struct bench *bench = *state;
    char path[PATH_MAX];
    fill(bench);
    bench_path(bench, "data.mdb", path);
    const int fd = open(path, O_RDWR);
    const long page = sysconf(_SC_PAGESIZE);
    const uint32_t magic = 0xBEEFC0DE, newer = 999;
    for (long at = 0; at <= page; at += page) { // of both meta pages: head, magic, version
        uint32_t found = 0;
        assert_int_equal(pread(fd, &found, sizeof found, at + 16), sizeof found);
        assert_int_equal(found, magic);
        assert_int_equal(pwrite(fd, &newer, sizeof newer, at + 20), sizeof newer);
    }
    close(fd);
    refuses(bench);
}

static bool ignore_one(void *context, struct ss_slice key, struct ss_slice value) {
    (void)context;
    return key.len > 0 && value.len > 0;
}

static void of_a_file_that_was_cut_only_what_is_there_is_read(void **state) {
    struct bench *bench = *state;
    char path[PATH_MAX];
    struct stat status;
    struct opened opened;
    struct told told = {0};
    fill(bench);
    bench_path(bench, "data.mdb", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size / 2), 0);
    assert_true(open_store(bench, &opened));
    struct ss_records *demo = ss_store_open(opened.store, "demo", on_done, &told);
    assert_true(demo == NULL || read_all(demo, ignore_one, NULL) == SS_STORE_FAILED);
    close_store(bench, &opened);
}

static nlink_t threads(void) {
    struct stat tasks; // a folder of its own for each
    assert_int_equal(stat("/proc/self/task", &tasks), 0);
    return tasks.st_nlink;
}

// An agent that finds its socket taken has a store by then.
static void freed_without_a_stop_it_leaves_no_thread(void **state) {
    struct bench *bench = *state;
    struct opened opened;
    const nlink_t before = threads();
    assert_true(open_store(bench, &opened));
    ss_store_free(opened.store);
    for (int tries = 0; threads() != before && tries < 5000; tries++) {
        usleep(1000); // the kernel tells of its end before it forgets it
    }
    assert_int_equal(threads(), before);
    ss_mailbox_close(&opened.mailbox);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_committed_is_there_after_a_reopen, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(what_nobody_waits_for_is_stored_all_the_same, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(relaxed_is_as_much_there_after_a_reopen, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(relaxed_the_last_commit_is_behind_for_a_second_at_most, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(scenes_are_listed_opened_or_not, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_scene_is_read_a_little_at_a_time_while_another_is_written, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_file_of_something_else_is_refused, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_file_of_a_newer_version_is_refused, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(of_a_file_that_was_cut_only_what_is_there_is_read, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(freed_without_a_stop_it_leaves_no_thread, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
