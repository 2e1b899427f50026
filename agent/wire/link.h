// SPDX-License-Identifier: Apache-2.0
// The frames of docs/local-link.md, both directions, for the agent and for the client library.
#ifndef SS_WIRE_LINK_H
#define SS_WIRE_LINK_H

#include "core/core.h"
#include "wire/codec.h"

enum { SS_MAX_FRAME = 16 * 1024 * 1024 };

// ---- From the client --------------------------------------------------------------------------------------------------------------------

enum ss_request_type {
    SS_REQUEST_UNKNOWN, // to be ignored
    SS_REQUEST_HELLO,
    SS_REQUEST_JOIN,
    SS_REQUEST_LEAVE,
    SS_REQUEST_EDIT,
    SS_REQUEST_BLOB,
    SS_REQUEST_WANT,
    SS_REQUEST_SYNC,
    SS_REQUEST_PRESENCE,
    SS_REQUEST_SCENES,
    SS_REQUEST_DIGEST,
    SS_REQUEST_STATUS,
};

enum ss_role { SS_ROLE_EDITOR, SS_ROLE_VIEWER, SS_ROLE_TOOL };

struct ss_request_hello {
    struct ss_slice app;
    struct ss_slice app_version;
    struct ss_slice name;
    bool has_colour;
    float colour[3];
    struct ss_slice token;
    enum ss_role role;
};

struct ss_request_join {
    struct ss_slice scene; // a valid scene name
    size_t kind_count;     // none: all
    const struct ss_slice *kinds;
    bool changes;
    bool again;
};

struct ss_request_edit {
    uint64_t id;
    bool live;
    size_t batch_count;
    const struct ss_batch *batches;
};

struct ss_request_blob {
    struct ss_sha256 sha256;
    uint64_t size;
    struct ss_slice path;
    struct ss_slice type;
};

struct ss_request {
    enum ss_request_type type;
    union {
        struct ss_request_hello hello;
        struct ss_request_join join;
        struct ss_request_edit edit;
        struct ss_request_blob blob;
        struct ss_sha256 want;
        uint64_t id;              // SYNC, SCENES, DIGEST
        struct ss_slice presence; // fields: one msgpack map, canonical when decoded
    };
};

// ---- From the agent ---------------------------------------------------------------------------------------------------------------------

enum ss_notice_type {
    SS_NOTICE_UNKNOWN, // to be ignored
    SS_NOTICE_WELCOME,
    SS_NOTICE_CHANGE,
    SS_NOTICE_JOINED,
    SS_NOTICE_ACK,
    SS_NOTICE_REFUSED,
    SS_NOTICE_HAVE,
    SS_NOTICE_SYNC,
    SS_NOTICE_SCENES,
    SS_NOTICE_DIGEST,
    SS_NOTICE_STATUS,
    SS_NOTICE_PEER,
    SS_NOTICE_PRESENCE,
    SS_NOTICE_LEFT,
};

struct ss_notice_welcome {
    struct ss_slice version; // of the agent, text
    struct ss_origin origin;
    struct ss_slice cache;
    struct ss_slice incoming;
    uint64_t frame, inline_bytes, page; // limits, bytes
};

struct ss_notice_change {
    uint64_t after; // the client's highest edit.id that had been stamped when the values were taken
    bool live;
    size_t batch_count;
    const struct ss_batch *batches;
};

struct ss_notice_refused {
    bool has_id;
    uint64_t id;
    struct ss_slice error; // a word
    struct ss_slice text;
    struct ss_slice kind; // empty: not given
    size_t id_count;
    const struct ss_uuid *ids;
    struct ss_slice field; // empty: not given
};

struct ss_scene_summary {
    struct ss_slice scene;
    uint64_t entities;
    uint64_t peers;
    bool open; // the agent takes part in it
};

struct ss_cause_count {
    struct ss_slice cause;
    uint64_t count;
};

struct ss_notice_status {
    struct ss_slice broker; // connected, connecting, refused, offline
    struct ss_slice store;  // ok, error, connecting, none
    struct ss_slice error;  // empty: none
    uint64_t peers;
    uint64_t pending;
    uint64_t uploads, upload_bytes;
    uint64_t downloads, download_bytes, download_done;
    size_t refused_count;
    const struct ss_cause_count *refused;
    double latency_ms; // below 0: not known
};

struct ss_notice_peer {
    struct ss_origin origin;
    struct ss_slice user;
    struct ss_slice name;
    bool has_colour;
    float colour[3];
    struct ss_slice app;
    struct ss_slice app_version;
    bool online;
};

struct ss_notice {
    enum ss_notice_type type;
    union {
        struct ss_notice_welcome welcome;
        struct ss_notice_change change;
        struct {
            bool empty;
            uint64_t entities;
        } joined;
        uint64_t id; // ACK, SYNC
        struct ss_notice_refused refused;
        struct {
            struct ss_sha256 sha256;
            struct ss_slice path;
        } have;
        struct {
            uint64_t id;
            size_t count;
            const struct ss_scene_summary *scenes;
        } scenes;
        struct {
            uint64_t id;
            struct ss_sha256 digest;
        } digest;
        struct ss_notice_status status;
        struct ss_notice_peer peer;
        struct {
            struct ss_origin origin;
            struct ss_slice fields;
        } presence;
    };
};

// ---- Frames -----------------------------------------------------------------------------------------------------------------------------

// ss_frame_next finds the first whole frame in bytes read so far. Returns SS_WIRE_OK with `body` (without the length) and `used` (with it);
// `used` is 0 when more bytes are needed. Errors: SS_WIRE_LIMIT when the frame claims more than SS_MAX_FRAME: close the connection.
int ss_frame_next(struct ss_slice bytes, struct ss_slice *body, size_t *used);

// ss_request_encode and ss_notice_encode append one whole frame, length included. ss_request_decode and ss_notice_decode take a body.
// A decoder refuses a frame as a whole; `type` is filled when it could be told, and of an EDIT so is `edit.id`.
int ss_request_encode(struct ss_codec *codec, const struct ss_request *request, struct ss_buffer *out);
int ss_request_decode(struct ss_codec *codec, struct ss_slice body, struct ss_request *request);
int ss_notice_encode(struct ss_codec *codec, const struct ss_notice *notice, struct ss_buffer *out);
int ss_notice_decode(struct ss_codec *codec, struct ss_slice body, struct ss_notice *notice);

// ss_change_encode appends as many `change` frames as it takes to carry these entities, grouped into batches of equal field names.
// Stamps are not sent.
int ss_change_encode(struct ss_codec *codec, const struct ss_entity *entities, size_t count, uint64_t after, bool live,
                     struct ss_buffer *out);

#endif
