// SPDX-License-Identifier: Apache-2.0
// The reader of the data directory's small files. The input is a byte that is the length of `version`, it, the same for `origin`, and `host`. The
// directory is refused because of its version alone; then it is made this agent's and is its own when it is opened again. (Records in the replica:
// core_restored. LMDB's own pages cannot be anything: doctor/replica.c reads them in a process of its own.)
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edges/data_dir.h"
#include "edges/log.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[PATH_MAX - 128];

void ss_log(const char *format, ...) { (void)format; } // a thousand complaints a second help nobody

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_folder(void) { nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static void write_file(const char *name, struct ss_slice bytes) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(file >= 0 && write(file, bytes.data, bytes.len) == (ssize_t)bytes.len);
    close(file);
}

static void make_folder(void) {
    struct ss_data_dir dir;
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/scenesync-fuzz-XXXXXX", parent ? parent : "/tmp");
    must(mkdtemp(folder) != NULL && ss_data_dir_open(&dir, folder));
    atexit(remove_folder);
    ss_data_dir_close(&dir);
    write_file("replica/data.mdb", ss_slice_text("x"));
}

static struct ss_slice take(const uint8_t **data, size_t *size) {
    const size_t len = *size == 0 ? 0 : **data < *size ? **data : *size - 1;
    const struct ss_slice taken = ss_slice_of(*size > 0 ? *data + 1 : *data, len);
    *data += *size > 0 ? len + 1 : 0;
    *size -= *size > 0 ? len + 1 : 0;
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ss_data_dir dir, again;
    char said[SS_DATA_VERSION];
    if (folder[0] == '\0') {
        make_folder();
    }
    write_file("version", take(&data, &size));
    write_file("origin", take(&data, &size));
    write_file("host", ss_slice_of(data, size));
    const bool other = ss_data_dir_version(folder, said) == SS_DATA_OTHER;
    must(ss_data_dir_open(&dir, folder) == !other);
    if (other) {
        return 0;
    }
    const struct ss_origin before = dir.origin;
    const bool strange = dir.strange != NULL;
    must(ss_data_dir_own(&dir, size % 2 == 1));
    must(strange == (memcmp(&before, &dir.origin, sizeof(before)) != 0));
    ss_data_dir_close(&dir);
    must(ss_data_dir_open(&again, folder) && again.strange == NULL && memcmp(&again.origin, &dir.origin, sizeof(dir.origin)) == 0);
    ss_data_dir_close(&again);
    return 0;
}
