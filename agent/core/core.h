// SPDX-License-Identifier: Apache-2.0
// The pure heart of the agent: step(event) → effects. No I/O, no clock, no threads, and no allocation it cannot be denied.
//
// One core serves one scene; the daemon makes one per joined scene and routes to it. Everything that a fault, a clock or a network can do
// arrives as an event; everything the agent does in answer is an effect. The same sequence of events gives the same effects.
#ifndef SS_CORE_CORE_H
#define SS_CORE_CORE_H

#include "util/alloc.h"
#include "util/types.h"

struct ss_core;

// v1's fixed limits; whoever exceeds one is refused, everywhere alike, so that refusing never makes copies differ.
enum {
    SS_MAX_NAME = 255,           // bytes of a field name
    SS_MAX_VALUE = 64 * 1024,    // bytes of one encoded value
    SS_MAX_DEPTH = 16,           // nesting of one value
    SS_MAX_FIELDS = 65536,       // fields of one entity in one message
    SS_MAX_KIND = 32,            // bytes of a kind, [a-z0-9_]
    SS_MAX_MESSAGE = 256 * 1024, // bytes of one MQTT payload
    SS_PART_SIZE = 128 * 1024,   // an entity larger than this moves to parts
    SS_MAX_CLIENTS = 32,         // clients of one scene at one agent
    SS_BUCKETS = 256,            // the scene's digest in buckets, by the first byte of the UUID
    SS_BUCKET_SIZE = 8,          // bytes of one bucket's digest
    SS_MAX_MISSING = 64,         // blobs that one peer message asks for
};

enum ss_error {
    SS_OK = 0,
    SS_ENOMEM = -1,  // an allocation was denied; the event had no effect and may be given again
    SS_EINVAL = -2,  // the event is malformed
    SS_ELIMIT = -3,  // one of v1's limits
    SS_EFUTURE = -4, // a stamp more than a day ahead
};

struct ss_core_config {
    struct ss_alloc alloc;
    struct ss_origin origin;
    uint64_t random_seed;      // for jitter and member ids; the core has no other randomness
    uint32_t settle_ms;        // 250: a live value settles after resting this long
    uint32_t settle_long_ms;   // 2000: and at the latest after this long
    uint32_t live_tick_ms;     // 16
    uint32_t live_expiry_ms;   // 10000
    uint32_t rank_delay_ms;    // 250
    uint32_t peer_interval_ms; // 10000; a peer not heard of for three intervals is lost
    uint32_t max_inflight;     // 64 state messages between publish and PUBACK
    bool store;                // there is an asset store: checkpoints can be written
    uint32_t checkpoint_ms;    // 60000: a checkpoint that something is newer than is rewritten after that, and 1 ms for every entity
    uint32_t snapshot_bytes;   // 4 MiB: a `sync` is answered with the checkpoint when it takes more, and half of the scene
};

// Records that are a copy of another agent's, or older than what was acknowledged, are marked by two of these before they are restored: the
// origin that made them, where there is none yet, and the mark. The core then takes another origin when it starts.
#define SS_RECORD_ORIGIN "mo" // 8 bytes
#define SS_RECORD_COPIED "mx" // 8 bytes, of any content

// ---- Events: what the world tells the core -------------------------------------------------------------------------------

// ss_batch is n entities of one kind with the same fields, the unit of edits, live messages and changes.
struct ss_batch {
    struct ss_slice kind;
    size_t rows;
    size_t columns;
    const struct ss_uuid *ids;     // rows
    const struct ss_slice *names;  // columns
    const struct ss_slice *values; // rows × columns, row-major, canonical msgpack
};

