// SPDX-License-Identifier: Apache-2.0
// The content cache: only what has its name's content comes in, only what the store has is forgotten, and a restart knows which is which.
#include "edges_util.h"

#include "edges/cache.h"
#include "edges/evict.h"
#include "util/sha256.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <utime.h>

enum { DAY = 24 * 3600 };

static void count_one(void *context, const struct ss_sha256 *sha256) {
    (void)sha256;
    ++*(int *)context;
}

// Returns how many files the store does not have.
static int open_cache(struct bench *bench, struct ss_cache *cache, uint64_t max_bytes) {
    char folder[PATH_MAX], incoming[PATH_MAX];
    bench_path(bench, "cache", folder);
    bench_path(bench, "incoming", incoming);
    mkdir(folder, 0700);
    mkdir(incoming, 0700);
    int local = 0;
    assert_true(ss_cache_init(cache, &bench->loop, folder, incoming, max_bytes));
    ss_cache_count(cache, count_one, &local);
    return local;
}

static struct ss_sha256 hash(const void *bytes, size_t len) {
    struct ss_sha256 sha256;
    struct ss_sha256_state *hasher = ss_sha256_create();
    ss_sha256_begin(hasher);
    ss_sha256_add(hasher, bytes, len);
    ss_sha256_end(hasher, &sha256);
    ss_sha256_destroy(hasher);
    return sha256;
}

static int mode_of(const struct ss_cache *cache, const struct ss_sha256 *sha256, const char *suffix) {
    char path[PATH_MAX];
    struct stat status;
    ss_cache_path(cache, sha256, suffix, path);
    return stat(path, &status) == 0 ? (int)(status.st_mode & 07777) : 0;
}

// A file of `size` bytes, all `byte`, straight into the cache.
static struct ss_sha256 plant(const struct ss_cache *cache, uint8_t byte, size_t size, const char *suffix, mode_t mode, time_t age) {
    char path[PATH_MAX];
    uint8_t *bytes = malloc(size);
    memset(bytes, byte, size);
    const struct ss_sha256 sha256 = hash(bytes, size);
    ss_cache_path(cache, &sha256, suffix, path);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    const struct utimbuf times = {time(NULL) - age, time(NULL) - age};
    assert_int_equal(utime(path, &times), 0);
    assert_int_equal(chmod(path, mode), 0);
    return sha256;
}

// A disk that takes its time with the first file, so that the others go together, and may fail to flush.
static atomic_int verified_count, slow_until;
static int flushes_left;

int fsync(int fd) {
    (void)fd;
    while (verified_count < slow_until) {
        sched_yield();
    }
    return 0;
}

int syncfs(int fd) {
    (void)fd;
    return --flushes_left >= 0 ? 0 : -1;
}

// ---- Handing over -----------------------------------------------------------------------------------------------------------------------

struct answer {
    char verified[160], done[160];
};

static void on_verified(void *context, const char *problem) {
    struct answer *answer = context;
    snprintf(answer->verified, sizeof answer->verified, "%s", problem != NULL ? problem : "yes");
    verified_count++;
}

static void on_done(void *context, const char *problem) {
    struct answer *answer = context;
    assert_true(answer->verified[0] != '\0');
    snprintf(answer->done, sizeof answer->done, "%s", problem != NULL ? problem : "yes");
}

static struct answer adopt(struct bench *bench, struct ss_cache *cache, const char *name, const struct ss_sha256 *sha256, uint64_t size) {
    struct answer answer = {0};
    char path[PATH_MAX];
    bench_path(bench, name, path);
    ss_cache_adopt(cache, path, sha256, size, on_verified, on_done, &answer);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(cache->jobs, 0);
    return answer;
}

