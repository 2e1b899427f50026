// SPDX-License-Identifier: Apache-2.0
// A store of one's own, what it told, and what is in it.
#ifndef SS_TESTS_STORE_UTIL_H
#define SS_TESTS_STORE_UTIL_H

#include "edges_util.h"

#include "edges/store_state.h"
#include "util/bytes.h"

struct told {
    uint64_t last; // the highest that was said to be durable
    unsigned failed;
    uint64_t first_failed;
};

static bool relaxed; // how stores are opened

struct opened {
    struct ss_mailbox mailbox;
    struct ss_store *store;
};

static inline void on_done(void *context, uint64_t txn, bool ok, const char *why) {
    struct told *told = context;
    if (ok) {
        assert_true(txn > told->last);
        told->last = txn;
    } else {
        assert_true(strlen(why) > 0);
        told->first_failed = told->failed++ == 0 ? txn : told->first_failed;
    }
}

static inline bool open_store(struct bench *bench, struct opened *opened) {
    assert_int_equal(ss_mailbox_init(&opened->mailbox, &bench->loop, 1 << 20), 0);
    opened->store = ss_store_create(&opened->mailbox, bench->folder, relaxed);
    return opened->store != NULL;
}

static inline void close_store(struct bench *bench, struct opened *opened) {
    if (opened->store != NULL) {
        ss_store_stop(opened->store);
    }
    ss_mailbox_close(&opened->mailbox);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    ss_store_free(opened->store);
}

static inline void put(struct ss_records *room, uint64_t txn, const char *key, const char *value) {
    ss_store_put(room, txn, ss_slice_text(key), ss_slice_text(value));
}

static inline void wait_for(struct bench *bench, const struct told *told, uint64_t txn) {
    while (told->last < txn && told->failed == 0) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
}

// "key=value key=value …", in the order of the keys.
static inline bool list_one(void *context, struct ss_slice key, struct ss_slice value) {
    char *text = context;
    const size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%.*s=%.*s ", (int)key.len, (const char *)key.data, (int)value.len, (const char *)value.data);
    return true;
}

static inline enum ss_store_progress read_all(struct ss_records *room, ss_store_each *each, void *context) {
    enum ss_store_progress progress;
    while ((progress = ss_store_read(room, 1000, each, context)) == SS_STORE_MORE) {
        usleep(100); // a commit is going on
    }
    return progress;
}

static inline void assert_records(struct ss_records *room, const char *expected) {
    char text[256] = "";
    assert_int_equal(read_all(room, list_one, text), SS_STORE_ALL);
    assert_string_equal(text, expected);
}

#endif
