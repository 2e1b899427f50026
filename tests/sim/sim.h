// SPDX-License-Identifier: Apache-2.0
// A cluster in one process, on virtual time, from a seed: agents (the real core), their clients and disks, a broker, a blob store, and faults.
#ifndef SS_TESTS_SIM_H
#define SS_TESTS_SIM_H

#include "core/state.h"

enum { SIM_AGENTS = 50, SIM_ENTITIES = 24, SIM_BLOB_VALUE = 48 };

enum { SIM_WRONG_MS = 480000 }; // a clock is wrong by at most so much: beyond five minutes others set its stamps aside

struct sim_message {
    int refs;
    struct ss_scratch memory;
    enum { SIM_STATE, SIM_CLEAR, SIM_LIVE, SIM_PEER, SIM_ONLINE, SIM_CHECKPOINT, SIM_CALL, SIM_REPLY } type;
    struct ss_origin to; // of calls and replies
    bool unreadable;     // of a state: agents pass over a retained one, and take another for one without a field
    union {
        struct ss_ev_state state;
        struct ss_ev_live live;
        struct ss_ev_peer peer;
        struct {
            struct ss_origin origin;
            bool online;
        } online;
        struct {
            struct ss_origin from;
            uint64_t call;
            struct ss_vector vector;
            struct ss_slice buckets;
            bool blobs;
        } call;
        struct ss_ev_checkpoint checkpoint;
        struct ss_ev_sync_reply reply;
    };
};

struct sim_event {
    uint64_t at, order;
    enum {
        SIM_UP,   // a message reaches the broker
        SIM_DOWN, // a message reaches an agent
        SIM_PUBACK,
        SIM_REFUSED, // what a watcher may not publish
        SIM_CONNECT,
        SIM_REPLAYED,
        SIM_WILL,
        SIM_WAKE,
        SIM_STORED,
        SIM_READY, // the client can take more
        SIM_BLOB_FETCH,
        SIM_BLOB_UPLOAD,
        SIM_SNAPSHOT, // a snapshot is a blob in the cache
        SIM_READ,     // part of one is read
        SIM_RESTART,  // an agent that was killed
        SIM_BROKER_UP,
        SIM_RELINK, // the daemon connects anew, as another origin
    } type;
    int agent;
    uint32_t life; // of the agent's process, connection or disk queue: later ones ignore it
    uint64_t number;
    struct ss_sha256 sha256;
    struct sim_message *message;
};

struct sim_record {
    uint8_t *key, *value;
    size_t key_len, value_len;
    uint64_t txn;
};

struct sim_records {
    struct sim_record *items;
    size_t count, capacity;
};

// sim_promise is what a client was promised: this value, or one with a later stamp.
struct sim_promise {
    struct ss_uuid uuid;
    char kind[16], name[48];
    struct ss_stamp stamp;
    uint64_t edit;
    uint32_t client;
    bool acked;
};

// sim_snapshot is a blob that holds a scene.
struct sim_snapshot {
    struct ss_sha256 sha256;
    struct sim_message **parts;
    size_t count;
};

struct sim_agent {
    struct ss_core *core;
    struct ss_origin origin; // what the daemon believes
    bool up, connected;
    bool crashing; // dies before this step's effects are all done
    uint32_t life, connection;
    uint32_t will; // connection whose end the broker has not noticed; 0: none
    struct ss_origin online_origin, will_origin;
    bool dead;                // for ever, and its disk with it
    uint64_t boot_ms, cut_ms; // monotonic time starts with the process; what a broken connection had under way arrives until `cut_ms`
    uint64_t away_ms;         // no way to the broker until then
    uint64_t full_ms;         // no room on the disk until then
    uint64_t poor_ms;         // little memory until then
    uint64_t stalled_ms;      // its client does not read until then
    int64_t skew_ms, drift_ppm;
    uint64_t up_last, down_last, disk_last, wake_at;
    uint64_t down_from[SIM_AGENTS + 1]; // when the last message of each publisher arrives, 0: of tools and of the broker itself
    uint64_t committed;                 // transaction
    struct sim_records disk, queue, backup;
    struct sim_records mirror; // the client's: key is kind 0 uuid name, value the value
    struct ss_sha256 *cache;
    size_t cache_count;
    bool joined, again; // is its client told, is it the one of the life before
    uint64_t next_edit, last_ack, synced;
    uint32_t client;
    struct sim_promise *promises;
    size_t promise_count, promise_capacity, promises_gone; // the first ones went with its disk
    struct sim_snapshot writing;
    uint64_t received;    // entities, in state messages and answers
    uint64_t denied_left; // allocations until one is denied; 0: none is
};

struct sim_retained {
    struct sim_message *message;
};

struct sim_options {
    uint64_t seed;
    uint64_t agents; // 0: as the seed says
    uint64_t steps, runs, seconds;
    uint64_t verbose; // 1: what is done is told on stderr
};

