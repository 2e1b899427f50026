// SPDX-License-Identifier: Apache-2.0
#include "core/blobs.h"

#include "util/value.h"

enum { SS_BLOBS_MAX = 1 << 26, SS_BLOB_RETRY_MS = 1000 };

static bool ss_blob_same(const void *context, uint32_t number, const void *key) {
    const struct ss_blobs *blobs = context;
    return memcmp(blobs->all.items[number].sha256.b, key, sizeof(struct ss_sha256)) == 0;
}

uint32_t ss_blob_find(const struct ss_core *core, const struct ss_sha256 *sha256) {
    return ss_index_find(&core->blobs.index, ss_hash(core->scene.seed, sha256->b, sizeof sha256->b), ss_blob_same, &core->blobs, sha256);
}

uint32_t ss_blob_take(struct ss_core *core, const struct ss_sha256 *sha256, uint64_t size) {
    uint32_t number = ss_blob_find(core, sha256);
    if (number != SS_NONE) {
        if (size > 0)
            core->blobs.all.items[number].size = size;
        return number;
    }
    if (!ss_array_room(&core->blobs.all, ss_memory(core), 1, SS_BLOBS_MAX) || !ss_index_room(&core->blobs.index, ss_memory(core), 1))
        return SS_NONE;
    number = (uint32_t)core->blobs.all.count;
    ss_index_add(&core->blobs.index, ss_hash(core->scene.seed, sha256->b, sizeof sha256->b), number);
    ss_array_push(&core->blobs.all, (struct ss_blob){.sha256 = *sha256, .size = size});
    return number;
}

struct ss_blob_query {
    const struct ss_core *core;
    uint32_t flags;
    bool all;
};

static void ss_blob_ask(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    struct ss_blob_query *query = context;
    const uint32_t number = ss_blob_find(query->core, sha256);
    query->all &= number != SS_NONE && (query->core->blobs.all.items[number].flags & query->flags) != 0;
    (void)size;
}

bool ss_blobs_have(const struct ss_core *core, struct ss_slice value, uint32_t flags) {
    struct ss_blob_query query = {core, flags, true};
    ss_value_blobs(value, ss_blob_ask, &query);
    return query.all;
}

struct ss_blob_notes {
    struct ss_core *core;
    bool failed;
};

static void ss_blob_take_one(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    struct ss_blob_notes *notes = context;
    notes->failed |= ss_blob_take(notes->core, sha256, size) == SS_NONE;
}

bool ss_blobs_note(struct ss_core *core, struct ss_slice value) {
    struct ss_blob_notes notes = {core, false};
    ss_value_blobs(value, ss_blob_take_one, &notes);
    return !notes.failed;
}

struct ss_blob_interest {
    struct ss_core *core;
    uint32_t thing;
    bool failed;
};

static void ss_blob_note(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    struct ss_blob_interest *interest = context;
    struct ss_core *core = interest->core;
    const uint32_t number = ss_blob_take(core, sha256, size);
    if (number == SS_NONE || !ss_array_room(&core->named_blobs, ss_memory(core), 1, SS_BLOBS_MAX)) {
        interest->failed = true;
        return;
    }
    ss_array_push(&core->named_blobs, number);
    struct ss_blob *blob = &core->blobs.all.items[number];
    for (size_t i = blob->things.count; i-- > 0;) {
        if (blob->things.items[i] == interest->thing)
            return;
    }
    if (!ss_array_room(&blob->things, ss_memory(core), 1, SS_BLOBS_MAX))
        interest->failed = true;
    else
        ss_array_push(&blob->things, interest->thing);
}

bool ss_blobs_interest(struct ss_core *core, uint32_t thing, struct ss_slice value) {
    struct ss_blob_interest interest = {core, thing, false};
    ss_value_blobs(value, ss_blob_note, &interest);
    return !interest.failed;
}

static void ss_blob_later(struct ss_core *core, struct ss_blob *blob) {
    blob->flags |= SS_BLOB_MISSING;
    blob->retry_ms = core->now + SS_BLOB_RETRY_MS;
    ss_timer_by(core, SS_TIMER_BLOB, blob->retry_ms);
}

static void ss_blob_effect(struct ss_core *core, struct ss_blob *blob, enum ss_effect_type type, enum ss_blob_flag flag, bool now) {
    if (!ss_fx_room(core, SS_FX_SPARE)) { // the handler's own effects keep the room they made
        ss_blob_later(core, blob);
        return;
    }
    struct ss_effect *effect = ss_fx_push(core, type);
    effect->blob.sha256 = blob->sha256;
    effect->blob.size = blob->size;
    effect->blob.wanted_now = now;
    blob->flags |= flag;
}

void ss_blob_fetch(struct ss_core *core, uint32_t number, bool now) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    const bool more = now && (blob->flags & SS_BLOB_WANTED) == 0;
    if ((blob->flags & (SS_BLOB_PRESENT | SS_BLOB_MISSING)) != 0 || ((blob->flags & SS_BLOB_FETCHING) != 0 && !more))
        return;
    blob->flags |= now ? SS_BLOB_WANTED : 0U;
    ss_blob_effect(core, blob, SS_FX_FETCH_BLOB, SS_BLOB_FETCHING, now);
}

void ss_blob_upload(struct ss_core *core, uint32_t number) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    if ((blob->flags & (SS_BLOB_UPLOADED | SS_BLOB_UPLOADING)) == 0)
        ss_blob_effect(core, blob, SS_FX_UPLOAD_BLOB, SS_BLOB_UPLOADING, false);
}

void ss_blobs_finish(struct ss_core *core) {
    for (size_t i = 0; i < core->blobs.all.count; i++)
        ss_array_finish(&core->blobs.all.items[i].things, ss_memory(core));
    ss_array_finish(&core->blobs.all, ss_memory(core));
    ss_index_finish(&core->blobs.index, ss_memory(core));
}
