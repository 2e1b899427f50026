// SPDX-License-Identifier: Apache-2.0
// A core on a desk: memory that can be denied, and steps that keep what came out.
#ifndef SS_TESTS_CORE_UTIL_H
#define SS_TESTS_CORE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"

struct desk {
    struct ss_core *core;
    uint64_t now;
    size_t allocations; // so far
    size_t deny;        // this one is denied; 0: none
    struct ss_effects effects;
};

static inline void *desk_resize(void *context, void *memory, size_t size) {
    struct desk *desk = context;
    if (size > 0 && ++desk->allocations == desk->deny)
        return NULL;
    return ss_heap.resize(NULL, memory, size);
}

static inline struct ss_event desk_event(const struct desk *desk, enum ss_event_type type) {
    return (struct ss_event){.type = type, .now_ms = desk->now, .wall_ms = 1700000000000U + desk->now};
}

static inline int desk_step(struct desk *desk, const struct ss_event *event) { return ss_core_step(desk->core, event, &desk->effects); }

static inline void desk_do(struct desk *desk, enum ss_event_type type) {
    const struct ss_event event = desk_event(desk, type);
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static inline void desk_open(struct desk *desk, uint8_t origin) {
    desk->now = desk->now == 0 ? 1000 : desk->now;
    struct ss_core_config config = ss_core_defaults((struct ss_alloc){desk_resize, desk}, &(struct ss_origin){{origin}});
    config.random_seed = origin;
    config.store = true;
    desk->core = ss_core_create(&config);
    assert_non_null(desk->core);
}

static inline void desk_close(struct desk *desk) {
    ss_core_destroy(desk->core);
    desk->core = NULL;
}

static inline void desk_connect(struct desk *desk, bool replays) {
    struct ss_event event = desk_event(desk, SS_EV_CONNECTED);
    event.connected.replays = replays;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// desk_find returns the first effect of a type, NULL when there is none.
static inline const struct ss_effect *desk_find(const struct desk *desk, enum ss_effect_type type) {
    for (size_t i = 0; i < desk->effects.count; i++) {
        if (desk->effects.items[i].type == type)
            return &desk->effects.items[i];
    }
    return NULL;
}

// desk_pass lets time pass in steps, until an effect of a type is seen, be it of the last step; NULL: it was not.
static inline const struct ss_effect *desk_pass(struct desk *desk, uint64_t ms, enum ss_effect_type type) {
    for (const uint64_t end = desk->now + ms; desk->now < end && desk_find(desk, type) == NULL; desk->now += 50)
        desk_do(desk, SS_EV_TIME);
    return desk_find(desk, type);
}

// desk_start is an agent's start; desk_work has the client 7 join and the broker answer, too.
static inline void desk_start(struct desk *desk) {
    desk_open(desk, 1);
    desk_do(desk, SS_EV_START);
}

static inline void desk_join(struct desk *desk, uint32_t client) {
    struct ss_event event = desk_event(desk, SS_EV_CLIENT_JOINED);
    event.client_joined.client = client;
    event.client_joined.changes = true;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static inline void desk_work(struct desk *desk) {
    desk_start(desk);
    desk_join(desk, 7);
    desk_connect(desk, true);
}

static inline void desk_stored(struct desk *desk) {
    struct ss_event event = desk_event(desk, SS_EV_STORED);
    event.stored.txn = desk->core->last_txn;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static inline int desk_edit(struct desk *desk, uint32_t client, uint64_t id, bool live, uint8_t entity, const char *name,
                            struct ss_slice value) {
    const struct ss_uuid uuid = {{entity}};
    const struct ss_slice names = ss_slice_text(name);
    const struct ss_batch batch = {ss_slice_text("object"), 1, 1, &uuid, &names, &value};
    struct ss_event event = desk_event(desk, SS_EV_EDIT);
    event.edit = (struct ss_ev_edit){client, id, live, 1, &batch};
    return desk_step(desk, &event);
}

static inline void desk_published(struct desk *desk, uint64_t token) {
    struct ss_event event = desk_event(desk, SS_EV_PUBLISHED);
    event.published.token = token;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// desk_publish_all is a broker that takes one message after the other, as long as another comes.
static inline void desk_publish_all(struct desk *desk) {
    for (const struct ss_effect *effect; (effect = desk_find(desk, SS_FX_PUBLISH_STATE)) != NULL;)
        desk_published(desk, effect->state.token);
}

// desk_ready lets the client 7 take what there is.
static inline void desk_ready(struct desk *desk) {
    struct ss_event event = desk_event(desk, SS_EV_CLIENT_READY);
    event.client_ready.client = 7;
    event.client_ready.budget = 65536;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

// desk_give is a state message of another agent.
static inline void desk_give(struct desk *desk, struct ss_entity entity, uint8_t from, uint64_t seq) {
    struct ss_event event = desk_event(desk, SS_EV_STATE);
    event.state = (struct ss_ev_state){.entity = entity, .part = -1, .numbered = true, .from = {{from}}, .seq = seq};
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static inline void desk_online(struct desk *desk, uint8_t origin) {
    struct ss_event event = desk_event(desk, SS_EV_ONLINE);
    event.online.origin = (struct ss_origin){{origin}};
    event.online.online = true;
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

static inline struct ss_sha256 desk_digest(struct desk *desk) {
    desk_do(desk, SS_EV_DIGEST_WANTED);
    return desk_find(desk, SS_FX_DIGEST)->digest.digest;
}

// desk_blob_value is {sha256: 32 × `name`, size: 1}, until the next; desk_blob is an event of that blob.
static inline struct ss_slice desk_blob_value(uint8_t name) {
    static uint8_t bytes[64];
    size_t at = 0;
    bytes[at++] = 0x82;
    memcpy(bytes + at, "\xa6sha256\xc4\x20", 9);
    memset(bytes + at + 9, name, 32);
    at += 41;
    memcpy(bytes + at, "\xa4size\x01", 6);
    return ss_slice_of(bytes, at + 6);
}

static inline void desk_blob(struct desk *desk, enum ss_event_type type, uint8_t name) {
    struct ss_event event = desk_event(desk, type);
    memset(event.blob.sha256.b, name, sizeof event.blob.sha256.b);
    assert_int_equal(desk_step(desk, &event), SS_OK);
}

#define DESK_BYTES(...) ss_slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
