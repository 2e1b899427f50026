// SPDX-License-Identifier: Apache-2.0
// The reader of what is kept of a scene on the disk. The input is records: a byte that is the key's length, two that are the value's, key, value.
// A core takes or refuses each. Then it does all that a core does; what it says is of the form that all others take, and what it stored gives a
// core that knows the same.
#include <stdlib.h>
#include <string.h>

#include "core/entity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENT = 7, TOKENS = 64, ROUNDS = 200, LIFE_MS = 90000 };

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

// ---- The disk ---------------------------------------------------------------------------------------------------------------------------

struct record {
    uint8_t *bytes; // key and value
    struct ss_slice key, value;
};

// ss_disk is what LMDB is: records in the order of their keys.
struct disk {
    struct record *records;
    size_t count, capacity;
};

static void disk_remove(struct disk *disk, size_t at) {
    free(disk->records[at].bytes);
    memmove(disk->records + at, disk->records + at + 1, (--disk->count - at) * sizeof(*disk->records));
}

static struct record *disk_make(struct disk *disk, size_t at) {
    if (disk->count == disk->capacity) {
        disk->capacity = disk->capacity * 2 + 16;
        disk->records = realloc(disk->records, disk->capacity * sizeof(*disk->records));
    }
    memmove(disk->records + at + 1, disk->records + at, (disk->count++ - at) * sizeof(*disk->records));
    return &disk->records[at];
}

static void disk_put(struct disk *disk, struct ss_slice key, struct ss_slice value) {
    size_t at = 0;
    while (at < disk->count && ss_slice_compare(disk->records[at].key, key) < 0) {
        at++;
    }
    if (at < disk->count && ss_slice_equal(disk->records[at].key, key)) {
        disk_remove(disk, at);
    }
    if (value.len > 0) {
        uint8_t *bytes = malloc(key.len + value.len);
        memcpy(bytes, key.data, key.len);
        memcpy(bytes + key.len, value.data, value.len);
        *disk_make(disk, at) = (struct record){bytes, ss_slice_of(bytes, key.len), ss_slice_of(bytes + key.len, value.len)};
    }
}

static void disk_read(struct disk *disk, const uint8_t *data, size_t size) {
    for (size_t at = 0; size - at >= 3;) {
        const size_t key = data[at], value = (size_t)ss_load_be(data + at + 1, 2);
        at += 3;
        if (key == 0 || key + value > size - at) {
            return;
        }
        disk_put(disk, ss_slice_of(data + at, key), ss_slice_of(data + at + key, value));
        at += key + value;
    }
}

static void disk_finish(struct disk *disk) {
    while (disk->count > 0) {
        disk_remove(disk, disk->count - 1);
    }
    free(disk->records);
}

// ---- What the core asks for -------------------------------------------------------------------------------------------------------------

// What is to be answered is noted and answered after the step.
struct life {
    struct ss_core *core;
    struct disk *disk;
    uint64_t now, wake, txn, snapshot, tokens[TOKENS];
    size_t token_count;
    unsigned answers; // to edits
    bool changes, written, reread;
    struct ss_sha256 digest;
};

static const struct ss_blob_name SNAPSHOT = {{{1, 2, 3}}, 4};

static void look(const struct ss_entity *entity) {
    must(ss_kind_valid(entity->kind));
    for (size_t i = 0; i < entity->field_count; i++) {
        must(ss_name_valid(entity->fields[i].name) && ss_value_valid(entity->fields[i].value));
        must(i == 0 || ss_slice_compare(entity->fields[i - 1].name, entity->fields[i].name) < 0);
    }
}

static void look_at_all(const struct ss_entity *entities, size_t count) {
    for (size_t i = 0; i < count; i++) {
        look(&entities[i]);
    }
}

static void carry_out(struct life *life, const struct ss_effect *effect) {
    switch (effect->type) {
    case SS_FX_WAKE: life->wake = effect->wake.at_ms; break;
    case SS_FX_STORE:
        life->txn = effect->store.txn;
        disk_put(life->disk, effect->store.key, effect->store.value);
        break;
    case SS_FX_ACK: life->answers++; break;
    case SS_FX_REFUSED: life->answers += effect->refused.client == CLIENT; break;
    case SS_FX_CHANGES_WAIT: life->changes = true; break;
    case SS_FX_CHANGE: look_at_all(effect->change.entities, effect->change.entity_count); break;
    case SS_FX_PUBLISH_STATE:
        look(&effect->state.entity);
        must(effect->state.seq > 0 && effect->state.part >= -1 && effect->state.part < 256 && life->token_count < TOKENS);
        life->tokens[life->token_count++] = effect->state.token;
        break;
    case SS_FX_REPLY_SYNC:
    case SS_FX_SNAPSHOT:
        look_at_all(effect->reply.reply.entities, effect->reply.reply.entity_count);
        life->snapshot = effect->type == SS_FX_SNAPSHOT && effect->reply.reply.last ? effect->reply.reply.call : life->snapshot;
        break;
    case SS_FX_REREAD: life->reread = true; break;
    case SS_FX_DIGEST: life->digest = effect->digest.digest; break;
    default: break;
    }
}

