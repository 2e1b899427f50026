// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint.h"

#include "core/blobs.h"
#include "core/clone.h"
#include "core/handlers.h"
#include "core/peers.h"
#include "core/reply.h"

enum {
    SS_CHECKPOINT_GRACE_MS = 1500,  // after a connection: a peer may have the same for less
    SS_CHECKPOINT_WAIT_MS = 30000,  // for a checkpoint to be written; then the answer goes in messages
    SS_CHECKPOINT_WRITE_MS = 60000, // for the store to take it; then the next one is tried
    SS_CHECKPOINT_BEAT_MS = 2000,
    SS_CHECKPOINT_FAILS = 5, // a blob that could not be had so often is nobody's reason to write no other
    SS_VECTOR_MAX = 1 << 20,
};

static struct ss_vector ss_checkpoint_vector(const struct ss_core *core) {
    return (struct ss_vector){core->checkpoint.vector.count, core->checkpoint.vector.items};
}

// Where the broker replays everything a checkpoint only answers calls, and may be so old that it would bring back what was deleted since.
static bool ss_checkpoint_helps(const struct ss_core *core) {
    const struct ss_vector vector = ss_checkpoint_vector(core);
    return core->checkpoint.known && core->checkpoint.partial && core->config.store && ss_vector_excess(core, &vector) > 0;
}

bool ss_checkpoint_hoped_for(const struct ss_core *core) { return core->checkpoint.asleep_ms <= core->now && ss_checkpoint_helps(core); }

bool ss_checkpoint_wanted(const struct ss_core *core, uint64_t *wake) {
    const uint64_t first = core->linked_ms + SS_CHECKPOINT_GRACE_MS;
    const uint64_t due = core->checkpoint.asleep_ms > first ? core->checkpoint.asleep_ms : first;
    if (!ss_checkpoint_helps(core))
        return false;
    if (due > core->now)
        *wake = due < *wake ? due : *wake;
    return due <= core->now;
}

static bool ss_checkpoint_set(struct ss_core *core, const struct ss_ev_checkpoint *said) {
    struct ss_checkpoint *checkpoint = &core->checkpoint;
    const size_t had = checkpoint->vector.count;
    checkpoint->vector.count = 0;
    if (!ss_array_room(&checkpoint->vector, ss_memory(core), said->vector.count, SS_VECTOR_MAX)) {
        checkpoint->vector.count = had;
        return false;
    }
    if (said->vector.count > 0)
        memcpy(checkpoint->vector.items, said->vector.entries, said->vector.count * sizeof *said->vector.entries);
    checkpoint->vector.count = said->vector.count;
    if (memcmp(checkpoint->blob.sha256.b, said->blob.sha256.b, sizeof said->blob.sha256.b) != 0)
        checkpoint->fails = 0;
    checkpoint->asleep_ms = checkpoint->fails == 0 ? 0 : checkpoint->asleep_ms;
    checkpoint->blob = said->blob;
    checkpoint->from = said->from;
    checkpoint->partial = said->partial;
    checkpoint->known = true;
    return true;
}

int ss_on_checkpoint(struct ss_core *core, const struct ss_event *event) {
    const struct ss_ev_checkpoint *said = &event->checkpoint;
    if (said->blob.size == 0)
        return SS_OK;
    if (ss_vector_seq(&said->vector, &core->clock.origin) >= core->next_seq && ss_clone_leave(core) != SS_OK)
        return SS_ENOMEM;
    if (!ss_checkpoint_set(core, said))
        return SS_ENOMEM;
    core->partial |= said->partial;
    ss_timer_by(core, SS_TIMER_WANT, core->now + (core->known ? SS_GRACE_MS : SS_GATHER_MS));
    return SS_OK;
}

// ---- writing -------------------------------------------------------------------------------------------------------------

static struct ss_reply *ss_checkpoint_writing(struct ss_core *core) {
    for (size_t i = 0; i < core->replies.count; i++) {
        if (core->replies.items[i].checkpoint)
            return &core->replies.items[i];
    }
    return NULL;
}

static bool ss_checkpoint_write(struct ss_core *core) {
    if (ss_checkpoint_writing(core) != NULL)
        return true;
    struct ss_reply reply = {.checkpoint = true, .call = ++core->next_call, .until_ms = core->now + SS_CHECKPOINT_WRITE_MS};
    if (!ss_vectors_copy(&core->vectors, &core->scratch, &reply.ours) || ss_reply_take(core, &reply) == NULL)
        return false;
    core->checkpoint.stale = false;
    return true;
}

int ss_on_snapshot(struct ss_core *core, const struct ss_event *event) {
    struct ss_reply *reply = ss_checkpoint_writing(core);
    if (reply == NULL || reply->call != event->snapshot.number || event->snapshot.blob.size == 0)
        return SS_OK;
    if (ss_blob_take(core, &event->snapshot.blob.sha256, event->snapshot.blob.size) == SS_NONE)
        return SS_ENOMEM;
    reply->blob = event->snapshot.blob;
    return SS_OK;
}

void ss_checkpoint_uploaded(struct ss_core *core, const struct ss_sha256 *sha256) {
    struct ss_reply *reply = ss_checkpoint_writing(core);
    if (reply == NULL || reply->blob.size == 0 || memcmp(reply->blob.sha256.b, sha256->b, sizeof sha256->b) != 0)
        return;
    reply->uploaded = true;
    ss_timer_by(core, SS_TIMER_REPLY, core->now);
}

