// SPDX-License-Identifier: Apache-2.0
// The MQTT payloads of v1 (DESIGN section 4), one file of code each. A payload of more than 512 bytes is compressed when that helps.
#ifndef SS_WIRE_MESSAGES_H
#define SS_WIRE_MESSAGES_H

#include "core/core.h"
#include "wire/codec.h"

// ---- state/<kind>/<uuid>[/<hh>]: {v, from, seq, stamp, fields, stamps, parts?} ---------------------------------------------------------

struct ss_state_message {
    struct ss_entity entity;
    bool numbered; // from and seq are present
    struct ss_origin from;
    uint64_t seq;
    bool parts; // the entity's fields live in state/<kind>/<uuid>/<hh>
};

int ss_state_encode(struct ss_codec *codec, const struct ss_state_message *message, struct ss_buffer *out);

// ss_state_decode reads a payload that is not empty (an empty retained payload means nothing). `kind` and `uuid` are the topic's. Fields come out
// sorted by name. A plain tool's message without `stamp` is malformed.
int ss_state_decode(struct ss_codec *codec, struct ss_slice kind, const struct ss_uuid *uuid, struct ss_slice payload,
                    struct ss_state_message *message);

// ---- live/<kind>: {v, from, stamp, ids, columns, stamps?} ------------------------------------------------------------------------------

// ss_emit takes one finished payload, which is the caller's only during the call. Anything but SS_WIRE_OK stops the encoder and is returned by it.
typedef int ss_emit(void *context, struct ss_slice payload);

// ss_live_encode emits one or more payloads of at most SS_MAX_MESSAGE that together carry the batch. `stamps` has one per row;
// a `from` of zeros is left out, and is what decoding gives when it is missing.
int ss_live_encode(struct ss_codec *codec, const struct ss_origin *from, const struct ss_batch *batch, const struct ss_stamp *stamps,
                   ss_emit *emit, void *context);
int ss_live_decode(struct ss_codec *codec, struct ss_slice kind, struct ss_slice payload, struct ss_ev_live *live);

// ---- peer/<user>/<origin>: {v, name, colour, app, app_version, capabilities, vector, digest, entities, ready, keeps, missing} -------------------------------------

struct ss_peer_message {
    struct ss_slice name; // every text and list may be empty
    bool has_colour;
    float colour[3]; // linear
    struct ss_slice app;
    struct ss_slice app_version;
    size_t capability_count;
    const struct ss_slice *capabilities; // what it can do, in words: sync, render
    struct ss_vector vector;
    bool has_copy; // digest and entities are given: a desk or a script holds no copy of the scene
    struct ss_sha256 digest;
    uint64_t entities;
    bool ready;
    bool keeps; // looks after what the broker retains
    bool has_time;
    uint64_t time_ms;     // what its clock shows, ms since 1970
    size_t missing_count; // blobs it asks for
    const struct ss_sha256 *missing;
};

int ss_peer_encode(struct ss_codec *codec, const struct ss_peer_message *message, struct ss_buffer *out);
int ss_peer_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_peer_message *message);

// ---- online/<user>/<origin>: one character, 1 or 0, readable with any tool -------------------------------------------------------------

struct ss_slice ss_online_encode(bool online); // static bytes
int ss_online_decode(struct ss_codec *codec, struct ss_slice payload, bool *online);

// ---- presence/<user>/<origin>: {v, fields} ---------------------------------------------------------------------------------------------

// `fields` is one msgpack map, passed on as it is; what is decoded is canonical.
int ss_presence_encode(struct ss_codec *codec, struct ss_slice fields, struct ss_buffer *out);
int ss_presence_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_slice *fields);

// ---- call/<origin>/<method>: {v, call, from, user, vector?, buckets?, blobs?}, answered at reply/<user>/<from> ----------------------------------

struct ss_call {
    uint64_t call; // repeated in every reply
    struct ss_origin from;
    struct ss_slice user;    // a valid level of a topic
    struct ss_vector vector; // `sync`: what the caller has
    struct ss_slice buckets; // SS_BUCKETS × SS_BUCKET_SIZE bytes, or empty
    bool blobs;              // a large answer may be a blob
};

int ss_call_encode(struct ss_codec *codec, const struct ss_call *call, struct ss_buffer *out);
int ss_call_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_call *call);

// {v, call, from, part, last, scene?, entities: [{kind, id, touched, stamp, fields, stamps}…], vector} or {…, blob} or {…, error, text}
struct ss_reply {
    struct ss_ev_sync_reply sync;
    struct ss_slice error; // a word; empty: the call did not fail
    struct ss_slice text;  // what failed and what to do
    struct ss_slice scene; // on the first part of a checkpoint's blob; empty: it does not say
};

// Errors of the encoder: SS_WIRE_LIMIT when a part is above SS_MAX_MESSAGE even when compressed.
int ss_reply_encode(struct ss_codec *codec, const struct ss_reply *reply, struct ss_buffer *out);
int ss_reply_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_reply *reply);

// ---- checkpoint: {v, from, vector, blob: {sha256, size}, partial?} ----------------------------------------------------------------------

int ss_checkpoint_encode(struct ss_codec *codec, const struct ss_ev_checkpoint *checkpoint, struct ss_buffer *out);
int ss_checkpoint_decode(struct ss_codec *codec, struct ss_slice payload, struct ss_ev_checkpoint *checkpoint);

#endif
