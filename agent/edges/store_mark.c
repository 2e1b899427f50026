// SPDX-License-Identifier: Apache-2.0
// Every scene on the disk is marked as a copy, in one transaction.
#include "core/core.h"
#include "edges/env.h"
#include "edges/log.h"
#include "edges/store_state.h"

#include <string.h>

static MDB_val key_of(const char *text) { return (MDB_val){strlen(text), (void *)(uintptr_t)text}; } // LMDB only reads it

static int mark_scene(MDB_txn *txn, const char *scene, const struct ss_origin *origin) {
    MDB_dbi dbi;
    MDB_val origin_key = key_of(SS_RECORD_ORIGIN), copied_key = key_of(SS_RECORD_COPIED);
    MDB_val value = {sizeof(*origin), (void *)(uintptr_t)origin};
    int error = mdb_dbi_open(txn, scene, 0, &dbi);
    if (error != 0) {
        return error;
    }
    error = mdb_put(txn, dbi, &origin_key, &value, MDB_NOOVERWRITE);
    return error == 0 || error == MDB_KEYEXIST ? mdb_put(txn, dbi, &copied_key, &value, 0) : error;
}

static int mark_all(MDB_txn *txn, const struct ss_store_names *names, const struct ss_origin *origin) {
    int error = 0;
    for (size_t i = 0; error == 0 && i < names->count; i++) {
        error = mark_scene(txn, names->text[i], origin);
    }
    return error;
}

static int mark(struct ss_store *store, const struct ss_origin *origin) {
    MDB_txn *txn;
    struct ss_store_names names = {0};
    int error = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (error != 0) {
        return error;
    }
    ss_store_list(txn, &names);
    error = mark_all(txn, &names, origin);
    ss_store_names_finish(&names);
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    error = mdb_txn_commit(txn);
    return error == 0 ? mdb_env_sync(store->env, 1) : error;
}

bool ss_store_mark_copied(struct ss_store *store, const struct ss_origin *origin) {
    int error;
    do {
        error = mark(store, origin);
    } while (ss_env_grow(store->env, error));
    if (error != 0) {
        ss_log("cannot mark the replica as a copy: %s; %s", mdb_strerror(error), ss_env_advice(error));
    }
    return error == 0;
}
