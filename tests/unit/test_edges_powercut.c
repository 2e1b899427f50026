// SPDX-License-Identifier: Apache-2.0
// A machine that goes down at any moment: of what was written and not flushed, the disk has any part, in any order. LMDB's calls are taken over here
// and kept a record of; what a disk could hold then is put into a file and opened.
#include "edges_util.h"

#include "edges/store_state.h"
#include "util/bytes.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { PAGE = 4096, DISK = 8 << 20, WRITES = 4096, CUTS = 80, KEYS = 60, TXNS = 400, PUTS = 5 };

struct cut {
    uint8_t *image;
    size_t len;
    uint64_t safe; // what must be there
};

static struct {
    pthread_mutex_t lock;
    ino_t file; // 0: nothing is recorded
    bool relaxed;
    uint8_t *disk;
    size_t disk_len;
    struct iovec pending[WRITES]; // a page or less each
    off_t at[WRITES];
    size_t count;
    uint64_t told, flushed; // what was told to be durable: until now, and when the last flush began
    unsigned calls, cuts;
    struct cut cut[CUTS];
} machine = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void reach_disk(uint8_t *disk, size_t *len, off_t at, struct iovec bytes) {
    assert_true((size_t)at + bytes.iov_len <= DISK);
    memcpy(disk + at, bytes.iov_base, bytes.iov_len);
    *len = (size_t)at + bytes.iov_len > *len ? (size_t)at + bytes.iov_len : *len;
}

// Now and then the machine might go down: some of what is pending has reached the disk.
static void maybe_cut(void) {
    if (machine.calls++ % 13 != 0 || machine.cuts == CUTS) {
        return;
    }
    struct cut *cut = &machine.cut[machine.cuts++];
    *cut = (struct cut){calloc(1, DISK), machine.disk_len, machine.relaxed ? machine.flushed : machine.told};
    memcpy(cut->image, machine.disk, machine.disk_len);
    const long percent = random() % 101;
    for (size_t i = 0; i < machine.count; i++) {
        if (random() % 100 < percent) {
            reach_disk(cut->image, &cut->len, machine.at[i], machine.pending[i]);
        }
    }
}

static void note_write(bool durable, const uint8_t *bytes, size_t len, off_t at) {
    for (size_t done = 0, part; done < len; done += part) {
        part = len - done < PAGE ? len - done : PAGE;
        struct iovec page = {(void *)(uintptr_t)(bytes + done), part};
        maybe_cut();
        if (durable) {
            reach_disk(machine.disk, &machine.disk_len, at + (off_t)done, page);
            continue;
        }
        assert_true(machine.count < WRITES);
        page.iov_base = memcpy(malloc(part), bytes + done, part);
        machine.pending[machine.count] = page;
        machine.at[machine.count++] = at + (off_t)done;
    }
}

static bool is_recorded(int fd) {
    struct stat status;
    return machine.file != 0 && fstat(fd, &status) == 0 && status.st_ino == machine.file;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    pthread_mutex_lock(&machine.lock);
    if (is_recorded(fd)) {
        note_write((fcntl(fd, F_GETFL) & O_DSYNC) != 0, bytes, len, at);
    }
    pthread_mutex_unlock(&machine.lock);
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    pthread_mutex_lock(&machine.lock);
    for (int i = 0; i < count && is_recorded(fd); at += (off_t)parts[i++].iov_len) {
        note_write(false, parts[i].iov_base, parts[i].iov_len, at);
    }
    pthread_mutex_unlock(&machine.lock);
    return syscall(SYS_writev, fd, parts, count);
}

int fdatasync(int fd) {
    pthread_mutex_lock(&machine.lock);
    if (is_recorded(fd)) {
        maybe_cut();
        for (size_t i = 0; i < machine.count; i++) {
            reach_disk(machine.disk, &machine.disk_len, machine.at[i], machine.pending[i]);
            free(machine.pending[i].iov_base);
        }
        machine.count = 0;
        machine.flushed = machine.told;
        maybe_cut();
    }
    pthread_mutex_unlock(&machine.lock);
    return 0;
}

// ---- What is written, and what must be found -------------------------------------------------------------------------------------------

static uint32_t number_of(uint64_t txn, unsigned put) { return (uint32_t)((txn * PUTS + put) * 2654435761U >> 7); }

static struct ss_slice value_of(uint64_t txn, unsigned put, uint8_t value[3000]) {
    const size_t len = 9 + number_of(txn, put + 1) % 2900;
    memset(value, (int)txn, len);
    ss_store_be(value, 8, txn);
    return ss_slice_of(value, len);
}

static void on_done(void *context, uint64_t txn, bool ok, const char *why) {
    (void)context;
    (void)why;
    assert_true(ok);
    pthread_mutex_lock(&machine.lock);
    machine.told = txn;
    pthread_mutex_unlock(&machine.lock);
}

