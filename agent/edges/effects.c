// SPDX-License-Identifier: Apache-2.0
// The way out: which edge carries out which effect.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/peers.h"
#include "edges/snapshot.h"
#include "edges/store.h"

static void on_wake(uv_timer_t *timer) { ss_room_step(timer->data, &(struct ss_event){.type = SS_EV_TIME}); }

static void wake_at(struct ss_room *room, uint64_t at_ms) {
    uint64_t now = ss_now_ms(room->agent);
    uv_update_time(room->agent->loop); // timers count from the loop's idea of now, which a long step makes old
    uv_timer_start(&room->wake, on_wake, at_ms > now ? at_ms - now : 1, 0); // with 0 it would go on before sockets have their turn
}

static void take_status(struct ss_room *room, const struct ss_effect *effect) {
    room->pending = effect->status.pending;
    room->entities = effect->status.entities;
    room->peer_count = effect->status.peers;
    room->comparing = effect->status.comparing;
    ss_room_status(room);
}

// Said at the start of every life of a scene whose data directory was found to be a copy of another agent's; the core keeps the new one.
static void take_origin(struct ss_room *room, const struct ss_origin *origin) {
    ss_log("scene %s: this data directory is a copy of another agent's; the scene has an origin of its own", room->name);
    room->origin = *origin;
    ss_link_restart(room->link);
}

void ss_carry_out(struct ss_room *room, const struct ss_effect *effect) {
    switch (effect->type) {
    case SS_FX_WAKE: wake_at(room, effect->wake.at_ms); break;
    case SS_FX_STORE:
        room->kept = true;
        room->put_txn = effect->store.txn;
        ss_store_put(room->records, effect->store.txn, effect->store.key, effect->store.value);
        break;
    case SS_FX_ACK:
    case SS_FX_REFUSED:
    case SS_FX_CHANGES_WAIT:
    case SS_FX_CHANGE:
    case SS_FX_JOINED:
    case SS_FX_SYNCED:
    case SS_FX_DIGEST: ss_to_client(room, effect); break;
    case SS_FX_STATUS: take_status(room, effect); break;
    case SS_FX_PUBLISH_STATE:
    case SS_FX_CLEAR_STATE: ss_to_broker_state(room, effect); break;
    case SS_FX_PUBLISH_LIVE: ss_to_broker_live(room, effect); break;
    case SS_FX_PUBLISH_PEER: ss_to_broker_peer(room, effect); break;
    case SS_FX_CALL_SYNC: ss_to_broker_call(room, effect); break;
    case SS_FX_REPLY_SYNC: ss_to_broker_reply(room, effect); break;
    case SS_FX_SNAPSHOT: ss_snapshot_part(room, &effect->reply.reply); break;
    case SS_FX_READ_SNAPSHOT: ss_snapshot_read(room, effect); break;
    case SS_FX_PUBLISH_CHECKPOINT: ss_to_broker_checkpoint(room, effect); break;
    case SS_FX_REREAD: ss_link_reread(room->link); break;
    case SS_FX_FETCH_BLOB: ss_blobs_fetch(room->agent->blobs, &effect->blob.sha256, effect->blob.size); break;
    case SS_FX_UPLOAD_BLOB: ss_blobs_upload(room->agent->blobs, &effect->blob.sha256); break;
    case SS_FX_NEW_ORIGIN: take_origin(room, &effect->new_origin); break;
    case SS_FX_CLOCK:
        ss_log("scene %s: this machine's clock is %lld ms off the others'; edits are stamped with theirs", room->name,
               (long long)-effect->clock.offset_ms);
        break;
    case SS_FX_PEER_CHANGED: ss_peers_changed(room, &effect->peer_changed.origin, effect->peer_changed.online); break;
    }
}
