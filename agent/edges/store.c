// SPDX-License-Identifier: Apache-2.0
#include "edges/store_state.h"

#include "edges/env.h"
#include "edges/log.h"
#include "edges/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    COMMIT_RECORDS = 4096, // each can make LMDB copy a page, which it keeps for later
    TOUCHED_RECORDS = 64,  // each can bring 64 KiB of the map into memory
    KEEP_BYTES = 1 << 20,  // of a queue that is empty
    IDLE_BYTES = 4 << 20,  // of a queue that nobody waits for …
    IDLE_MS = 50,          // … and how long it waits for company
    SYNC_MS = 1000,        // relaxed: how long the last commit may be lost with the machine
};

// ss_record is one queued put; key and value follow it in the queue.
struct ss_record {
    struct ss_records *room;
    uint64_t txn;
    size_t key_len, value_len;
};

struct ss_commit_mail {
    struct ss_mail mail;
    struct ss_records *room;
    uint64_t txn;
    int error;
};

static void deliver_commit(struct ss_mail *mail) {
    struct ss_commit_mail *commit = (struct ss_commit_mail *)mail;
    commit->room->done(commit->room->context, commit->txn, commit->error == 0, commit->error == 0 ? "" : mdb_strerror(commit->error));
    free(commit);
}

static void post(struct ss_records *room, uint64_t txn, int error) {
    struct ss_commit_mail *commit = ss_new(sizeof(*commit));
    *commit = (struct ss_commit_mail){.mail.deliver = deliver_commit, .room = room, .txn = txn, .error = error};
    ss_mailbox_post(room->store->mailbox, &commit->mail);
}

static size_t record_size(const struct ss_record *record) {
    size_t size = sizeof(*record) + record->key_len + record->value_len;
    return (size + 7) & ~(size_t)7;
}

static const struct ss_record *record_at(const struct ss_queue *queue, size_t at) {
    return at < queue->len ? (const struct ss_record *)(const void *)(queue->bytes + at) : NULL;
}

static int write_record(MDB_txn *txn, const struct ss_record *record) {
    uint8_t *bytes = (uint8_t *)(uintptr_t)(record + 1); // LMDB takes non-const pointers to what it only reads
    MDB_val key = {record->key_len, bytes};
    MDB_val value = {record->value_len, bytes + record->key_len};
    if (value.mv_size > 0) {
        return mdb_put(txn, record->room->dbi, &key, &value, 0);
    }
    int error = mdb_del(txn, record->room->dbi, &key, NULL);
    return error == MDB_NOTFOUND ? 0 : error;
}

static int write_all(struct ss_store *store, const struct ss_queue *queue) {
    MDB_txn *txn;
    int error = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (error != 0) {
        return error;
    }
    const struct ss_record *record;
    for (size_t at = 0; error == 0 && (record = record_at(queue, at)) != NULL; at += record_size(record)) {
        error = write_record(txn, record);
    }
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return mdb_txn_commit(txn);
}

static int commit(struct ss_store *store, const struct ss_queue *queue) {
    pthread_mutex_lock(&store->env_lock);
    int error;
    do {
        error = write_all(store, queue);
    } while (ss_env_grow(store->env, error));
    pthread_mutex_unlock(&store->env_lock);
    return error;
}

static const struct ss_record *next_of_room(const struct ss_queue *queue, size_t at) {
    const struct ss_record *record = record_at(queue, at), *later;
    for (at += record_size(record); (later = record_at(queue, at)) != NULL; at += record_size(later)) {
        if (later->room == record->room) {
            return later;
        }
    }
    return NULL;
}

// A success is told once a room, with its highest number; a failure for every transaction that is given up.
static void announce(const struct ss_queue *queue, int error) {
    const struct ss_record *record;
    for (size_t at = 0; (record = record_at(queue, at)) != NULL; at += record_size(record)) {
        const struct ss_record *later = next_of_room(queue, at);
        if (later == NULL || (error != 0 && later->txn != record->txn)) {
            post(record->room, record->txn, error);
        }
    }
}

