// SPDX-License-Identifier: Apache-2.0
// The replica and the outbox on disk: LMDB with a thread of its own. While one commit runs, the next collects: group commit.
#ifndef SS_EDGES_STORE_H
#define SS_EDGES_STORE_H

#include "edges/mailbox.h"
#include "util/types.h"

#include <stdint.h>

struct ss_store;
struct ss_records; // one scene's records

// Tells, on the loop, that every record up to `txn` is durable (ok), or that `txn` was given up; `why` is for people.
typedef void ss_store_done(void *context, uint64_t txn, bool ok, const char *why);

// ss_store_create opens the environment in `folder`. `relaxed`: a commit is told once the system has all of it, and the disk all of the one before; it
// survives the end of the process, and the machine's a second later. In no case is the database left inconsistent. Returns NULL after saying why.
struct ss_store *ss_store_create(struct ss_mailbox *mailbox, const char *folder, bool relaxed);

// ss_store_mark_copied has every scene take another origin when it is opened next; `origin` is that of scenes without one of their own.
// Returns false after saying why.
bool ss_store_mark_copied(struct ss_store *store, const struct ss_origin *origin);

// ss_store_stop commits what is queued and ends the thread: its last mail is in the mailbox when it returns. ss_store_free, after that mail
// was delivered, frees the rest; it accepts NULL, and one that was never stopped, in which nothing was put.
void ss_store_stop(struct ss_store *store);
void ss_store_free(struct ss_store *store);

// ss_store_open finds or makes a scene's room. Returns NULL after saying why. ss_store_close, when everything put has been told, frees it;
// what is still open when the store is freed goes with it. ss_store_forget closes one in which there is nothing, and takes it off the disk.
struct ss_records *ss_store_open(struct ss_store *store, const char *scene, ss_store_done *done, void *context);
void ss_store_close(struct ss_records *room);
void ss_store_forget(struct ss_records *room);

// ss_store_each_scene names every scene on the disk, opened or not.
void ss_store_each_scene(struct ss_store *store, void (*each)(void *context, struct ss_slice scene), void *context);

// ss_store_read gives records to `each` on the calling thread, for about `ms`. FAILED: `each`
// returned false, or they cannot be read. It never waits for a commit: MORE may mean none.
enum ss_store_progress { SS_STORE_MORE, SS_STORE_ALL, SS_STORE_FAILED };
typedef bool ss_store_each(void *context, struct ss_slice key, struct ss_slice value);
enum ss_store_progress ss_store_read(struct ss_records *room, uint64_t ms, ss_store_each *each, void *context);

// ss_store_put queues one record (an empty value deletes); ss_store_flush lets the thread have what is queued, which must be whole
// transactions. `awaited`: somebody waits for them; else they may wait for others, for a twentieth of a second.
void ss_store_put(struct ss_records *room, uint64_t txn, struct ss_slice key, struct ss_slice value);
void ss_store_flush(struct ss_store *store, bool awaited);

#endif