static bool ss_checkpoint_say(struct ss_core *core, const struct ss_ev_checkpoint *said) {
    struct ss_ev_checkpoint checkpoint = *said;
    checkpoint.vector.entries = ss_scratch_copy(&core->scratch, said->vector.entries, said->vector.count * sizeof *said->vector.entries);
    if (checkpoint.vector.entries == NULL || !ss_fx_room(core, 1) || !ss_checkpoint_set(core, &checkpoint))
        return false;
    ss_fx_push(core, SS_FX_PUBLISH_CHECKPOINT)->checkpoint = checkpoint;
    return true;
}

static bool ss_checkpoint_publish(struct ss_core *core, const struct ss_reply *reply) {
    const struct ss_ev_checkpoint checkpoint = {
        .from = core->clock.origin, .vector = reply->ours, .blob = reply->blob, .partial = core->partial};
    if (!ss_checkpoint_say(core, &checkpoint))
        return false;
    for (size_t i = 0; i < core->replies.count; i++)
        core->replies.items[i].blob = core->replies.items[i].waiting ? reply->blob : core->replies.items[i].blob;
    return true;
}

void ss_checkpoint_needless(struct ss_core *core) {
    const struct ss_checkpoint *had = &core->checkpoint;
    const struct ss_ev_checkpoint checkpoint = {.from = had->from, .vector = ss_checkpoint_vector(core), .blob = had->blob};
    if (had->known && had->partial && core->known && ss_vector_excess(core, &checkpoint.vector) == 0)
        ss_checkpoint_say(core, &checkpoint);
}

// Whoever looks after what the broker retains writes it, when the broker does not replay everything; not over one that has more.
static bool ss_checkpoint_due(const struct ss_core *core) {
    const struct ss_vector vector = ss_checkpoint_vector(core);
    if (!core->config.store || !core->checkpoint.known)
        return core->config.store;
    const bool behind = core->checkpoint.stale || !core->checkpoint.partial || ss_vector_behind(core, &vector);
    return behind && (ss_vector_excess(core, &vector) == 0 || core->checkpoint.fails >= SS_CHECKPOINT_FAILS);
}

// Whether the broker replays everything is seen anew when the scene has grown; and when nothing is on its way any more that could excuse it.
static bool ss_checkpoint_proves(const struct ss_core *core) {
    const bool rest = core->outbox.entries.count == core->outbox.head && core->settling.count == 0;
    return core->scene.present > core->proven * 2 || (core->excused && rest);
}

void ss_checkpoint_run(struct ss_core *core) {
    if (!core->connected || !core->keeper)
        return;
    uint64_t pause = core->config.checkpoint_ms + core->scene.present;
    const bool ready = core->known && core->replayed && core->republish == SS_NONE;
    if (ready && !core->partial && ss_checkpoint_proves(core))
        ss_replay_again(core);
    else if (ready && core->partial && core->scene.present > 0 && ss_checkpoint_due(core) && !ss_checkpoint_write(core))
        pause = SS_RETRY_MS;
    ss_timer_by(core, SS_TIMER_CHECKPOINT, core->now + pause);
}

// ---- answers -------------------------------------------------------------------------------------------------------------

// A blob is worth its way through the store when it is large and most of it is wanted.
void ss_checkpoint_answer(struct ss_core *core, struct ss_reply *reply) {
    const struct ss_vector none = {0};
    const uint64_t size = reply->buckets.len > 0 || !core->config.store || !core->known ? 0 : ss_reply_size(core, &reply->has);
    if (size <= core->config.snapshot_bytes || size * 2 < ss_reply_size(core, &none))
        return;
    const struct ss_vector vector = ss_checkpoint_vector(core);
    reply->waiting = true;
    reply->beat_ms = core->now;
    reply->until_ms = core->now + SS_CHECKPOINT_WAIT_MS;
    if (core->checkpoint.known && core->checkpoint.fails == 0 && ss_reply_size(core, &vector) < size / 2)
        reply->blob = core->checkpoint.blob;
}

void ss_checkpoint_for_waiting(struct ss_core *core) {
    for (size_t i = 0; i < core->replies.count; i++) {
        if (core->replies.items[i].waiting && core->replies.items[i].blob.size == 0) {
            ss_checkpoint_write(core);
            return;
        }
    }
}

// Without memory for one thing or the other it is tried again with the next step, and in the end the answer goes in messages.
static bool ss_checkpoint_wait(struct ss_core *core, struct ss_reply *reply) {
    if (reply->blob.size > 0)
        return ss_reply_blob(core, reply, &reply->blob);
    if (reply->until_ms <= core->now) {
        reply->waiting = false;
    } else if (reply->beat_ms <= core->now && ss_reply_beat(core, reply)) {
        reply->beat_ms = core->now + SS_CHECKPOINT_BEAT_MS;
    }
    return false;
}

bool ss_checkpoint_step(struct ss_core *core, struct ss_reply *reply) {
    if (reply->waiting)
        return ss_checkpoint_wait(core, reply);
    core->checkpoint.stale |= reply->until_ms <= core->now;
    return reply->until_ms <= core->now || (reply->uploaded && ss_checkpoint_publish(core, reply));
}
