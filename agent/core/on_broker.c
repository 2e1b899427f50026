// SPDX-License-Identifier: Apache-2.0
// The connection to the broker comes and goes, and what it retains is compared with what we have.
#include "core/checkpoint.h"
#include "core/handlers.h"
#include "core/outbox.h"
#include "core/peers.h"
#include "core/plan.h"
#include "core/repair.h"
#include "core/replayed.h"
#include "core/reply.h"
#include "core/sync.h"

enum { SS_CHECKPOINT_FIRST_MS = 5000, SS_CHECKPOINT_ALONE_MS = 2000, SS_KEEPER_MS = 2000, SS_LOOKS_ON_MS = 600000 };
enum { SS_REPUBLISH_THINGS = 256, SS_REPUBLISH_PAUSE_MS = 50, SS_REPUBLISH_WAIT_MS = 1000 };

int ss_on_answered(struct ss_core *core) {
    core->there = true;
    return SS_OK;
}

int ss_on_connected(struct ss_core *core, const struct ss_event *event) {
    core->connected = true;
    core->there = false;
    core->replayed = false;
    core->reread = event->connected.replays;
    core->linked_ms = core->now;
    core->brought = core->checked = core->keeper = core->compared = core->republished = core->checkpoint.known = false;
    core->first_replay = ++core->replay;
    core->republish = SS_NONE;
    ss_peers_gone(core);
    ss_timer_by(core, SS_TIMER_PEER, core->now);
    ss_timer_by(core, SS_TIMER_JOIN, core->now);
    return SS_OK;
}

int ss_on_disconnected(struct ss_core *core) {
    core->connected = false;
    core->republish = SS_NONE;
    ss_outbox_again(core);
    ss_sync_stop(core, false);
    ss_replies_stop(core);
    ss_peers_gone(core);
    ss_timer_stop(core, SS_TIMER_PEER);
    ss_timer_stop(core, SS_TIMER_WANT);
    ss_timer_stop(core, SS_TIMER_QUIET);
    ss_timer_stop(core, SS_TIMER_REPUBLISH);
    ss_timer_stop(core, SS_TIMER_CHECKPOINT);
    ss_timer_stop(core, SS_TIMER_KEEP);
    return SS_OK;
}

int ss_on_published(struct ss_core *core, const struct ss_event *event) { return ss_outbox_published(core, event->published.token); }

// Rights may change, and may have been refused for one topic only: after a while we try again. What our own clients edit is tried always.
int ss_on_looks_on(struct ss_core *core) {
    if (ss_outbox_shed(core) != SS_OK)
        return SS_ENOMEM;
    core->looks_on_ms = core->now + SS_LOOKS_ON_MS;
    core->keeper = false;
    core->compared = true;
    core->republish = SS_NONE;
    ss_repairs_stop(core);
    ss_replies_stop(core);
    ss_timer_by(core, SS_TIMER_PEER, core->now);
    ss_timer_by(core, SS_TIMER_KEEP, core->looks_on_ms);
    return SS_OK;
}

static bool ss_peers_to_ask(const struct ss_core *core) {
    for (size_t i = 0; i < core->peers.count; i++) {
        const struct ss_peer *peer = &core->peers.items[i];
        if (ss_peer_present(peer) && peer->ready && peer->asleep_ms <= core->now)
            return true;
    }
    return false;
}

// Nobody to ask is no reason yet to look after the scene: whoever is here may not have had the time to say so.
int ss_on_replayed(struct ss_core *core) {
    core->replayed = true;
    ss_timer_stop(core, SS_TIMER_QUIET);
    ss_timer_by(core, SS_TIMER_QUIET, core->now + SS_QUIET_MS);
    if (core->known || core->checked || ss_peers_to_ask(core))
        return SS_OK;
    if (!core->reread)
        ss_replay_again(core);
    else if (core->brought && core->scene.alive > 0 && !ss_checkpoint_hoped_for(core))
        ss_sync_known(core); // only an empty scene is waited for any longer
    return SS_OK;
}

void ss_replay_again(struct ss_core *core) {
    core->reread = ss_fx_room(core, 1);
    if (!core->reread)
        return;
    ss_fx_push(core, SS_FX_REREAD);
    core->replayed = false;
    core->replay++;
}

// What is missing goes out again, once. What is then still not replayed is lost on this broker, and newcomers need a checkpoint.
static void ss_replay_judge(struct ss_core *core) {
    bool lacked = false, missing = false;
    uint64_t brought = 0;
    for (size_t i = 0; i < core->scene.things.count && !missing; i++) {
        const struct ss_thing *thing = core->scene.things.items[i];
        const bool whole = ss_replayed_whole(core, thing);
        lacked |= !whole;
        brought += whole && thing->count > 0;
        missing = ss_replayed_lacks(core, thing);
    }
    core->compared |= !missing;
    core->excused = lacked && !missing;
    if (core->excused) {
        core->proven = brought; // what is on its way proves nothing yet
    } else if (!missing) {
        core->proven = core->scene.present;
        core->partial = false;
        ss_checkpoint_needless(core);
    } else if (core->republished || (core->partial && core->checkpoint.known)) {
        core->partial = core->compared = true;
        ss_timer_by(core, SS_TIMER_CHECKPOINT, core->now);
    } else {
        core->republished = true;
        core->republish = 0;
        ss_timer_by(core, SS_TIMER_REPUBLISH, core->now);
    }
}

static const struct ss_uuid ss_whole_scene;

