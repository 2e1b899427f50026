// SPDX-License-Identifier: Apache-2.0
#include "core/sync.h"

#include "core/blobs.h"
#include "core/checkpoint.h"
#include "core/digest.h"
#include "core/handlers.h"
#include "core/missing.h"
#include "core/peers.h"
#include "core/reply.h"

enum { SS_ASLEEP_MS = 5000, SS_ASLEEP_DOUBLINGS = 5 };

void ss_sync_known(struct ss_core *core) {
    if (core->known)
        return;
    core->known = true;
    ss_timer_by(core, SS_TIMER_PEER, core->now);
}

static uint64_t ss_sync_pause(uint32_t times) {
    return (uint64_t)SS_ASLEEP_MS << (times < SS_ASLEEP_DOUBLINGS ? times : SS_ASLEEP_DOUBLINGS);
}

void ss_sync_stop(struct ss_core *core, bool failed) {
    if (!core->sync.active)
        return;
    core->sync.active = false;
    ss_timer_stop(core, SS_TIMER_SYNC);
    if (core->sync.checkpoint) {
        struct ss_checkpoint *checkpoint = &core->checkpoint;
        checkpoint->fails = failed ? checkpoint->fails + 1 : 0;
        checkpoint->asleep_ms = failed ? core->now + ss_sync_pause(checkpoint->fails - 1) : 0;
        ss_timer_by(core, SS_TIMER_WANT, core->now);
        return;
    }
    struct ss_peer *peer = ss_peer_find(core, &core->sync.peer);
    if (peer != NULL && failed) {
        peer->asleep_ms = core->sync.in_blob ? core->now : core->now + ss_sync_pause(peer->fails); // who has failed is asked for messages
        peer->fails++;
        ss_timer_by(core, SS_TIMER_WANT, core->now);
    } else if (peer != NULL) {
        peer->fails = 0;
        peer->mismatch_ms = 0;
        peer->asleep_ms = core->sync.whole ? core->now + ss_sync_pause(peer->wholes++) : 0;
    }
}

// Who has most of what we lack; before our first knowledge anybody who is ready, since even "nothing" is an answer.
static struct ss_peer *ss_sync_choose(struct ss_core *core, uint64_t *wake) {
    struct ss_peer *best = NULL;
    uint64_t most = 0;
    for (size_t i = 0; i < core->peers.count; i++) {
        struct ss_peer *peer = &core->peers.items[i];
        const uint64_t excess = ss_peer_present(peer) && peer->ready ? ss_peer_excess(core, peer) + !core->known : 0;
        if (excess > 0 && peer->asleep_ms > core->now)
            *wake = peer->asleep_ms < *wake ? peer->asleep_ms : *wake;
        else if (excess > most)
            best = peer;
        most = best == peer ? excess : most;
    }
    return best;
}

static struct ss_peer *ss_sync_mismatched(struct ss_core *core, uint64_t *wake) {
    for (size_t i = 0; i < core->peers.count; i++) {
        struct ss_peer *peer = &core->peers.items[i];
        if (peer->mismatch_ms == 0 || !ss_peer_present(peer))
            continue;
        const uint64_t due = peer->mismatch_ms + SS_GRACE_MS;
        const uint64_t at = due > peer->asleep_ms ? due : peer->asleep_ms;
        if (at <= core->now)
            return peer;
        *wake = at < *wake ? at : *wake;
    }
    return NULL;
}

static bool ss_sync_call(struct ss_core *core, const struct ss_peer *peer, bool whole) {
    struct ss_vector vector;
    if (!ss_fx_room(core, 1) || !ss_vectors_copy(&core->vectors, &core->scratch, &vector))
        return false;
    struct ss_slice buckets = {0};
    if (whole) {
        ss_digest_update(core);
        const void *copy = ss_scratch_copy(&core->scratch, core->buckets, sizeof core->buckets);
        if (copy == NULL)
            return false;
        buckets = ss_slice_of(copy, sizeof core->buckets);
    }
    core->sync = (struct ss_sync){.active = true, .whole = whole, .call = ++core->next_call, .peer = peer->origin};
    struct ss_effect *effect = ss_fx_push(core, SS_FX_CALL_SYNC);
    effect->call_sync.to = peer->origin;
    effect->call_sync.call = core->sync.call;
    effect->call_sync.vector = vector;
    effect->call_sync.buckets = buckets;
    effect->call_sync.blobs = core->config.store && peer->fails == 0;
    ss_timer_by(core, SS_TIMER_SYNC, core->now + SS_SYNC_TIMEOUT_MS);
    return true;
}

