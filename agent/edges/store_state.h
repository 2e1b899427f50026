// SPDX-License-Identifier: Apache-2.0
// Inside of the store, shared by store.c (writing) and store_read.c (reading).
#ifndef SS_EDGES_STORE_STATE_H
#define SS_EDGES_STORE_STATE_H

#include "edges/env.h"
#include "edges/store.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SS_MAX_KEY = 511 }; // LMDB's own limit

struct ss_records {
    struct ss_records *next;
    struct ss_store *store;
    MDB_dbi dbi;
    ss_store_done *done;
    void *context;
    size_t read_len; // of the last key that was read; 0: none was
    uint8_t read_up_to[SS_MAX_KEY];
};

struct ss_queue {
    uint8_t *bytes;
    size_t len, capacity;
};

struct ss_store {
    struct ss_mailbox *mailbox;
    MDB_env *env;
    pthread_mutex_t env_lock; // held during a commit or a restore: the map must not be resized under a reader
    bool relaxed;
    pthread_t thread;
    atomic_bool behind;   // the thread's: the last commit may not be on the disk yet
    pthread_mutex_t lock; // of the next four
    pthread_cond_t work;
    struct ss_queue queue;
    bool awaited;
    bool stop;
    // The loop's:
    struct ss_records *rooms;
    struct ss_queue staged; // so that the thread never takes half a transaction
};

// ss_store_names are the scenes on the disk; what ss_store_list adds is freed by ss_store_names_finish.
struct ss_store_names {
    size_t count;
    char *text[SS_STORE_SCENES];
};
void ss_store_list(MDB_txn *txn, struct ss_store_names *names);
void ss_store_names_finish(struct ss_store_names *names);

// What was read or written stays mapped until the map is made anew, which LMDB does when it is told a size; 0 is the size it has.
static inline void ss_store_unmap(struct ss_store *store) { mdb_env_set_mapsize(store->env, 0); }

#endif
