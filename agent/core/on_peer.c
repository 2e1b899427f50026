// SPDX-License-Identifier: Apache-2.0
// A peer says what it has, comes or goes; and we say the same of us.
#include "core/clone.h"
#include "core/digest.h"
#include "core/handlers.h"
#include "core/missing.h"
#include "core/peers.h"

enum { SS_PEERS_MAX = 4096, SS_VECTOR_MAX = 1 << 20, SS_LOST_INTERVALS = 3 };

struct ss_peer *ss_peer_find(struct ss_core *core, const struct ss_origin *origin) {
    for (size_t i = 0; i < core->peers.count; i++) {
        if (ss_origin_equal(&core->peers.items[i].origin, origin))
            return &core->peers.items[i];
    }
    return NULL;
}

// A broker retains what was said of everybody who ever was there: those give their places to others.
static void ss_peer_make_room(struct ss_core *core) {
    for (size_t i = 0; i < core->peers.count && core->peers.count == SS_PEERS_MAX; i++) {
        struct ss_peer *peer = &core->peers.items[i];
        if (ss_peer_present(peer) || peer->told)
            continue;
        ss_array_finish(&peer->vector, ss_memory(core));
        *peer = core->peers.items[--core->peers.count];
    }
}

static struct ss_peer *ss_peer_take(struct ss_core *core, const struct ss_origin *origin) {
    struct ss_peer *peer = ss_peer_find(core, origin);
    if (peer != NULL)
        return peer;
    ss_peer_make_room(core);
    if (!ss_array_room(&core->peers, ss_memory(core), 1, SS_PEERS_MAX))
        return NULL;
    ss_array_push(&core->peers, (struct ss_peer){.origin = *origin});
    return &core->peers.items[core->peers.count - 1];
}

uint64_t ss_vector_excess(const struct ss_core *core, const struct ss_vector *vector) {
    uint64_t excess = 0;
    for (size_t i = 0; i < vector->count; i++) {
        const struct ss_vector_entry *entry = &vector->entries[i];
        const uint32_t line = ss_vectors_find(&core->vectors, &entry->from);
        const uint64_t have = line == SS_NONE ? 0 : core->vectors.lines.items[line].seq;
        if (line != core->own_line && entry->seq > have && ss_vectors_count(&core->vectors, &entry->from))
            excess += entry->seq - have;
    }
    return excess;
}

bool ss_vector_behind(const struct ss_core *core, const struct ss_vector *vector) {
    for (size_t i = 0; i < core->vectors.lines.count; i++) {
        if (ss_vector_seq(vector, &core->vectors.lines.items[i].from) < core->vectors.lines.items[i].seq)
            return true;
    }
    return false;
}

uint64_t ss_peer_excess(const struct ss_core *core, const struct ss_peer *peer) {
    return ss_vector_excess(core, &(struct ss_vector){peer->vector.count, peer->vector.items});
}

static bool ss_peer_behind(const struct ss_core *core, const struct ss_peer *peer) {
    return ss_vector_behind(core, &(struct ss_vector){peer->vector.count, peer->vector.items});
}

// Who lacks what we have said will ask us; but not whoever may only look on, whom nobody can ask.
static bool ss_peer_will_ask(const struct ss_core *core, const struct ss_peer *peer) {
    return core->looks_on_ms == 0 && ss_peer_behind(core, peer);
}

// A digest counts only from a copy that has nothing of its own under way.
static bool ss_peer_quiet(const struct ss_core *core) {
    return core->outbox.head == core->outbox.entries.count && core->settling.count == 0 && core->scene.held == 0 && core->aside.count == 0;
}

static bool ss_digest_known(const struct ss_sha256 *digest) {
    static const struct ss_sha256 none;
    return memcmp(digest->b, none.b, sizeof none.b) != 0;
}