enum ss_event_type {
    SS_EV_TIME,          // only `now` counts: a wake-up that was asked for
    SS_EV_RESTORED,      // one record that SS_FX_STORE wrote in an earlier life; all of them come before anything else
    SS_EV_START,         // everything stored has been restored
    SS_EV_CLIENT_JOINED, // a client wants this scene
    SS_EV_CLIENT_READY,  // a client can take `budget` bytes of changes
    SS_EV_CLIENT_LEFT,
    SS_EV_EDIT,         // a client edited
    SS_EV_CLIENT_SYNC,  // a client asks for the barrier `id`
    SS_EV_STORED,       // every SS_FX_STORE up to `txn` is durable
    SS_EV_STORE_FAILED, // the disk refused `txn`; it is given up and its edits are refused
    SS_EV_ANSWERED,     // the broker is there, and may have accepted us soon
    SS_EV_CONNECTED,    // the broker accepted us and our subscriptions
    SS_EV_DISCONNECTED,
    SS_EV_REPLAYED,      // the retained messages that the broker replays have probably all arrived
    SS_EV_PUBLISHED,     // PUBACK for `token`
    SS_EV_LOOKS_ON,      // the broker does not let this user publish what editors do
    SS_EV_STATE,         // a state message arrived
    SS_EV_LIVE,          // a live message arrived
    SS_EV_PEER,          // a peer message arrived
    SS_EV_ONLINE,        // an online message (or will) arrived
    SS_EV_SYNC_CALLED,   // a peer calls our `sync`
    SS_EV_SYNC_REPLIED,  // part of an answer to our `sync`, or of a snapshot that SS_FX_READ_SNAPSHOT asked for
    SS_EV_CHECKPOINT,    // a checkpoint message arrived
    SS_EV_SNAPSHOT,      // all parts of the snapshot `number` are in a blob, which is on its way into the cache and the store
    SS_EV_BLOB_PRESENT,  // a blob is in the cache, verified and fsynced
    SS_EV_BLOB_UPLOADED, // a blob is in the store
    SS_EV_BLOB_MISSING,  // the store does not have it (yet), or there is none; asked again later by who had asked
    SS_EV_BLOB_GONE,     // it was to be uploaded, but the cache does not have it
    SS_EV_CLOCK_OFFSET,  // `offset_ms`: true time minus local time, from the store's Date header
    SS_EV_DIGEST_WANTED, // answered by SS_FX_DIGEST
};

struct ss_ev_edit {
    uint32_t client;
    uint64_t id; // echoed in ACK or REFUSED
    bool live;
    size_t batch_count;
    const struct ss_batch *batches;
};

struct ss_ev_state {
    struct ss_entity entity; // every field with its own stamp
    int part;                // of the topic: -1 for state/<kind>/<uuid>, 0…255 for state/<kind>/<uuid>/<hh>
    bool numbered;           // false: from and seq are absent (a plain tool)
    struct ss_origin from;
    uint64_t seq;
    bool retained; // the broker's copy, not fresh traffic
};

struct ss_ev_live {
    struct ss_origin from;
    struct ss_batch batch;
    const struct ss_stamp *stamps; // one per row
};

struct ss_ev_peer {
    struct ss_origin origin;
    struct ss_slice user;
    struct ss_vector vector;
    struct ss_sha256 digest;
    uint64_t entities; // how many it has, deleted ones included
    bool ready;        // it knows the scene: its vector may be believed
    bool keeps;        // it looks after what the broker retains
    bool retained;     // the broker's copy, which says nothing of whether it is still here
    uint64_t time_ms;  // what its clock shows, put right by its store but not by its peers; 0: it does not say
    size_t missing_count;
    const struct ss_sha256 *missing; // blobs that it wants and the store does not have; at most SS_MAX_MISSING count
};

// ss_blob_name is a blob and its length; a length of 0: there is none.
struct ss_blob_name {
    struct ss_sha256 sha256;
    uint64_t size;
};

// ss_ev_checkpoint: `blob` holds the whole scene, with all that `vector` counts.
struct ss_ev_checkpoint {
    struct ss_origin from;
    struct ss_vector vector;
    struct ss_blob_name blob;
    bool partial; // this broker was seen not to replay all that it retains
};

// A snapshot travels in parts of at most SS_MAX_MESSAGE; it counts once `last` and all before it are committed.
struct ss_ev_sync_reply {
    struct ss_origin from;
    uint64_t call;
    uint32_t part;
    bool last;
    size_t entity_count;
    const struct ss_entity *entities;
    const struct ss_vector *touched; // per entity: for each `from` the last seq that touched it
    struct ss_vector vector;         // of the answerer; on the last part
    struct ss_blob_name blob;        // on the last part, instead of entities and vector: a checkpoint that has what is asked for
};

