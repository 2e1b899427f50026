// SPDX-License-Identifier: Apache-2.0
// What is on the disk: which scenes, and a scene's records a little at a time.
#include "edges/env.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/store_state.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_RECORDS = 64 }; // read between two looks at the clock

void ss_store_list(MDB_txn *txn, struct ss_store_names *names) {
    MDB_dbi main;
    MDB_cursor *cursor;
    MDB_val name;
    if (mdb_dbi_open(txn, NULL, 0, &main) != 0 || mdb_cursor_open(txn, main, &cursor) != 0) {
        return;
    }
    while (names->count < SS_STORE_SCENES && mdb_cursor_get(cursor, &name, NULL, MDB_NEXT) == 0) {
        names->text[names->count++] = ss_copy_text(name.mv_data, name.mv_size);
    }
    mdb_cursor_close(cursor);
}

void ss_store_names_finish(struct ss_store_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->text[i]);
    }
    names->count = 0;
}

void ss_store_each_scene(struct ss_store *store, void (*each)(void *, struct ss_slice), void *context) {
    struct ss_store_names names = {0};
    pthread_mutex_lock(&store->env_lock);
    MDB_txn *txn;
    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) == 0) {
        ss_store_list(txn, &names);
        mdb_txn_abort(txn);
    }
    pthread_mutex_unlock(&store->env_lock);
    for (size_t i = 0; i < names.count; i++) { // outside of the transaction: `each` may open one
        const struct ss_slice name = ss_slice_text(names.text[i]);
        if (ss_is_scene(name)) {
            each(context, name);
        } else {
            ss_log("the replica has `%s`, which is no scene's name: it is damaged there, or not ours", names.text[i]);
        }
    }
    ss_store_names_finish(&names);
}

// Reads on after the last key that was read.
static enum ss_store_progress read_some(struct ss_records *room, MDB_cursor *cursor, uint64_t until, ss_store_each *each, void *context) {
    MDB_val key = {room->read_len, room->read_up_to}, value;
    int error = mdb_cursor_get(cursor, &key, &value, room->read_len > 0 ? MDB_SET : MDB_FIRST);
    if (error == 0 && room->read_len > 0) {
        error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    const size_t most = ss_env_bytes(room->store->env);
    for (unsigned count = 1; error == 0; count++) {
        if (key.mv_size > SS_MAX_KEY || value.mv_size > most ||
            !each(context, (struct ss_slice){key.mv_data, key.mv_size}, (struct ss_slice){value.mv_data, value.mv_size})) {
            return SS_STORE_FAILED;
        }
        if (count % LOOK_RECORDS == 0 && uv_hrtime() >= until) {
            room->read_len = key.mv_size;
            memcpy(room->read_up_to, key.mv_data, key.mv_size);
            return SS_STORE_MORE;
        }
        error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return error == MDB_NOTFOUND ? SS_STORE_ALL : SS_STORE_FAILED;
}

enum ss_store_progress ss_store_read(struct ss_records *room, uint64_t ms, ss_store_each *each, void *context) {
    struct ss_store *store = room->store;
    const uint64_t until = uv_hrtime() + ms * 1000000;
    enum ss_store_progress progress = SS_STORE_FAILED;
    MDB_txn *txn;
    MDB_cursor *cursor;
    if (pthread_mutex_trylock(&store->env_lock) != 0) {
        return SS_STORE_MORE;
    }
    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) == 0) {
        if (mdb_cursor_open(txn, room->dbi, &cursor) == 0) {
            progress = read_some(room, cursor, until, each, context);
            mdb_cursor_close(cursor);
        }
        mdb_txn_abort(txn);
    }
    if (progress != SS_STORE_MORE) {
        ss_store_unmap(store);
    }
    pthread_mutex_unlock(&store->env_lock);
    return progress;
}