static void ss_peer_compare(struct ss_core *core, struct ss_peer *peer) {
    bool differs = core->known && peer->ready && ss_peer_quiet(core) && ss_digest_known(&peer->digest) && ss_peer_excess(core, peer) == 0 &&
                   !ss_peer_will_ask(core, peer);
    if (differs) {
        ss_digest_update(core);
        differs = memcmp(core->digest.b, peer->digest.b, sizeof peer->digest.b) != 0;
        peer->wholes = differs ? peer->wholes : 0;
    }
    if (!differs)
        peer->mismatch_ms = 0;
    else if (peer->mismatch_ms == 0)
        peer->mismatch_ms = core->now;
    if (peer->ready && (differs || ss_peer_excess(core, peer) > 0 || !core->known))
        ss_timer_by(core, SS_TIMER_WANT, core->now + (core->known && !peer->before ? SS_GRACE_MS : SS_GATHER_MS));
}

// Says to the daemon what changed about a peer's presence; room for the effect must have been made.
static void ss_peer_tell(struct ss_core *core, struct ss_peer *peer) {
    if (peer->told == ss_peer_present(peer))
        return;
    peer->told = !peer->told;
    struct ss_effect *effect = ss_fx_push(core, SS_FX_PEER_CHANGED);
    effect->peer_changed.origin = peer->origin;
    effect->peer_changed.online = peer->told;
    if (!peer->told)
        ss_replay_peer_gone(core);
}