static void a_file_becomes_the_blob_that_it_is_named_after(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    open_cache(bench, &cache, 1 << 20);
    const struct ss_sha256 sha256 = hash("pixels", 6);
    bench_write(bench, "incoming/a", "pixels", 6);
    const struct answer answer = adopt(bench, &cache, "incoming/a", &sha256, 6);
    assert_string_equal(answer.verified, "yes");
    assert_string_equal(answer.done, "yes");
    uint64_t size = 0;
    assert_true(ss_cache_has(&cache, &sha256, &size));
    assert_int_equal(size, 6);
    assert_int_equal(mode_of(&cache, &sha256, ""), SS_MODE_LOCAL);
    assert_int_equal(cache.bytes, 6);
    ss_cache_stored(&cache, &sha256);
    assert_int_equal(mode_of(&cache, &sha256, ""), SS_MODE_STORED);
}

static void what_is_not_what_was_said_is_refused(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    uint64_t size;
    open_cache(bench, &cache, 1 << 20);
    const struct ss_sha256 sha256 = hash("pixels", 6);
    bench_write(bench, "incoming/other", "pixelz", 6);
    bench_write(bench, "incoming/longer", "pixels!", 7);
    bench_write(bench, "secret", "pixels", 6);
    char link[PATH_MAX], pipe[PATH_MAX];
    bench_path(bench, "incoming/link", link);
    bench_path(bench, "incoming/pipe", pipe);
    assert_int_equal(symlink("../secret", link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0); // to be opened without waiting for a writer
    const char *names[] = {"incoming/other", "incoming/longer", "incoming/link", "incoming/pipe", "incoming/nothing"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct answer answer = adopt(bench, &cache, names[i], &sha256, 6);
        assert_string_not_equal(answer.done, "yes");
        assert_string_equal(answer.verified, answer.done);
        char path[PATH_MAX];
        bench_path(bench, names[i], path);
        assert_int_equal(access(path, F_OK), -1);
        assert_false(ss_cache_has(&cache, &sha256, &size));
    }
    assert_int_equal(cache.bytes, 0);
    char path[PATH_MAX];
    bench_path(bench, "secret", path);
    assert_int_equal(access(path, R_OK), 0);
}

enum { MANY = 40 };

// Hands over so many files; of the flushes of the whole disk that this takes, so many succeed.
static void adopt_many(struct bench *bench, struct ss_cache *cache, struct answer answers[MANY], int flushes) {
    char path[PATH_MAX], name[32];
    memset(answers, 0, MANY * sizeof *answers);
    verified_count = 0;
    slow_until = MANY;
    flushes_left = flushes;
    for (uint8_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "incoming/%u", i);
        bench_write(bench, name, &i, 1);
        bench_path(bench, name, path);
        const struct ss_sha256 sha256 = hash(&i, 1);
        ss_cache_adopt(cache, path, &sha256, 1, on_verified, on_done, &answers[i]);
    }
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    slow_until = 0;
}

static void what_the_disk_did_not_take_is_not_there(void **state) {
    struct bench *bench = *state;
    for (int flushes = 0; flushes < 2; flushes++) { // the contents, the names
        struct ss_cache cache;
        struct answer answers[MANY];
        open_cache(bench, &cache, 1 << 20);
        adopt_many(bench, &cache, answers, flushes);
        int yes = 0;
        for (size_t i = 0; i < MANY; i++) {
            yes += strcmp(answers[i].done, "yes") == 0;
        }
        assert_int_equal(yes, 1); // the first went alone
    }
}

static void many_reach_the_disk_together(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    struct answer answers[MANY];
    open_cache(bench, &cache, 1 << 20);
    adopt_many(bench, &cache, answers, 2);
    for (uint8_t i = 0; i < MANY; i++) {
        const struct ss_sha256 sha256 = hash(&i, 1);
        assert_string_equal(answers[i].done, "yes");
        assert_int_equal(mode_of(&cache, &sha256, ""), SS_MODE_LOCAL);
    }
    assert_int_equal(cache.bytes, MANY);
}

// ---- Downloads and restarts -------------------------------------------------------------------------------------------------------------