static void let_queue_go(struct ss_queue *queue) {
    if (queue->capacity > KEEP_BYTES) {
        free(queue->bytes);
        *queue = (struct ss_queue){0};
    }
    queue->len = 0;
}

// The first records of a queue, whole transactions.
static struct ss_queue first_part(const struct ss_queue *queue, size_t from, size_t *count) {
    struct ss_queue part = {.bytes = queue->bytes + from};
    const struct ss_record *before = NULL, *record;
    for (*count = 0; (record = record_at(queue, from + part.len)) != NULL; ++*count) {
        if (*count >= COMMIT_RECORDS && (record->room != before->room || record->txn != before->txn)) {
            break;
        }
        part.len += record_size(record);
        before = record;
    }
    return part;
}

static void write_queue(struct ss_store *store, const struct ss_queue *queue, size_t *touched) {
    size_t count;
    for (size_t at = 0; at < queue->len; *touched += count) {
        struct ss_queue part = first_part(queue, at, &count);
        announce(&part, commit(store, &part));
        at += part.len;
    }
    if (*touched >= TOUCHED_RECORDS) {
        pthread_mutex_lock(&store->env_lock);
        ss_store_unmap(store);
        pthread_mutex_unlock(&store->env_lock);
        *touched = 0;
    }
}

static bool is_urgent(const struct ss_store *store) { return store->awaited || store->stop || store->queue.len >= IDLE_BYTES; }

static struct timespec in_ms(long ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return until;
}

// Relaxed, each commit takes the one before to the disk. The last one is taken there when no other follows.
static void sync_last_locked(struct ss_store *store) {
    const struct timespec until = in_ms(SYNC_MS);
    while (store->queue.len == 0 && !store->stop && pthread_cond_timedwait(&store->work, &store->lock, &until) == 0) {}
    if (store->queue.len == 0) {
        pthread_mutex_unlock(&store->lock);
        store->behind = mdb_env_sync(store->env, 1) != 0;
        pthread_mutex_lock(&store->lock);
    }
}

// Waits for something to commit, and with what nobody waits for a little longer: each commit costs the disk the same.
static void wait_for_work_locked(struct ss_store *store) {
    if (store->behind) {
        sync_last_locked(store);
    }
    while (store->queue.len == 0 && !store->stop) {
        pthread_cond_wait(&store->work, &store->lock);
    }
    const struct timespec until = in_ms(IDLE_MS);
    while (!is_urgent(store) && pthread_cond_timedwait(&store->work, &store->lock, &until) == 0) {}
}