static void write_all(struct bench *bench, bool relaxed) {
    struct ss_mailbox mailbox;
    char path[PATH_MAX];
    struct stat status;
    uint8_t value[3000];
    assert_int_equal(ss_mailbox_init(&mailbox, &bench->loop, 1 << 20), 0);
    struct ss_store *store = ss_store_create(&mailbox, bench->folder, relaxed);
    struct ss_records *room = ss_store_open(store, "demo", on_done, NULL);
    bench_path(bench, "data.mdb", path);
    assert_int_equal(stat(path, &status), 0);
    machine.disk_len = (size_t)status.st_size; // what is there before is on the disk
    FILE *file = fopen(path, "rb");
    assert_int_equal(fread(machine.disk, 1, machine.disk_len, file), machine.disk_len);
    fclose(file);
    machine.relaxed = relaxed;
    machine.file = status.st_ino;
    for (uint64_t txn = 1; txn <= TXNS; txn++) {
        for (unsigned put = 0; put < PUTS; put++) {
            const uint8_t key = (uint8_t)(number_of(txn, put) % KEYS);
            ss_store_put(room, txn, ss_slice_of(&key, 1), value_of(txn, put, value));
        }
        ss_store_flush(store, true);
        while (machine.told + 3 < txn) {
            uv_run(&bench->loop, UV_RUN_ONCE);
        }
    }
    ss_store_stop(store);
    ss_mailbox_close(&mailbox);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    machine.file = 0;
    ss_store_free(store);
}

struct found {
    uint64_t txn[KEYS], last;
    bool wrong;
};

static bool take(void *context, struct ss_slice key, struct ss_slice value) {
    struct found *found = context;
    const uint64_t txn = value.len > 8 ? ss_load_be(value.data, 8) : 0;
    found->wrong |= key.len != 1 || key.data[0] >= KEYS || txn == 0 || txn > TXNS || value.data[value.len - 1] != (uint8_t)txn;
    if (!found->wrong) {
        found->txn[key.data[0]] = txn;
        found->last = txn > found->last ? txn : found->last;
    }
    return true;
}

// All of each transaction up to one, and nothing of those after it.
static void assert_consistent(const struct found *found, uint64_t safe) {
    uint64_t newest[KEYS] = {0};
    assert_false(found->wrong);
    assert_true(found->last >= safe);
    for (uint64_t txn = 1; txn <= found->last; txn++) {
        for (unsigned put = 0; put < PUTS; put++) {
            newest[number_of(txn, put) % KEYS] = txn;
        }
    }
    assert_memory_equal(found->txn, newest, sizeof(newest));
}

static void open_after(struct bench *bench, const struct cut *cut) {
    struct bench other = *bench;
    struct ss_mailbox mailbox;
    struct found found = {0};
    snprintf(other.folder, sizeof(other.folder), "%.200s/after", bench->folder);
    mkdir(other.folder, 0700);
    bench_write(&other, "data.mdb", cut->image, cut->len);
    assert_int_equal(ss_mailbox_init(&mailbox, &bench->loop, 1 << 20), 0);
    struct ss_store *store = ss_store_create(&mailbox, other.folder, false);
    assert_non_null(store);
    struct ss_records *room = ss_store_open(store, "demo", on_done, NULL);
    assert_non_null(room);
    enum ss_store_progress progress;
    while ((progress = ss_store_read(room, 1000, take, &found)) == SS_STORE_MORE) {}
    assert_int_equal(progress, SS_STORE_ALL);
    assert_consistent(&found, cut->safe);
    ss_store_stop(store);
    ss_mailbox_close(&mailbox);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    ss_store_free(store);
}

static void cut_at_many_moments(struct bench *bench, bool relaxed) {
    machine.disk = calloc(1, DISK);
    machine.count = machine.calls = machine.cuts = 0;
    machine.told = machine.flushed = 0;
    write_all(bench, relaxed);
    assert_int_equal(machine.cuts, CUTS);
    uint64_t most = 0;
    for (unsigned i = 0; i < CUTS; i++) {
        open_after(bench, &machine.cut[i]);
        most = machine.cut[i].safe > most ? machine.cut[i].safe : most;
        free(machine.cut[i].image);
    }
    assert_true(most > 0);
    for (size_t i = 0; i < machine.count; i++) {
        free(machine.pending[i].iov_base);
    }
    free(machine.disk);
}

static void full_keeps_what_it_told(void **state) { cut_at_many_moments(*state, false); }

static void relaxed_keeps_what_it_told_but_for_the_last_commit(void **state) { cut_at_many_moments(*state, true); }

int main(void) {
    srandom(7);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_keeps_what_it_told, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(relaxed_keeps_what_it_told_but_for_the_last_commit, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