static void a_download_is_durable_before_it_is_kept_over_a_restart(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    uint64_t size;
    open_cache(bench, &cache, 1 << 20);
    const struct ss_sha256 whole = plant(&cache, 1, 100, ".part", 0600, 0);
    verified_count = 0;
    slow_until = 1;
    assert_true(ss_cache_keep(&cache, &whole));
    assert_true(ss_cache_has(&cache, &whole, &size));
    assert_int_equal(mode_of(&cache, &whole, ""), SS_MODE_FRESH); // usable, and not safe yet
    slow_until = 0;
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(mode_of(&cache, &whole, ""), SS_MODE_STORED);
    assert_false(ss_cache_keep(&cache, &whole)); // there is no .part any more

    const struct ss_sha256 unsafe = plant(&cache, 2, 100, "", SS_MODE_FRESH, 0);
    const struct ss_sha256 half = plant(&cache, 3, 100, ".part", 0600, 0);
    const struct ss_sha256 local = plant(&cache, 4, 100, "", SS_MODE_LOCAL, 0);
    assert_int_equal(open_cache(bench, &cache, 1 << 20), 1);
    assert_false(ss_cache_has(&cache, &unsafe, &size));
    assert_true(ss_cache_has(&cache, &whole, &size) && ss_cache_has(&cache, &local, &size));
    assert_int_not_equal(mode_of(&cache, &half, ".part"), 0); // a download goes on where it was
    assert_int_equal(cache.bytes, 300);
}

static void only_what_the_store_has_is_forgotten_the_oldest_first(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    open_cache(bench, &cache, 1000);
    const struct ss_sha256 local = plant(&cache, 1, 300, "", SS_MODE_LOCAL, 9 * DAY);
    const struct ss_sha256 oldest = plant(&cache, 2, 200, "", SS_MODE_STORED, 3 * DAY);
    const struct ss_sha256 older = plant(&cache, 3, 200, "", SS_MODE_STORED, 2 * DAY);
    const struct ss_sha256 old = plant(&cache, 4, 200, "", SS_MODE_STORED, DAY);
    const struct ss_sha256 recent = plant(&cache, 5, 200, "", SS_MODE_STORED, 0);
    open_cache(bench, &cache, 1000); // 1100 bytes; nothing is forgotten before there is more
    uint64_t size;
    assert_true(ss_cache_has(&cache, &oldest, &size)); // which makes it the newest in use
    const struct ss_sha256 fresh = plant(&cache, 6, 100, ".part", 0600, 0);
    assert_true(ss_cache_keep(&cache, &fresh));
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_not_equal(mode_of(&cache, &local, ""), 0);
    assert_int_not_equal(mode_of(&cache, &oldest, ""), 0);
    assert_int_equal(mode_of(&cache, &older, ""), 0);
    assert_int_equal(mode_of(&cache, &old, ""), 0);
    assert_int_not_equal(mode_of(&cache, &recent, ""), 0);
    assert_int_not_equal(mode_of(&cache, &fresh, ""), 0);
    assert_int_equal(cache.bytes, 800);
}

// What came while it was looked what to forget has not been seen.
static void what_comes_meanwhile_is_counted(void **state) {
    struct bench *bench = *state;
    struct ss_cache cache;
    open_cache(bench, &cache, 1000);
    const struct ss_sha256 first = plant(&cache, 1, 600, "", SS_MODE_STORED, 2 * DAY);
    const struct ss_sha256 second = plant(&cache, 2, 600, "", SS_MODE_STORED, DAY);
    ss_cache_added(&cache, 600);
    ss_cache_added(&cache, 600);
    while (mode_of(&cache, &first, "") != 0) {
        sched_yield();
    }
    plant(&cache, 3, 600, "", SS_MODE_STORED, 0);
    ss_cache_added(&cache, 600);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(mode_of(&cache, &second, ""), 0);
    assert_int_equal(cache.bytes, 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_becomes_the_blob_that_it_is_named_after, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_what_was_said_is_refused, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(what_the_disk_did_not_take_is_not_there, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(many_reach_the_disk_together, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_download_is_durable_before_it_is_kept_over_a_restart, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(only_what_the_store_has_is_forgotten_the_oldest_first, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(what_comes_meanwhile_is_counted, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
