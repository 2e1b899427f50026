// SPDX-License-Identifier: Apache-2.0
// Snapshots as blobs: u32 length (big endian) and a `reply` payload for each part. One is written and one is read at a time in a scene.
#ifndef SS_EDGES_SNAPSHOT_H
#define SS_EDGES_SNAPSHOT_H

#include "edges/room.h"

// ss_snapshot_part appends a part; with the last the file goes into the cache and to the store, and SS_EV_SNAPSHOT follows.
void ss_snapshot_part(struct ss_room *room, const struct ss_ev_sync_reply *part);

// ss_snapshot_read gives the parts of a cached snapshot as SS_EV_SYNC_REPLIED, one a turn of the loop. SS_EV_BLOB_GONE: it cannot be read.
void ss_snapshot_read(struct ss_room *room, const struct ss_effect *effect);

// ss_snapshots_create is for a room; ss_snapshots_close calls `closed` on the loop when nothing is left.
struct ss_snapshots *ss_snapshots_create(struct ss_room *room);
void ss_snapshots_close(struct ss_snapshots *snapshots, uv_close_cb closed);

#endif