struct ss_event {
    enum ss_event_type type;
    uint64_t now_ms;  // monotonic, any epoch
    uint64_t wall_ms; // local clock, ms since 1970; may jump
    union {
        struct {
            struct ss_slice key;
            struct ss_slice value;
        } restored;
        struct {
            bool replays; // all that the broker retains of state follows
        } connected;
        struct {
            uint32_t client;
            size_t kind_count;
            const struct ss_slice *kinds; // none: all
            bool changes;                 // false: it only edits
            bool again;                   // it holds what it was given before: what is gone since is news to it
        } client_joined;
        struct {
            uint32_t client;
            size_t budget;
        } client_ready;
        struct {
            uint32_t client;
        } client_left;
        struct ss_ev_edit edit;
        struct {
            uint32_t client;
            uint64_t id;
        } client_sync;
        struct {
            uint64_t txn;
        } stored;
        struct {
            uint64_t token;
        } published;
        struct ss_ev_state state;
        struct ss_ev_live live;
        struct ss_ev_peer peer;
        struct {
            struct ss_origin origin;
            bool online;
        } online;
        struct {
            struct ss_origin from; // whom to answer
            struct ss_slice user;
            uint64_t call;
            struct ss_vector vector; // what the caller has
            struct ss_slice buckets; // SS_BUCKETS × SS_BUCKET_SIZE bytes: compare these instead of the vector; or nothing
            bool blobs;              // a large answer may be a blob
        } sync_called;
        struct ss_ev_sync_reply sync_replied;
        struct ss_ev_checkpoint checkpoint;
        struct {
            uint64_t number;
            struct ss_blob_name blob;
        } snapshot;
        struct {
            struct ss_sha256 sha256;
        } blob;
        struct {
            int64_t offset_ms;
        } clock;
        struct {
            uint32_t client;
            uint64_t id;
        } digest_wanted;
    };
};

// ---- Effects: what the core asks of the world ----------------------------------------------------------------------------
// Effects are to be carried out in order. All slices live until the next call of ss_core_step on the same core.

enum ss_effect_type {
    SS_FX_WAKE,         // give SS_EV_TIME at `at_ms` of now_ms (replaces an earlier one)
    SS_FX_STORE,        // put (empty value: delete) a record into the transaction `txn`
    SS_FX_ACK,          // only ever after SS_EV_STORED
    SS_FX_REFUSED,      // this edit was not taken (client != 0), or this message was refused (client == 0: count and log once per cause)
    SS_FX_CHANGES_WAIT, // this client has changes waiting: give SS_EV_CLIENT_READY when it can take more
    SS_FX_CHANGE,       // send these entities to this client
    SS_FX_JOINED,       // tell this client that the agent's first knowledge has been sent
    SS_FX_SYNCED,       // the barrier `id` holds
    SS_FX_STATUS,       // numbers for `status` changed
    SS_FX_PUBLISH_STATE,
    SS_FX_PUBLISH_LIVE,
    SS_FX_PUBLISH_PEER,
    SS_FX_CLEAR_STATE, // empty retained payload for an old tombstone
    SS_FX_CALL_SYNC,
    SS_FX_REPLY_SYNC,
    SS_FX_SNAPSHOT,           // append this part to the file that becomes a blob, part 0 to a new one; after the last SS_EV_SNAPSHOT
    SS_FX_READ_SNAPSHOT,      // give the parts of this blob, which is in the cache, as SS_EV_SYNC_REPLIED; SS_EV_BLOB_GONE when it is not
    SS_FX_PUBLISH_CHECKPOINT, // retained
    SS_FX_REREAD,             // subscribe to state again so that the broker replays what it retains; then SS_EV_REPLAYED
    SS_FX_FETCH_BLOB,         // get it from the store into the cache; then SS_EV_BLOB_PRESENT or _MISSING
    SS_FX_UPLOAD_BLOB,        // make sure the store has it; then SS_EV_BLOB_UPLOADED or _GONE
    SS_FX_NEW_ORIGIN,         // our origin was cloned: the core has taken this one
    SS_FX_PEER_CHANGED,       // a peer came, went or changed
    SS_FX_CLOCK,              // stamps have this offset from our clock from now on, as the peers' clocks are another
    SS_FX_DIGEST,
};

