// SPDX-License-Identifier: Apache-2.0
// The core's whole state, private to this folder, and how a step goes: a handler makes a plan, which may fail, and commits it, which may not.
#ifndef SS_CORE_STATE_H
#define SS_CORE_STATE_H

#include "core/clock.h"
#include "core/core.h"
#include "core/scene.h"
#include "core/vector.h"
#include "util/bytes.h"
#include "util/sha256.h"

#define SS_NEVER UINT64_MAX

enum {
    SS_GATHER_MS = 100,          // peers that arrive together are compared before one is asked
    SS_GRACE_MS = 1000,          // what a peer has and we have not may still be on its way
    SS_QUIET_MS = 500,           // of replay, before a scene counts as empty
    SS_SYNC_TIMEOUT_MS = 5000,   // without a part of the answer
    SS_FETCH_TIMEOUT_MS = 10000, // without the blob that is the answer, and 1 ms for every kB of it
    SS_OFFLINE_MS = 2000,        // a client waits this long for a broker before it is given what there is
    SS_ANSWERED_MS = 10000,      // and this long for one that answers: in a cluster, subscriptions take seconds
    SS_UNKNOWN_MS = 30000,       // and this long for peers and replay
    SS_PEER_CHANGED_MS = 1000,   // after a change our peer message is published this soon
    SS_RETRY_MS = 100,           // after memory was denied
    SS_BATCH_BYTES = 192 * 1024, // of one message that the core cuts: below SS_MAX_MESSAGE with room for its head
    SS_TOMBSTONE_S = 30 * 24 * 3600,
};

enum ss_timer {
    SS_TIMER_LIVE,
    SS_TIMER_SETTLE,
    SS_TIMER_OVERLAY,
    SS_TIMER_REPAIR,
    SS_TIMER_PEER,
    SS_TIMER_LOST,
    SS_TIMER_SYNC,
    SS_TIMER_WANT,
    SS_TIMER_REPLY,
    SS_TIMER_QUIET,
    SS_TIMER_JOIN,
    SS_TIMER_BLOB,
    SS_TIMER_ASIDE,
    SS_TIMER_SWEEP,
    SS_TIMER_RESAVE,
    SS_TIMER_REPUBLISH,
    SS_TIMER_CHECKPOINT,
    SS_TIMER_KEEP,
    SS_TIMER_RETRY,
    SS_TIMER_COUNT,
};

// ss_change is what the plan of this step does to one thing.
struct ss_change {
    uint32_t number;       // of the thing
    struct ss_cell *cells; // with all that stays; NULL: cells stay as they are
    uint32_t count;
    uint32_t flags; // the thing's, from then on
    uint32_t size;
    uint32_t graves;          // values that will have to be freed
    struct ss_touch *touches; // NULL: stay
    uint32_t touch_count;
    uint32_t patched; // cells changed in place instead …
    size_t undo;      // … and what they were, from here on in the plan
    bool changed;
    bool revealed;
    bool store;
    bool publish;           // what changed; cells, parts or the base
    bool base;              // publish the whole, or of an entity in parts the base
    bool base_seq;          // and that needs a place in the outbox
    uint64_t parts[4];      // publish these parts
    uint64_t stored[4];     // store these parts' records
    uint64_t *queued_parts; // memory for a thing that becomes parted
};

// ss_undo is what a cell was before it was changed in place.
struct ss_undo {
    uint32_t at;
    struct ss_cell before;
};

struct ss_mark {
    size_t effects;
    uint64_t txn, last_txn;
};

struct ss_plan {
    SS_ARRAY(struct ss_change) changes;
    SS_ARRAY(struct ss_undo) undo;
    struct ss_mark mark; // where the step was before
    uint32_t editor;     // client that edits, plus 1; 0: nobody here
    uint64_t seqs;       // how many were given out
};

struct ss_outgoing {
    uint64_t seq;
    uint64_t txn;   // sent once this is durable
    uint64_t token; // when flying
    uint32_t thing;
    int16_t part;
    enum { SS_OUT_WAITING, SS_OUT_FLYING, SS_OUT_DONE } state;
    bool sent; // once at least, perhaps: others may know it
};

struct ss_outbox {
    SS_ARRAY(struct ss_outgoing) entries; // by seq
    size_t head;                          // those before are done
    size_t next;                          // the first that was not sent since we connected
    size_t flying;
    uint64_t next_token;
};

struct ss_barrier {
    uint64_t id;
    uint64_t serial; // edits before it
};

struct ss_client {
    bool used;
    bool changes;
    bool again; // it holds what it was given before
    bool told;  // CHANGES_WAIT was said and not answered
    bool joined;
    uint32_t id;
    uint64_t since_ms;
    uint32_t waiting;         // things that wait for a blob
    uint32_t scan;            // the first knowledge: things from here …
    uint32_t scan_end;        // … to here are new to it
    SS_ARRAY(uint32_t) kinds; // none: all
    SS_ARRAY(struct ss_barrier) barriers;
    uint32_t *queue; // ring of things with news
    size_t queue_head, queue_count, queue_capacity;
};

