// SPDX-License-Identifier: Apache-2.0
#include "recording/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/scratch_file.h"
#include "scenesync_schema.h"
#include "util/value.h"

static const size_t EDIT_BYTES = 1024 * 1024; // of values in one edit of a state

// ---- Names ------------------------------------------------------------------------------------------------------------------------------

static void replace_all(uint8_t *data, size_t size, const void *old, const void *new, size_t len) {
    for (uint8_t *at = data; (at = memmem(at, size - (size_t)(at - data), old, len)); at += len) {
        memcpy(at, new, len);
    }
}

static void to_hex(const struct scenesync_uuid *id, char hex[33]) {
    for (size_t i = 0; i < sizeof id->b; i++) {
        snprintf(hex + 2 * i, 3, "%02x", id->b[i]);
    }
}

// Things of which a scene has one are named after it, also by what refers to them, in bytes and in names of fields: a random UUID's 16 bytes are found
// nowhere else.
static void rename_singletons(const struct ss_target *target, uint8_t *data, size_t size) {
    size_t count;
    const struct ss_schema_kind *kinds = ss_schema_kinds(&count);
    for (size_t i = 0; i < count; i++) {
        struct scenesync_uuid old, new;
        char old_hex[33], new_hex[33];
        if (kinds[i].singleton) {
            scenesync_uuid_singleton(target->recorded, kinds[i].name, &old);
            scenesync_uuid_singleton(target->scene, kinds[i].name, &new);
            to_hex(&old, old_hex);
            to_hex(&new, new_hex);
            replace_all(data, size, old.b, new.b, sizeof old.b);
            replace_all(data, size, old_hex, new_hex, 32);
        }
    }
}

// ---- Blobs ------------------------------------------------------------------------------------------------------------------------------

struct ss_given_blob {
    struct ss_sha256 sha256;
    UT_hash_handle hh;
};

static bool gather(const struct ss_recording *recording, const struct ss_sha256 *sha256, size_t place, struct ss_scratch_file *scratch) {
    struct ss_frame frame;
    uint64_t done = 0;
    do {
        if (!ss_recording_frame(recording, &place, &frame) || frame.type != SS_FRAME_BLOB || frame.offset != done ||
            memcmp(frame.sha256.b, sha256->b, sizeof sha256->b) != 0 ||
            !ss_scratch_file_write(scratch, frame.piece.data, frame.piece.len)) {
            return false;
        }
        done += frame.piece.len;
    } while (done < frame.size);
    return true;
}

static void give(struct ss_target *target, const struct ss_sha256 *sha256, size_t place) {
    struct ss_scratch_file scratch = {.file = -1};
    struct scenesync_sha256 found;
    bool ok = ss_scratch_file_open(&scratch) && gather(target->recording, sha256, place, &scratch);
    ok = ok && ss_scratch_file_give(&scratch, &target->cli, NULL, &found) && memcmp(found.b, sha256->b, sizeof found.b) == 0;
    ss_scratch_file_close(&scratch);
    if (!ok) {
        ss_fail("a blob of the recording is damaged; what needs it stays a placeholder");
    }
}

// What the file lacks may be in the store.
static void give_once(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    struct ss_target *target = context;
    struct ss_given_blob *blob;
    size_t place;
    (void)size;
    HASH_FIND(hh, target->given, sha256->b, sizeof sha256->b, blob);
    if (!blob && ss_recording_blob(target->recording, sha256, &place)) {
        blob = ss_memory(calloc(1, sizeof *blob));
        blob->sha256 = *sha256;
        HASH_ADD(hh, target->given, sha256, sizeof blob->sha256, blob);
        give(target, sha256, place);
    }
}

static void give_blobs(struct ss_target *target, const struct scenesync_batch *batch) {
    for (size_t i = 0; i < batch->rows * batch->columns; i++) {
        ss_value_blobs((struct ss_slice){batch->values[i].data, batch->values[i].size}, give_once, target);
    }
}

// ---- Changes ----------------------------------------------------------------------------------------------------------------------------