struct sim {
    struct sim_options options;
    uint64_t random, now, order;
    uint64_t later_ms; // by how much all clocks went on while nothing happened
    int agents;
    unsigned faults; // of 1000 acts
    bool quiet;      // no more faults
    bool echo;       // MQTT 3.1.1: the broker sends an agent's messages back to it, and replays at every connection
    bool scatter;    // the broker is many: what different publishers send arrives in another order everywhere
    enum { SIM_WHOLE, SIM_LOSSY, SIM_FEW, SIM_NONE } replay; // of what is retained: all, most, the first, nothing (to a wildcard)
    bool forgets;                                            // the blob store loses some
    int watcher;                                             // an agent whom the broker lets look on only; -1: none
    struct ss_origin *lost; // whose disk was gone or older: of theirs messages may be missing that nobody ever gets
    size_t lost_count;
    bool broker_up;
    struct sim_event *heap;
    size_t heap_count, heap_capacity;
    struct sim_agent agent[SIM_AGENTS];
    struct sim_retained *retained, *saved;
    size_t retained_count, saved_count;
    struct ss_sha256 *store;
    size_t store_count;
    struct sim_snapshot *snapshots;
    size_t snapshot_count;
    uint32_t snapshot_bytes; // answers above this are blobs
    uint64_t steps, edits, told, acks, kills, refusals, denials, checkpoints, fetched;
};

// world.c
uint64_t sim_random(struct sim *sim, uint64_t below);
bool sim_chance(struct sim *sim, unsigned per_mille);
void sim_push(struct sim *sim, struct sim_event event);
bool sim_pop(struct sim *sim, struct sim_event *event);
void sim_tell(const struct sim *sim, int agent, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
void sim_record_put(struct sim_records *records, const void *key, size_t key_len, const void *value, size_t value_len);
void sim_record_append(struct sim_records *records, uint64_t txn, struct ss_slice key, struct ss_slice value);
void sim_records_clear(struct sim_records *records);
struct sim_records sim_records_copy(const struct sim_records *records);
bool sim_has(const struct ss_sha256 *set, size_t count, const struct ss_sha256 *sha256);
void sim_add(struct ss_sha256 **set, size_t *count, const struct ss_sha256 *sha256);

// message.c
struct sim_message *sim_message_create(int type);
struct sim_message *sim_message_hold(struct sim_message *message);
void sim_message_drop(struct sim_message *message);
struct ss_entity sim_copy_entity(struct sim_message *message, const struct ss_entity *entity);
struct ss_vector sim_copy_vector(struct sim_message *message, const struct ss_vector *vector);
struct ss_slice sim_copy_slice(struct sim_message *message, struct ss_slice slice);
void sim_copy_live(struct sim_message *message, const struct ss_batch *batch, const struct ss_stamp *stamps);
void sim_copy_reply(struct sim_message *message, const struct ss_ev_sync_reply *reply);

// broker.c
void sim_broker_up(struct sim *sim, int agent, struct sim_message *message, uint64_t token);
void sim_broker_take(struct sim *sim, int agent, struct sim_message *message);
void sim_broker_connect(struct sim *sim, int agent);
void sim_broker_drop(struct sim *sim, int agent);
void sim_broker_down(struct sim *sim);
void sim_broker_save(struct sim *sim);
void sim_broker_back(struct sim *sim);
void sim_broker_still_here(struct sim *sim, int agent, bool online);
enum sim_scope { SIM_STATES = 1, SIM_OTHERS = 2 };
void sim_broker_replay(struct sim *sim, int agent, unsigned scope);
void sim_link_break(struct sim *sim, int agent);
void sim_will(struct sim *sim, const struct sim_event *event);
void sim_new_origin(struct sim *sim, int agent, const struct ss_origin *origin);
void sim_broker_finish(struct sim *sim);

// agent.c
void sim_agent_start(struct sim *sim, int agent, bool fresh);
void sim_agent_kill(struct sim *sim, int agent);
void sim_agent_return(struct sim *sim, int agent, uint64_t within_ms);
void sim_agent_step(struct sim *sim, int agent, struct ss_event *event);
void sim_agent_finish(struct sim *sim, int agent);
struct ss_event sim_event_of(const struct sim *sim, int agent, enum ss_event_type type);

// effects.c
void sim_effects(struct sim *sim, int agent, const struct ss_effects *effects);

// snapshot.c
void sim_snapshot_part(struct sim *sim, int agent, const struct ss_effect *effect);
void sim_snapshot_written(struct sim *sim, const struct sim_event *event);
void sim_snapshot_read(struct sim *sim, int agent, const struct ss_effect *effect);
void sim_snapshot_drop(struct sim_snapshot *snapshot);

// client.c
void sim_client_join(struct sim *sim, int agent);
void sim_client_edit(struct sim *sim, int agent);
void sim_client_change(struct sim *sim, int agent, const struct ss_effect *effect);
void sim_client_ack(struct sim *sim, int agent, uint64_t id, bool taken);
void sim_tool_write(struct sim *sim);
void sim_stranger_write(struct sim *sim);

// faults.c
void sim_fault(struct sim *sim);
void sim_heal(struct sim *sim);

// watcher.c
bool sim_watcher_lacks(const struct sim *sim);

// check.c
void sim_check(struct sim *sim);
void sim_run(struct sim *sim, uint64_t until);

#endif