struct ss_ack {
    uint32_t client;
    uint32_t blobs; // still missing
    uint64_t id;
    uint64_t txn;
    uint64_t serial;
};

struct ss_ack_blob {
    uint64_t serial;
    uint32_t blob;
};

enum ss_blob_flag {
    SS_BLOB_PRESENT = 1,
    SS_BLOB_UPLOADED = 2,
    SS_BLOB_FETCHING = 4,
    SS_BLOB_UPLOADING = 8,
    SS_BLOB_WANTED = 16,
    SS_BLOB_MISSING = 32,
    SS_BLOB_LOST = 64
};

struct ss_blob {
    struct ss_sha256 sha256;
    uint64_t size;
    uint64_t retry_ms;   // when MISSING
    uint64_t missing_ms; // since when it is known that the store does not have it and we neither; 0: it is not
    uint64_t offer_ms;   // uploaded again at this time, for a peer that misses it; 0: not
    uint64_t offered_ms; // when that was done last
    uint32_t delay_ms;
    uint32_t flags;
    SS_ARRAY(uint32_t) things; // to look at when it is present or uploaded
};

struct ss_blobs {
    SS_ARRAY(struct ss_blob) all;
    struct ss_index index;
    size_t missing; // of them with `missing_ms`
};

// ss_overlay is what a peer is dragging: shown, never stored.
struct ss_overlay {
    uint32_t thing;
    uint32_t count;
    struct ss_cell *cells; // sorted by name; each has its settled cell
    uint64_t expires_ms;
};

struct ss_settling {
    uint32_t thing;
    uint64_t first_ms, last_ms;
};

struct ss_repair {
    uint32_t thing;
    uint32_t tries;
    bool base;         // the whole or the base is to be republished
    uint64_t parts[4]; // these parts are
    uint64_t due_ms;   // SS_NEVER: only the number of tries is remembered …
    uint64_t last_ms;  // … for a while
};

struct ss_aside {
    uint32_t thing;
    uint32_t len;
    struct ss_stamp newest;
    uint8_t *record;
};

struct ss_peer {
    struct ss_origin origin;
    SS_ARRAY(struct ss_vector_entry) vector;
    struct ss_sha256 digest;
    uint64_t heard_ms;
    bool timed;             // it said what its clock shows:
    int64_t epoch_ms;       // that, where our monotonic clock is 0
    uint64_t mismatch_ms;   // since when equal vectors have unequal digests; 0: they do not
    uint64_t asleep_ms;     // not asked before
    uint32_t fails, wholes; // calls without an answer, calls because of digests, in a row
    bool ready, keeps, online, told;
    bool before; // what it said last it said before we connected
};

struct ss_sync {
    bool active;
    bool whole;      // by digests, not by vector
    bool in_blob;    // the answer is a blob …
    bool fetching;   // … which is not here yet
    bool checkpoint; // nobody was asked
    uint64_t call;
    uint32_t part;
    struct ss_origin peer;
    struct ss_sha256 blob;
};

// ss_checkpoint is what the broker retains as such.
struct ss_checkpoint {
    bool known; // since we connected
    struct ss_origin from;
    SS_ARRAY(struct ss_vector_entry) vector;
    struct ss_blob_name blob;
    bool partial;       // it says that this broker does not replay everything
    bool stale;         // something came since that no vector counts
    uint64_t asleep_ms; // not fetched before
    uint32_t fails;
};

// ss_reply is a snapshot that is being sent, or written as a checkpoint.
struct ss_reply {
    bool checkpoint; // goes to nobody; when all parts are written it waits for its upload …
    bool uploaded;
    struct ss_blob_name blob; // … under this name
    bool waiting;             // for a checkpoint that answers it
    uint64_t until_ms;        // at the latest
    uint64_t beat_ms;         // an empty part tells the caller that we are at it
    uint64_t due_ms;          // when it goes on
    struct ss_origin to;
    uint8_t *memory; // what the slices and vectors point to
    struct ss_slice user;
    struct ss_slice buckets;    // what the caller has, or nothing
    struct ss_vector has, ours; // when it called
    uint64_t call;
    uint32_t next; // thing
    uint32_t cell; // of it
    uint32_t part;
};

struct ss_core {
    struct ss_core_config config;
    struct ss_names names;
    struct ss_scene scene;
    struct ss_vectors vectors;
    struct ss_clock clock;
    struct ss_scratch scratch;
    struct ss_sha256_state *hasher;
    uint64_t random;
    uint64_t now;
    struct {
        uint32_t deleted, parts, topology;
    } word; // names that the core itself knows

    SS_ARRAY(struct ss_effect) effects;
    SS_ARRAY(void *) graveyard; // freed when the next step begins: effects may point into it
    uint64_t due[SS_TIMER_COUNT];
    uint64_t woken; // the last WAKE asked for

    struct ss_plan plan;
    size_t standing; // effects of this step that are carried out even when it is denied something later: of an origin that was left
    uint64_t txn;    // of this step, 0: none yet
    uint64_t last_txn, stored_txn;
    uint64_t failed_ms; // the disk refused something at this time; 0: all is well
    uint32_t resave;    // what is stored again after that: next thing
    uint32_t resave_delay_ms;

