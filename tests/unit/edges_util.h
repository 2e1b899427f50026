// SPDX-License-Identifier: Apache-2.0
// A loop and a folder of one's own for tests of what touches the disk.
#ifndef SS_TESTS_EDGES_UTIL_H
#define SS_TESTS_EDGES_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct bench {
    uv_loop_t loop;
    char folder[PATH_MAX - 128];
};

static inline int bench_setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "%s/scenesync-test-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    *state = bench;
    return uv_loop_init(&bench->loop) == 0 && mkdtemp(bench->folder) != NULL ? 0 : -1;
}

static inline int bench_remove(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline int bench_teardown(void **state) {
    struct bench *bench = *state;
    const int open = uv_loop_close(&bench->loop);
    nftw(bench->folder, bench_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(bench);
    return open;
}

static inline void bench_path(const struct bench *bench, const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s", bench->folder, name);
}

static inline void bench_write(const struct bench *bench, const char *name, const void *bytes, size_t len) {
    char path[PATH_MAX];
    bench_path(bench, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

#endif