struct ss_effect {
    enum ss_effect_type type;
    union {
        struct {
            uint64_t at_ms;
        } wake;
        struct {
            uint64_t txn;
            struct ss_slice key;
            struct ss_slice value;
        } store;
        struct {
            uint32_t client;
            uint64_t id;
        } ack; // also SYNCED
        struct {
            uint32_t client;
            uint64_t id;
            enum ss_error error;
            const char *cause; // a word: limit, future, disk, …
            struct ss_slice kind;
            struct ss_uuid uuid;
            struct ss_slice field;
            const char *text; // what, where and what to do
        } refused;
        struct {
            uint32_t client;
            bool live;
            size_t entity_count;
            const struct ss_entity *entities;
        } change;
        struct {
            uint32_t client;
            bool empty;        // certain: a peer's answer or a replay said so; offline it stays false even if `entities` is 0
            uint64_t entities; // deleted ones are not counted
        } joined;
        struct {
            uint64_t pending; // entities not yet acknowledged by the broker
            uint64_t entities;
            uint32_t peers;
            bool comparing; // with what the broker retains: it may have forgotten something that only we have
        } status;
        struct {
            uint64_t token;
            struct ss_entity entity;
            int part; // -1: the whole; else 0…255: state/<kind>/<uuid>/<hh>
            uint64_t seq;
            uint32_t expiry_s; // 0: none
        } state;               // also CLEAR_STATE, where only kind, uuid and part count
        struct {
            struct ss_batch batch;
            const struct ss_stamp *stamps; // one per row
        } live;
        struct {
            struct ss_vector vector;
            struct ss_sha256 digest;
            uint64_t entities;
            bool ready;
            bool keeps;
            size_t missing_count;
            const struct ss_sha256 *missing;
        } peer;
        struct {
            struct ss_origin to;
            uint64_t call;
            struct ss_vector vector;
            struct ss_slice buckets; // as in sync_called
            bool blobs;
        } call_sync;
        struct {
            struct ss_origin to;
            struct ss_slice user;
            struct ss_ev_sync_reply reply;  // `from` is us
        } reply;                            // also SNAPSHOT, where `call` is its number
        struct ss_ev_checkpoint checkpoint; // `from` is us
        struct {
            struct ss_sha256 sha256;
            struct ss_origin from;
            uint64_t call;
        } read_snapshot;
        struct {
            struct ss_sha256 sha256;
            uint64_t size;
            bool wanted_now; // a client waits for it
        } blob;
        struct ss_origin new_origin;
        struct {
            struct ss_origin origin;
            bool online;
        } peer_changed;
        struct {
            int64_t offset_ms;
        } clock;
        struct {
            uint32_t client;
            uint64_t id;
            struct ss_sha256 digest;
        } digest;
    };
};

struct ss_effects {
    size_t count;
    const struct ss_effect *items;
};

// ss_core_defaults is the numbers given above, without an asset store. Whoever makes a core changes what differs.
struct ss_core_config ss_core_defaults(struct ss_alloc alloc, const struct ss_origin *origin);

// ss_core_create makes a core without entities. Returns NULL when memory is denied. Freed by ss_core_destroy, which accepts NULL.
struct ss_core *ss_core_create(const struct ss_core_config *config);
void ss_core_destroy(struct ss_core *core);

// ss_core_step takes one event and fills `effects`, which belong to the core and live until the next step.
// Errors: SS_ENOMEM and SS_EINVAL leave the core as it was, but for an origin that had to be left first: `effects`, which say so, are carried out
// all the same. Refusals of content are effects, not errors.
int ss_core_step(struct ss_core *core, const struct ss_event *event, struct ss_effects *effects);

// ss_core_each visits every entity that is not deleted in the order of (kind, uuid), with its winning fields (no removed and no hidden
// ones) in the order of their names; used by dump and checkpoints.
// Errors: SS_ENOMEM, before the first visit.
int ss_core_each(const struct ss_core *core, void (*visit)(void *context, const struct ss_entity *entity), void *context);

#endif