// How much others do for the scene: one who keeps it, one who was there before us, perhaps, and has yet to say so.
enum ss_keeping { SS_KEPT_BY_NOBODY, SS_KEPT_PERHAPS, SS_KEPT };

static enum ss_keeping ss_replay_kept(const struct ss_core *core) {
    enum ss_keeping kept = SS_KEPT_BY_NOBODY;
    const bool early = core->now < core->linked_ms + core->config.peer_interval_ms + SS_KEEPER_MS;
    for (size_t i = 0; i < core->peers.count; i++) {
        const struct ss_peer *peer = &core->peers.items[i];
        if (!ss_peer_present(peer) || !peer->ready)
            continue;
        if (peer->keeps || ss_rank_before(core, &ss_whole_scene, peer))
            return SS_KEPT;
        kept = early ? SS_KEPT_PERHAPS : kept;
    }
    return kept;
}

// The others are there.
static void ss_replay_leave(struct ss_core *core) {
    core->keeper = core->reread = false;
    core->compared = true;
}

// One looks after what the broker retains, since brokers lose or roll back their stores: whoever does already, else the first in rank for the
// whole scene. Whoever takes it over because others have gone (or never were there but in the broker's old store) reads anew, not knowing how
// far those came.
static bool ss_replay_keep(struct ss_core *core) {
    const enum ss_keeping kept = ss_looks_on(core) ? SS_KEPT : core->keeper ? SS_KEPT_BY_NOBODY : ss_replay_kept(core);
    core->keeper = kept == SS_KEPT_BY_NOBODY || (kept == SS_KEPT_PERHAPS && core->reread);
    if (core->keeper)
        return true;
    ss_replay_leave(core);
    if (ss_looks_on(core))
        ss_timer_by(core, SS_TIMER_KEEP, core->looks_on_ms);
    else if (kept == SS_KEPT_PERHAPS)
        ss_timer_by(core, SS_TIMER_KEEP, core->linked_ms + core->config.peer_interval_ms + SS_KEEPER_MS);
    return false;
}

static void ss_replay_check(struct ss_core *core) {
    core->checked |= core->reread;
    if (!ss_replay_keep(core))
        return;
    ss_timer_by(core, SS_TIMER_CHECKPOINT, core->now + SS_CHECKPOINT_FIRST_MS);
    ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
    if (core->reread)
        ss_replay_judge(core);
    else
        ss_replay_again(core);
}

void ss_keeper_run(struct ss_core *core) {
    if (core->connected && core->replayed && !core->keeper)
        ss_replay_check(core);
}

// Of two who keep, the first in rank goes on.
void ss_replay_yield(struct ss_core *core) {
    for (size_t i = 0; i < core->peers.count && core->keeper; i++) {
        const struct ss_peer *peer = &core->peers.items[i];
        if (peer->keeps && ss_rank_before(core, &ss_whole_scene, peer))
            ss_replay_leave(core);
    }
}

void ss_replay_peer_gone(struct ss_core *core) {
    if (!core->connected || !core->replayed)
        return;
    if (core->keeper)
        ss_timer_by(core, SS_TIMER_CHECKPOINT, core->now + SS_CHECKPOINT_ALONE_MS);
    else
        ss_timer_by(core, SS_TIMER_KEEP, core->now + SS_QUIET_MS);
}

void ss_replay_quiet(struct ss_core *core) {
    if (core->replayed)
        ss_replay_check(core);
    const bool alone = core->replayed && !ss_peers_to_ask(core) && !ss_checkpoint_hoped_for(core);
    if (core->answered || (alone && core->checked))
        ss_sync_known(core);
    else if (alone && !core->known)
        ss_replay_again(core);
    if (!core->known)
        ss_timer_by(core, SS_TIMER_WANT, core->now);
}

static int ss_republish_plan(struct ss_core *core, uint32_t *next) {
    for (uint32_t done = 0; *next < core->scene.things.count && done < SS_REPUBLISH_THINGS; (*next)++) {
        const struct ss_thing *thing = ss_thing_at(core, *next);
        if (!ss_replayed_lacks(core, thing))
            continue;
        const uint32_t change = ss_plan_change(core, *next);
        if (change == SS_NONE)
            return SS_ENOMEM;
        ss_replayed_publish(core, change);
        done++;
    }
    return ss_plan_finish(core);
}

// What the replay did not bring goes out again, as fast as the broker takes it.
void ss_republish_run(struct ss_core *core) {
    if (core->republish == SS_NONE)
        return;
    if (!core->known) {
        ss_timer_by(core, SS_TIMER_REPUBLISH, core->now + SS_REPUBLISH_WAIT_MS);
        return;
    }
    uint32_t next = core->republish;
    if (core->outbox.entries.count - core->outbox.head < SS_REPUBLISH_THINGS) {
        ss_plan_begin(core, -1);
        if (ss_republish_plan(core, &next) == SS_OK) {
            ss_plan_commit(core);
            core->republish = next;
        } else {
            ss_plan_abort(core);
        }
    }
    core->compared |= core->republish >= core->scene.things.count;
    if (core->republish < core->scene.things.count) {
        ss_timer_by(core, SS_TIMER_REPUBLISH, core->now + SS_REPUBLISH_PAUSE_MS);
    } else if (core->outbox.head < core->outbox.entries.count) {
        ss_timer_by(core, SS_TIMER_REPUBLISH, core->now + SS_REPUBLISH_WAIT_MS);
    } else {
        core->republish = SS_NONE;
        ss_replay_again(core); // is it replayed now?
    }
}