static bool with_batches(struct ss_target *target, const struct ss_frame *frame,
                         bool (*use)(struct ss_target *target, const struct ss_frame *frame, const struct ss_batches *batches)) {
    uint8_t *copy = ss_memory(malloc(frame->body.len));
    memcpy(copy, frame->body.data, frame->body.len);
    rename_singletons(target, copy, frame->body.len);
    struct ss_batches batches;
    bool ok = ss_batches_read((struct ss_slice){copy, frame->body.len}, &batches);
    if (!ok) {
        ss_fail("the recording is damaged at %.1f s", (double)frame->at / 1000);
    }
    ok = ok && use(target, frame, &batches);
    ss_batches_finish(&batches);
    free(copy);
    return ok;
}

static bool collect(struct ss_target *target, const struct ss_frame *frame, const struct ss_batches *batches) {
    struct scenesync_change change = {.live = frame->live, .batch_count = batches->count, .batches = batches->items};
    ss_replica_apply(&target->state, &change);
    return true;
}

bool ss_target_take(struct ss_target *target, const struct ss_frame *frame) { return with_batches(target, frame, collect); }

static bool play(struct ss_target *target, const struct ss_frame *frame, const struct ss_batches *batches) {
    uint64_t id;
    for (size_t i = 0; i < batches->count; i++) {
        give_blobs(target, &batches->items[i]);
    }
    return ss_cli_check(&target->cli,
                        scenesync_edit(target->cli.client, batches->items, batches->count, frame->live, &id, target->cli.timeout_ms));
}

bool ss_target_send(struct ss_target *target, const struct ss_frame *frame) {
    return with_batches(target, frame, play) && ss_target_drain(target);
}

// ---- State ------------------------------------------------------------------------------------------------------------------------------

struct sending {
    struct ss_target *target;
    struct scenesync_batch *batches; // of an entity each; names and values in one allocation
    size_t count, bytes;
    bool ok;
};

static void send_batches(struct sending *sending) {
    struct ss_target *target = sending->target;
    uint64_t id;
    if (sending->ok && sending->count > 0) {
        int error = scenesync_edit(target->cli.client, sending->batches, sending->count, false, &id, target->cli.timeout_ms);
        error = error ? error : scenesync_wait_ack(target->cli.client, id, target->cli.timeout_ms);
        sending->ok = ss_cli_check(&target->cli, error);
    }
    for (size_t i = 0; i < sending->count; i++) {
        free((void *)(uintptr_t)sending->batches[i].names);
    }
    sending->count = sending->bytes = 0;
}

static void add_known(void *context, const struct ss_known *entity) {
    struct sending *sending = context;
    if (!sending->ok || entity->count == 0) {
        return;
    }
    struct scenesync_bytes *cells = ss_memory(calloc(2 * entity->count, sizeof *cells));
    for (size_t i = 0; i < entity->count; i++) {
        cells[i] = entity->fields[i].name;
        cells[entity->count + i] = entity->fields[i].value;
        sending->bytes += entity->fields[i].name.size + entity->fields[i].value.size;
    }
    sending->batches = ss_memory(realloc(sending->batches, (sending->count + 1) * sizeof *sending->batches));
    struct scenesync_batch *batch = &sending->batches[sending->count++];
    *batch =
        (struct scenesync_batch){.rows = 1, .columns = entity->count, .ids = &entity->id, .names = cells, .values = cells + entity->count};
    batch->kind = (struct scenesync_bytes){(const uint8_t *)entity->kind, strlen(entity->kind)};
    give_blobs(sending->target, batch);
    if (sending->bytes > EDIT_BYTES) {
        send_batches(sending);
    }
}

bool ss_target_send_state(struct ss_target *target) {
    struct sending sending = {.target = target, .ok = true};
    ss_replica_each_known(&target->state, add_known, &sending);
    send_batches(&sending);
    free(sending.batches);
    return sending.ok && ss_target_drain(target);
}

bool ss_target_drain(struct ss_target *target) {
    struct scenesync_event event;
    int error;
    while ((error = scenesync_next(target->cli.client, &event, 0)) == SCENESYNC_OK) {
        if (event.type == SCENESYNC_REFUSAL && target->refused++ == 0) {
            ss_fail("%.*s", (int)event.refusal.text.size, (const char *)event.refusal.text.data);
        }
    }
    return error == SCENESYNC_TIMEOUT || ss_cli_check(&target->cli, error);
}

void ss_target_finish(struct ss_target *target) {
    struct ss_given_blob *blob, *next;
    HASH_ITER(hh, target->given, blob, next) {
        HASH_DEL(target->given, blob);
        free(blob);
    }
    ss_replica_finish(&target->state);
    scenesync_close(target->cli.client);
}