static bool step(struct life *life, struct ss_event event) {
    struct ss_effects effects;
    event.now_ms = life->now;
    event.wall_ms = 1700000000000U + life->now;
    const bool ok = ss_core_step(life->core, &event, &effects) == SS_OK;
    for (size_t i = 0; i < effects.count; i++) {
        carry_out(life, &effects.items[i]);
    }
    return ok;
}

// Answers one thing that was asked for; false: there was none.
static bool answer(struct life *life) {
    struct ss_event event = {.type = SS_EV_TIME};
    if (life->txn != 0) {
        event = (struct ss_event){.type = SS_EV_STORED, .stored = {life->txn}};
        life->txn = 0;
    } else if (life->token_count > 0) {
        event = (struct ss_event){.type = SS_EV_PUBLISHED, .published = {life->tokens[--life->token_count]}};
    } else if (life->changes) {
        event = (struct ss_event){.type = SS_EV_CLIENT_READY, .client_ready = {CLIENT, 1 << 20}};
        life->changes = false;
    } else if (life->snapshot != 0) {
        event = (struct ss_event){.type = SS_EV_SNAPSHOT, .snapshot = {life->snapshot, SNAPSHOT}};
        life->snapshot = 0;
        life->written = true;
    } else if (life->written) {
        event = (struct ss_event){.type = SS_EV_BLOB_UPLOADED, .blob = {SNAPSHOT.sha256}};
        life->written = false;
    } else if (life->reread) {
        event = (struct ss_event){.type = SS_EV_REPLAYED};
        life->reread = false;
    } else {
        return false;
    }
    must(step(life, event));
    return true;
}

static void act(struct life *life, struct ss_event event) {
    must(step(life, event));
    for (int i = 0; i < ROUNDS && answer(life);) {
        i++;
    }
}

// ---- A life -----------------------------------------------------------------------------------------------------------------------------

// What is refused is taken off the disk; returns how much was.
static size_t begin(struct life *life, struct disk *disk) {
    struct ss_core_config config = ss_core_defaults(ss_heap, &(struct ss_origin){{1}});
    size_t refused = 0;
    config.store = true;
    *life = (struct life){.core = ss_core_create(&config), .disk = disk, .now = 1000};
    for (size_t i = 0; i < disk->count;) {
        const struct record *record = &disk->records[i];
        if (step(life, (struct ss_event){.type = SS_EV_RESTORED, .restored = {record->key, record->value}})) {
            i++;
        } else {
            disk_remove(disk, i);
            refused++;
        }
    }
    life->txn = 0; // restoring asks for nothing
    act(life, (struct ss_event){.type = SS_EV_START});
    act(life, (struct ss_event){.type = SS_EV_DIGEST_WANTED});
    return refused;
}

static void edit(struct life *life, struct ss_slice kind, const struct ss_uuid *uuid, const char *field, bool live) {
    static const uint8_t five[] = {5};
    const struct ss_slice name = ss_slice_text(field), value = ss_slice_of(five, sizeof(five));
    const struct ss_batch batch = {kind, 1, 1, uuid, &name, &value};
    const unsigned before = life->answers;
    act(life, (struct ss_event){.type = SS_EV_EDIT, .edit = {CLIENT, before + 1, live, 1, &batch}});
    must(life->answers == before + 1);
}

// Edits the entity of the last record of one.
static void edit_known(struct life *life) {
    size_t at = life->disk->count;
    while (at > 0 && life->disk->records[at - 1].key.data[0] != 'e') {
        at--;
    }
    if (at > 0) {
        struct ss_slice key = life->disk->records[at - 1].key;
        char kind[256] = "";
        struct ss_uuid uuid;
        memcpy(kind, key.data + 1, key.len - 1);
        memcpy(&uuid, key.data + strlen(kind) + 2, sizeof(uuid));
        edit(life, ss_slice_text(kind), &uuid, "name", true);
        edit(life, ss_slice_text(kind), &uuid, "name", false);
        edit(life, ss_slice_text(kind), &uuid, "deleted", false);
    }
}

static void work(struct life *life) {
    const struct ss_origin peer = {{9}};
    act(life, (struct ss_event){.type = SS_EV_CLIENT_JOINED, .client_joined = {.client = CLIENT, .changes = true}});
    act(life, (struct ss_event){.type = SS_EV_CONNECTED});
    act(life, (struct ss_event){.type = SS_EV_REPLAYED}); // nothing: this broker needs checkpoints
    edit(life, ss_slice_text("light"), &(struct ss_uuid){{1}}, "energy", false);
    edit_known(life);
    act(life, (struct ss_event){.type = SS_EV_SYNC_CALLED, .sync_called = {.from = peer, .user = ss_slice_text("ada"), .call = 1}});
    for (int i = 0; i < ROUNDS && life->wake < LIFE_MS; i++) {
        life->now = life->wake > life->now ? life->wake : life->now + 1;
        act(life, (struct ss_event){.type = SS_EV_TIME});
    }
    act(life, (struct ss_event){.type = SS_EV_DIGEST_WANTED});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct disk disk = {0};
    struct life first, second;
    disk_read(&disk, data, size);
    begin(&first, &disk);
    work(&first);
    ss_core_destroy(first.core);
    must(begin(&second, &disk) == 0);
    must(memcmp(&first.digest, &second.digest, sizeof(first.digest)) == 0);
    ss_core_destroy(second.core);
    disk_finish(&disk);
    return 0;
}