    uint64_t next_seq, start_seq;
    uint32_t own_line; // ours in vectors
    struct ss_outbox outbox;
    SS_ARRAY(struct ss_ack) acks;
    SS_ARRAY(struct ss_ack_blob) ack_blobs;
    uint64_t serial;
    struct ss_client clients[SS_MAX_CLIENTS];
    struct ss_blobs blobs;
    SS_ARRAY(uint32_t) named_blobs;    // by the edit of this step
    SS_ARRAY(struct ss_entity) out[2]; // what is given to a client: settled, live
    SS_ARRAY(struct ss_overlay) overlays;
    SS_ARRAY(struct ss_settling) settling;
    SS_ARRAY(uint32_t) live; // things for the next tick
    uint64_t ticked_ms;
    SS_ARRAY(struct ss_repair) repairs;
    SS_ARRAY(struct ss_aside) aside;

    struct ss_sha256 digest; // of all but the stale
    uint8_t buckets[SS_BUCKETS * SS_BUCKET_SIZE];
    SS_ARRAY(uint32_t) stale;

    bool copied; // the records are a copy, or older than what was acknowledged
    bool started, connected;
    bool there;            // the broker is, but has yet to accept us
    bool known;            // our first knowledge is complete
    bool answered;         // by a peer
    bool replayed;         // the broker has probably replayed all it retains
    bool reread;           // this connection's replay is of all it retains
    bool brought;          // and has brought something of the scene
    bool checked;          // and it is over: what comes by other ways since was not in it
    bool keeper;           // looks after what the broker retains
    bool compared;         // has looked since it connected or became that, and given back what the broker lacked
    uint32_t replay;       // counts them
    uint32_t first_replay; // of this connection
    uint64_t linked_ms;    // when we connected
    uint64_t looks_on_ms;  // until then we do nothing for the scene that only editors may; 0: we may
    uint32_t republish;    // after a replay: next thing to look at; SS_NONE: nothing to do
    bool republished;      // since we connected: what still is not replayed never is
    bool partial;          // so it is: only a checkpoint tells a newcomer everything
    uint64_t proven;       // as many things this broker did replay
    bool excused;          // and lacked only what was on its way
    struct ss_checkpoint checkpoint;
    SS_ARRAY(struct ss_peer) peers;
    struct ss_sync sync;
    SS_ARRAY(struct ss_reply) replies;
    uint64_t next_call;
    uint64_t told_pending, told_entities;
    uint32_t told_peers;
    bool told_comparing;
};

// ---- effects.c ----
enum { SS_FX_SPARE = 4 };
bool ss_fx_room(struct ss_core *core, size_t more);
struct ss_effect *ss_fx_push(struct ss_core *core, enum ss_effect_type type);
// ss_fx_refuse says that something was refused; without room for the effect it is silent.
void ss_fx_refuse(struct ss_core *core, uint32_t client, uint64_t id, enum ss_error error, const char *cause, const char *text);
// ss_fx_store puts a record into this step's transaction; room for an effect must have been made.
void ss_fx_store(struct ss_core *core, struct ss_slice key, struct ss_slice value);
uint64_t ss_txn(struct ss_core *core);

// ---- timers.c ----
void ss_timer_by(struct ss_core *core, enum ss_timer timer, uint64_t at); // no later than
void ss_timer_stop(struct ss_core *core, enum ss_timer timer);
void ss_timers_run(struct ss_core *core);
uint64_t ss_random(struct ss_core *core);

static inline struct ss_thing *ss_thing_at(const struct ss_core *core, uint32_t number) { return core->scene.things.items[number]; }
static inline const struct ss_alloc *ss_memory(const struct ss_core *core) { return &core->config.alloc; }
static inline struct ss_line *ss_own_line(struct ss_core *core) { return &core->vectors.lines.items[core->own_line]; }
static inline bool ss_looks_on(const struct ss_core *core) { return core->looks_on_ms > core->now; }
static inline bool ss_bit(const uint64_t *bits, unsigned at) { return (bits[at / 64] >> at % 64 & 1) != 0; }
static inline bool ss_bits_any(const uint64_t *bits) { return (bits[0] | bits[1] | bits[2] | bits[3]) != 0; }
static inline void ss_bit_set(uint64_t *bits, unsigned at) { bits[at / 64] |= (uint64_t)1 << at % 64; }

// ss_thing_queued tells whether a state message of this part (-1: the whole or the base) waits in the outbox and will carry the newest values.
static inline bool ss_thing_queued(const struct ss_thing *thing, int part) {
    if (part < 0)
        return (thing->flags & SS_THING_QUEUED) != 0;
    return thing->queued_parts != NULL && ss_bit(thing->queued_parts, (unsigned)part);
}

// ss_thing_take finds or makes a thing. Errors: SS_NONE when memory is denied.
uint32_t ss_thing_take(struct ss_core *core, struct ss_slice kind, const struct ss_uuid *uuid);

#endif