int ss_on_peer(struct ss_core *core, const struct ss_event *event) {
    const struct ss_ev_peer *said = &event->peer;
    if (ss_origin_equal(&said->origin, &core->clock.origin))
        return SS_OK;
    const uint64_t own = ss_vector_seq(&said->vector, &core->clock.origin);
    if (own >= core->next_seq && ss_clone_leave(core) != SS_OK)
        return SS_ENOMEM;
    struct ss_peer *peer = ss_peer_take(core, &said->origin);
    if (peer == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    const size_t had = peer->vector.count;
    peer->vector.count = 0;
    if (!ss_array_room(&peer->vector, ss_memory(core), said->vector.count, SS_VECTOR_MAX)) {
        peer->vector.count = had;
        return SS_ENOMEM;
    }
    if (said->vector.count > 0)
        memcpy(peer->vector.items, said->vector.entries, said->vector.count * sizeof *said->vector.entries);
    peer->vector.count = said->vector.count;
    if (!said->ready && !said->retained && peer->heard_ms == 0) // a newcomer, whom the broker may not have told of us
        ss_timer_by(core, SS_TIMER_PEER, core->now + SS_GATHER_MS);
    peer->digest = said->digest;
    peer->ready = said->ready;
    const bool kept = peer->keeps;
    peer->keeps = said->keeps && !said->retained;
    peer->before = said->retained;
    peer->heard_ms = core->now > 0 ? core->now : 1;
    peer->online |= !said->retained; // a broker that replays nothing to a wildcard never says so
    ss_peer_time(core, peer, said->retained ? 0 : said->time_ms);
    ss_timer_by(core, SS_TIMER_LOST, core->now + SS_LOST_INTERVALS * (uint64_t)core->config.peer_interval_ms);
    ss_peer_tell(core, peer);
    ss_replay_yield(core);
    if (kept && !peer->keeps)
        ss_replay_peer_gone(core);
    if (ss_peer_present(peer)) {
        ss_missing_asked(core, said);
        ss_peer_compare(core, peer);
        ss_peers_clock(core);
    }
    return SS_OK;
}

// What it did not answer, or did not help, was over a connection that is gone: it may be asked at once.
static void ss_peer_awake(struct ss_peer *peer) {
    peer->asleep_ms = 0;
    peer->fails = peer->wholes = 0;
}

int ss_on_online(struct ss_core *core, const struct ss_event *event) {
    if (ss_origin_equal(&event->online.origin, &core->clock.origin))
        return SS_OK;
    struct ss_peer *peer = ss_peer_take(core, &event->online.origin);
    if (peer == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    if (event->online.online && !peer->online)
        ss_peer_awake(peer);
    peer->online = event->online.online;
    if (!peer->online)
        peer->heard_ms = 0;
    ss_peer_tell(core, peer);
    if (ss_peer_present(peer))
        ss_peer_compare(core, peer);
    return SS_OK;
}

void ss_peers_gone(struct ss_core *core) {
    for (size_t i = 0; i < core->peers.count; i++) {
        core->peers.items[i].online = false;
        core->peers.items[i].heard_ms = 0;
        core->peers.items[i].mismatch_ms = 0;
        ss_peer_awake(&core->peers.items[i]);
        if (core->peers.items[i].told && ss_fx_room(core, 1))
            ss_peer_tell(core, &core->peers.items[i]);
    }
}

void ss_peer_expire(struct ss_core *core) {
    const uint64_t patience = SS_LOST_INTERVALS * (uint64_t)core->config.peer_interval_ms;
    for (size_t i = 0; i < core->peers.count; i++) {
        struct ss_peer *peer = &core->peers.items[i];
        if (peer->heard_ms == 0)
            continue;
        if (peer->heard_ms + patience > core->now || !ss_fx_room(core, 1)) {
            const uint64_t due = peer->heard_ms + patience;
            ss_timer_by(core, SS_TIMER_LOST, due > core->now ? due : core->now + SS_RETRY_MS);
            continue;
        }
        peer->heard_ms = 0;
        ss_peer_tell(core, peer);
    }
}

// ---- ourselves -----------------------------------------------------------------------------------------------------------

void ss_peer_publish(struct ss_core *core) {
    if (!core->connected)
        return;
    ss_holes_run(core);
    struct ss_vector vector;
    if (!ss_fx_room(core, 1) || !ss_vectors_copy(&core->vectors, &core->scratch, &vector)) {
        ss_timer_by(core, SS_TIMER_PEER, core->now + SS_RETRY_MS);
        return;
    }
    ss_digest_update(core);
    struct ss_effect *effect = ss_fx_push(core, SS_FX_PUBLISH_PEER);
    effect->peer.vector = vector;
    effect->peer.entities = core->scene.present;
    effect->peer.ready = core->known && !ss_looks_on(core); // nobody would hear our answers
    effect->peer.keeps = core->keeper;
    effect->peer.missing = ss_missing_list(core, &effect->peer.missing_count);
    if (ss_peer_quiet(core))
        effect->peer.digest = core->digest;
    ss_timer_by(core, SS_TIMER_PEER, core->now + core->config.peer_interval_ms);
}

int ss_on_digest_wanted(struct ss_core *core, const struct ss_event *event) {
    if (!ss_fx_room(core, 1))
        return SS_ENOMEM;
    ss_digest_update(core);
    struct ss_effect *effect = ss_fx_push(core, SS_FX_DIGEST);
    effect->digest.client = event->digest_wanted.client;
    effect->digest.id = event->digest_wanted.id;
    effect->digest.digest = core->digest;
    return SS_OK;
}

static bool ss_status_comparing(const struct ss_core *core) { return core->connected && !core->compared; }

void ss_status_pump(struct ss_core *core) {
    const bool comparing = ss_status_comparing(core);
    uint64_t pending = core->outbox.entries.count - core->outbox.head + core->settling.count + core->scene.held;
    uint32_t peers = 0;
    for (size_t i = 0; i < core->peers.count; i++)
        peers += ss_peer_present(&core->peers.items[i]);
    if ((pending == core->told_pending && peers == core->told_peers && core->scene.alive == core->told_entities &&
         comparing == core->told_comparing) ||
        !ss_fx_room(core, 1))
        return;
    struct ss_effect *effect = ss_fx_push(core, SS_FX_STATUS);
    effect->status.pending = core->told_pending = pending;
    effect->status.entities = core->told_entities = core->scene.alive;
    effect->status.peers = core->told_peers = peers;
    effect->status.comparing = core->told_comparing = comparing;
}