// ---- a snapshot in a blob ------------------------------------------------------------------------------------------------

static void ss_sync_read(struct ss_core *core) {
    core->sync.fetching = false;
    struct ss_effect *effect = ss_fx_push(core, SS_FX_READ_SNAPSHOT);
    effect->read_snapshot.sha256 = core->sync.blob;
    effect->read_snapshot.from = core->sync.peer;
    effect->read_snapshot.call = core->sync.call;
    ss_timer_stop(core, SS_TIMER_SYNC);
    ss_timer_by(core, SS_TIMER_SYNC, core->now + SS_SYNC_TIMEOUT_MS);
}

bool ss_sync_fetch(struct ss_core *core, const struct ss_origin *from, const struct ss_blob_name *blob, bool checkpoint) {
    const uint32_t number = ss_blob_take(core, &blob->sha256, blob->size);
    if (number == SS_NONE || !ss_fx_room(core, 1 + SS_FX_SPARE))
        return false;
    core->sync = (struct ss_sync){.active = true,
                                  .in_blob = true,
                                  .fetching = true,
                                  .checkpoint = checkpoint,
                                  .call = ++core->next_call,
                                  .peer = *from,
                                  .blob = blob->sha256};
    ss_timer_stop(core, SS_TIMER_SYNC);
    ss_timer_by(core, SS_TIMER_SYNC, core->now + SS_FETCH_TIMEOUT_MS + blob->size / 1000);
    if ((core->blobs.all.items[number].flags & SS_BLOB_PRESENT) != 0)
        ss_sync_read(core);
    else
        ss_missing_hope(core, number);
    return true;
}

static bool ss_sync_waits_for(const struct ss_core *core, const struct ss_sha256 *sha256) {
    return core->sync.active && core->sync.fetching && memcmp(core->sync.blob.b, sha256->b, sizeof sha256->b) == 0;
}

void ss_sync_blob_here(struct ss_core *core, const struct ss_sha256 *sha256) {
    if (ss_sync_waits_for(core, sha256))
        ss_sync_read(core);
}

void ss_sync_blob_missing(struct ss_core *core, const struct ss_sha256 *sha256) {
    if (ss_sync_waits_for(core, sha256))
        ss_sync_stop(core, true);
}

// ---- whom to ask ---------------------------------------------------------------------------------------------------------

// Peers first; the checkpoint for what no present peer has; and who has as much and yet something else.
static bool ss_sync_begin(struct ss_core *core, uint64_t *wake) {
    const struct ss_peer *peer = ss_sync_choose(core, wake);
    if (peer != NULL)
        return ss_sync_call(core, peer, false);
    if (ss_checkpoint_wanted(core, wake))
        return ss_sync_fetch(core, &core->checkpoint.from, &core->checkpoint.blob, true);
    peer = ss_sync_mismatched(core, wake);
    return peer == NULL || ss_sync_call(core, peer, true);
}

void ss_sync_consider(struct ss_core *core) {
    if (!core->connected || core->sync.active)
        return;
    uint64_t wake = SS_NEVER;
    if (!ss_sync_begin(core, &wake))
        wake = core->now + SS_RETRY_MS;
    if (wake != SS_NEVER)
        ss_timer_by(core, SS_TIMER_WANT, wake);
    if (!core->sync.active && !core->known && core->replayed)
        ss_timer_by(core, SS_TIMER_QUIET, core->now + SS_QUIET_MS);
}

void ss_sync_timeout(struct ss_core *core) { ss_sync_stop(core, true); }

void ss_sync_finish(struct ss_core *core) {
    ss_replies_stop(core);
    ss_array_finish(&core->replies, ss_memory(core));
    ss_array_finish(&core->checkpoint.vector, ss_memory(core));
    for (size_t i = 0; i < core->peers.count; i++)
        ss_array_finish(&core->peers.items[i].vector, ss_memory(core));
    ss_array_finish(&core->peers, ss_memory(core));
}