static void *run(void *context) {
    struct ss_store *store = context;
    struct ss_queue mine = {0};
    size_t touched = 0;
    pthread_mutex_lock(&store->lock);
    while (!store->stop || store->queue.len > 0) {
        wait_for_work_locked(store);
        struct ss_queue swap = store->queue;
        store->queue = mine;
        store->awaited = false;
        mine = swap;
        pthread_mutex_unlock(&store->lock);
        write_queue(store, &mine, &touched);
        store->behind = store->relaxed;
        let_queue_go(&mine);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    if (store->behind) {
        mdb_env_sync(store->env, 1);
    }
    free(mine.bytes);
    return NULL;
}

struct ss_store *ss_store_create(struct ss_mailbox *mailbox, const char *folder, bool relaxed) {
    struct ss_store *store = ss_new(sizeof(*store));
    store->mailbox = mailbox;
    store->relaxed = relaxed;
    pthread_mutex_init(&store->env_lock, NULL);
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = ss_env_open(&store->env, folder, relaxed ? MDB_NOMETASYNC : 0);
    error = error != 0 ? error : pthread_create(&store->thread, NULL, run, store);
    if (error != 0) {
        ss_log("cannot open the replica in %s: %s; %s", folder, mdb_strerror(error), ss_env_advice(error));
        mdb_env_close(store->env);
        free(store);
        return NULL;
    }
    return store;
}

void ss_store_stop(struct ss_store *store) {
    ss_store_flush(store, true);
    pthread_mutex_lock(&store->lock);
    store->stop = true;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
}

void ss_store_free(struct ss_store *store) {
    if (store == NULL) {
        return;
    }
    if (!store->stop) {
        ss_store_stop(store); // of an agent that could not start
    }
    mdb_env_close(store->env);
    for (struct ss_records *room = store->rooms, *next; room != NULL; room = next) {
        next = room->next;
        free(room);
    }
    free(store->queue.bytes);
    free(store->staged.bytes);
    free(store);
}

static int make_room(struct ss_store *store, const char *scene, MDB_dbi *dbi) {
    MDB_txn *txn;
    int error = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (error != 0) {
        return error;
    }
    error = mdb_dbi_open(txn, scene, MDB_CREATE, dbi);
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return mdb_txn_commit(txn);
}

static int open_room(struct ss_store *store, const char *scene, MDB_dbi *dbi) {
    int error;
    pthread_mutex_lock(&store->env_lock);
    do {
        error = make_room(store, scene, dbi);
    } while (ss_env_grow(store->env, error));
    pthread_mutex_unlock(&store->env_lock);
    return error;
}

struct ss_records *ss_store_open(struct ss_store *store, const char *scene, ss_store_done *done, void *context) {
    struct ss_records *room = ss_new(sizeof(*room));
    *room = (struct ss_records){.next = store->rooms, .store = store, .done = done, .context = context};
    int error = open_room(store, scene, &room->dbi);
    if (error != 0) {
        ss_log("cannot open the records of scene %s: %s", scene, mdb_strerror(error));
        free(room);
        return NULL;
    }
    store->rooms = room;
    return room;
}

void ss_store_close(struct ss_records *room) {
    struct ss_records **link = &room->store->rooms;
    while (*link != room) {
        link = &(*link)->next;
    }
    *link = room->next;
    free(room);
}

void ss_store_forget(struct ss_records *room) {
    struct ss_store *store = room->store;
    MDB_txn *txn;
    MDB_stat found;
    pthread_mutex_lock(&store->env_lock);
    if (mdb_txn_begin(store->env, NULL, 0, &txn) == 0) {
        if (mdb_stat(txn, room->dbi, &found) == 0 && found.ms_entries == 0 && mdb_drop(txn, room->dbi, 1) == 0) {
            mdb_txn_commit(txn); // when the disk is full, it is still there at the next start
        } else {
            mdb_txn_abort(txn);
        }
    }
    pthread_mutex_unlock(&store->env_lock);
    ss_store_close(room);
}

static void append(struct ss_queue *queue, const void *bytes, size_t len) {
    if (queue->len + len > queue->capacity) {
        queue->capacity = (queue->len + len) * 2;
        queue->bytes = ss_resize(queue->bytes, queue->capacity);
    }
    if (len > 0) {
        memcpy(queue->bytes + queue->len, bytes, len);
    }
    queue->len += len;
}

void ss_store_put(struct ss_records *room, uint64_t txn, struct ss_slice key, struct ss_slice value) {
    struct ss_record record = {.room = room, .txn = txn, .key_len = key.len, .value_len = value.len};
    struct ss_queue *staged = &room->store->staged;
    append(staged, &record, sizeof(record));
    append(staged, key.data, key.len);
    append(staged, value.data, value.len);
    append(staged, (uint8_t[8]){0}, record_size(&record) - sizeof(record) - key.len - value.len);
}

void ss_store_flush(struct ss_store *store, bool awaited) {
    if (store->staged.len == 0 && !awaited) {
        return;
    }
    pthread_mutex_lock(&store->lock);
    bool was_empty = store->queue.len == 0, was_urgent = is_urgent(store);
    if (was_empty) {
        struct ss_queue swap = store->queue;
        store->queue = store->staged;
        store->staged = swap;
    } else {
        append(&store->queue, store->staged.bytes, store->staged.len);
    }
    store->awaited |= awaited;
    if (store->queue.len > 0 && (was_empty || is_urgent(store) != was_urgent)) {
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
    let_queue_go(&store->staged);
}
