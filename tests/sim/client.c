// SPDX-License-Identifier: Apache-2.0
// Clients: they edit, keep a mirror of what they are given, and remember what they were promised.
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

enum { SIM_FIELDS = 4, SIM_ROWS = 8, SIM_BATCHES = 4 };

// sim_draft is a batch: the same fields of one thing or more.
struct sim_draft {
    char kind[16];
    size_t rows, count;
    struct ss_uuid uuids[SIM_ROWS];
    char names[SIM_FIELDS][48];
    struct ss_slice values[SIM_ROWS * SIM_FIELDS]; // row by row
};

static const char *const sim_kinds[] = {"object", "transform", "material", "mesh", "image"};

static size_t sim_key(uint8_t *key, struct ss_slice kind, const struct ss_uuid *uuid, struct ss_slice name) {
    memcpy(key, kind.data, kind.len);
    key[kind.len] = 0;
    memcpy(key + kind.len + 1, uuid->b, 16);
    memcpy(key + kind.len + 17, name.data, name.len);
    return kind.len + 17 + name.len;
}

// What is deleted is no more; if it comes back all of it is told.
static void sim_mirror_delete(struct sim_records *mirror, struct ss_slice kind, const struct ss_uuid *uuid) {
    uint8_t prefix[512], key[512];
    const size_t len = sim_key(prefix, kind, uuid, ss_slice_text(""));
    for (size_t i = mirror->count; i-- > 0;) {
        const size_t key_len = mirror->items[i].key_len;
        if (key_len <= len || memcmp(mirror->items[i].key, prefix, len) != 0)
            continue;
        memcpy(key, mirror->items[i].key, key_len);
        sim_record_put(mirror, key, key_len, NULL, 0);
    }
}

// A new topology: arrays of another are dropped.
static void sim_mirror_topology(struct sim_records *mirror, struct ss_slice kind, const struct ss_uuid *uuid, struct ss_slice value) {
    uint8_t prefix[512];
    const size_t len = sim_key(prefix, kind, uuid, ss_slice_text("at/"));
    for (size_t i = mirror->count; i-- > 0;) {
        const struct sim_record *record = &mirror->items[i];
        if (record->key_len <= len || memcmp(record->key, prefix, len) != 0)
            continue;
        if (value.len > 1 && record->key_len > len + value.len - 1 && memcmp(record->key + len, value.data + 1, value.len - 1) == 0)
            continue;
        uint8_t key[512];
        const size_t key_len = record->key_len;
        memcpy(key, record->key, key_len);
        sim_record_put(mirror, key, key_len, NULL, 0);
    }
}

static void sim_mirror_set(struct sim_agent *at, struct ss_slice kind, const struct ss_uuid *uuid, struct ss_slice name,
                           struct ss_slice value) {
    uint8_t key[512];
    const size_t len = sim_key(key, kind, uuid, name);
    sim_record_put(&at->mirror, key, len, value.data, value.len);
    if (ss_slice_equal(name, ss_slice_text("topology")))
        sim_mirror_topology(&at->mirror, kind, uuid, value);
}

static void sim_mirror_forget(struct sim_agent *at, const char *kind, const struct ss_uuid *uuid, const char *name) {
    sim_mirror_set(at, ss_slice_text(kind), uuid, ss_slice_text(name), ss_slice_of(NULL, 0));
}

// A client that has lived through its agent's death gives up what the agent did not acknowledge.
static void sim_mirror_return(struct sim_agent *at) {
    for (size_t i = at->promises_gone; i < at->promise_count; i++) {
        const struct sim_promise *promise = &at->promises[i];
        if (promise->client == at->client && !promise->acked)
            sim_mirror_forget(at, promise->kind, &promise->uuid, promise->name);
    }
}

// Every other one is the same as before.
void sim_client_join(struct sim *sim, int agent) {
    struct sim_agent *at = &sim->agent[agent];
    at->again = at->mirror.count > 0 && at->client % 2 != 0;
    if (at->again)
        sim_mirror_return(at);
    else
        sim_records_clear(&at->mirror);
    at->client++;
    struct ss_event event = sim_event_of(sim, agent, SS_EV_CLIENT_JOINED);
    event.client_joined.client = at->client;
    event.client_joined.changes = true;
    event.client_joined.again = at->again;
    sim_agent_step(sim, agent, &event);
}

void sim_client_change(struct sim *sim, int agent, const struct ss_effect *effect) {
    struct sim_agent *at = &sim->agent[agent];
    if (effect->change.client != at->client)
        sim_fail(sim, "a change for a client that is gone");
    for (size_t i = 0; i < effect->change.entity_count; i++) {
        const struct ss_entity *entity = &effect->change.entities[i];
        for (size_t f = 0; f < entity->field_count; f++) {
            if (ss_slice_equal(entity->fields[f].name, ss_slice_text("deleted")) && entity->fields[f].value.data[0] == 0xc3)
                sim_mirror_delete(&at->mirror, entity->kind, &entity->uuid);
        }
        for (size_t f = 0; f < entity->field_count; f++)
            sim_mirror_set(at, entity->kind, &entity->uuid, entity->fields[f].name, entity->fields[f].value);
        for (size_t f = 0; f < entity->field_count; f++)
            sim_tell(sim, agent, "told of %.*s %02x%02x %.*s = %02x…%02x", (int)entity->kind.len, (const char *)entity->kind.data,
                     entity->uuid.b[0], entity->uuid.b[1], (int)entity->fields[f].name.len, (const char *)entity->fields[f].name.data,
                     entity->fields[f].value.data[0], entity->fields[f].value.data[entity->fields[f].value.len - 1]);
    }
}

void sim_client_ack(struct sim *sim, int agent, uint64_t id, bool taken) {
    struct sim_agent *at = &sim->agent[agent];
    at->last_ack = id;
    sim->acks += taken;
    sim_tell(sim, agent, "edit %llu is %s", (unsigned long long)id, taken ? "acknowledged" : "refused");
    for (size_t i = 0; i < at->promise_count; i++) {
        if (at->promises[i].edit == id && at->promises[i].client == at->client)
            at->promises[i].acked = taken;
    }
}

static void sim_promise_field(struct sim_agent *at, const struct sim_draft *draft, const struct ss_uuid *uuid, const char *name,
                              uint64_t id) {
    const uint32_t kind = ss_names_find(&at->core->names, ss_slice_text(draft->kind));
    const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&at->core->scene, kind, uuid);
    const struct ss_thing *thing = number == SS_NONE ? NULL : ss_thing_at(at->core, number);
    const uint32_t field = ss_names_find(&at->core->names, ss_slice_text(name));
    const struct ss_cell *cell = thing == NULL ? NULL : ss_cells_get(&at->core->names, thing->cells, thing->count, field);
    if (cell == NULL)
        return;
    if (at->promise_count == at->promise_capacity) {
        at->promise_capacity = at->promise_capacity * 2 + 64;
        at->promises = realloc(at->promises, at->promise_capacity * sizeof *at->promises);
    }
    struct sim_promise promise = {.uuid = *uuid, .stamp = cell->stamp, .edit = id, .client = at->client, .acked = at->last_ack == id};
    snprintf(promise.kind, sizeof promise.kind, "%s", draft->kind);
    snprintf(promise.name, sizeof promise.name, "%s", name);
    at->promises[at->promise_count++] = promise;
}

// ---- edits -------------------------------------------------------------------------------------------------------------

static struct ss_slice sim_copy(const void *value, size_t len) {
    uint8_t *copy = malloc(len);
    memcpy(copy, value, len);
    return ss_slice_of(copy, len);
}

static void sim_draft_add(struct sim_draft *draft, const char *name, const void *value, size_t len) {
    snprintf(draft->names[draft->count], sizeof draft->names[0], "%s", name);
    draft->values[draft->count++] = sim_copy(value, len);
}

static struct ss_slice sim_number(struct sim *sim) {
    uint8_t value[40] = {0xce};
    ss_store_be(value + 1, 4, sim_random(sim, UINT32_MAX));
    if (sim_chance(sim, 100)) { // a text longer than what is kept in place
        value[0] = 0xd9;
        value[1] = 38;
        memset(value + 2, 'a' + (int)sim_random(sim, 26), 38);
    }
    return sim_copy(value, value[0] == 0xce ? 5 : 40);
}

static void sim_draft_number(struct sim *sim, struct sim_draft *draft, const char *name) {
    snprintf(draft->names[draft->count], sizeof draft->names[0], "%s", name);
    draft->values[draft->count++] = sim_number(sim);
}

static struct ss_uuid sim_some_uuid(struct sim *sim) {
    struct ss_uuid uuid = {{0}};
    ss_store_be(uuid.b, 8, ss_mix(sim_random(sim, SIM_ENTITIES)));
    return uuid;
}

static bool sim_has_uuid(const struct sim_draft *draft, const struct ss_uuid *uuid) {
    bool has = false;
    for (size_t row = 0; row < draft->rows; row++)
        has |= ss_uuid_equal(&draft->uuids[row], uuid);
    return has;
}

// Many at once, as when a selection is moved.
static void sim_draft_table(struct sim *sim, struct sim_draft *draft, const char *const names[SIM_FIELDS]) {
    const uint64_t rows = 2 + sim_random(sim, SIM_ROWS - 1);
    draft->count = 1 + sim_random(sim, SIM_FIELDS);
    for (size_t f = 0; f < draft->count; f++)
        snprintf(draft->names[f], sizeof draft->names[f], "%s", names[f]);
    while (draft->rows < rows) {
        const struct ss_uuid uuid = sim_some_uuid(sim);
        if (!sim_has_uuid(draft, &uuid))
            draft->uuids[draft->rows++] = uuid;
    }
    for (size_t i = 0; i < draft->rows * draft->count; i++)
        draft->values[i] = sim_number(sim);
}

static void sim_draft_large(struct sim *sim, struct sim_draft *draft, const char *name) {
    uint8_t *value = malloc(20003);
    value[0] = 0xc5;
    ss_store_be(value + 1, 2, 20000);
    memset(value + 3, (int)sim_random(sim, 256), 20000);
    sim_draft_add(draft, name, value, 20003);
    free(value);
}

static void sim_draft_material(struct sim *sim, struct sim_draft *draft) {
    static const uint8_t yes = 0xc3, nil = 0xc0;
    char node[32], name[48];
    snprintf(node, sizeof node, "nodes/%llu", (unsigned long long)sim_random(sim, sim_chance(sim, 150) ? 12 : 3));
    snprintf(name, sizeof name, "%s/value", node);
    if (sim_chance(sim, 150))
        sim_draft_add(draft, node, &nil, 1);
    else
        sim_draft_add(draft, node, &yes, 1);
    if (sim_chance(sim, 80))
        sim_draft_large(sim, draft, name);
    else
        sim_draft_number(sim, draft, name);
}

static void sim_draft_mesh(struct sim *sim, int agent, struct sim_draft *draft) {
    uint8_t topology[3] = {0xa2, 't', (uint8_t)('0' + sim_random(sim, 3))};
    uint8_t key[512];
    const size_t len = sim_key(key, ss_slice_text("mesh"), &draft->uuids[0], ss_slice_text("topology"));
    const struct sim_records *mirror = &sim->agent[agent].mirror;
    bool known = false;
    for (size_t i = 0; i < mirror->count && !known; i++) {
        known = mirror->items[i].key_len == len && memcmp(mirror->items[i].key, key, len) == 0 && mirror->items[i].value_len == 3;
        if (known && sim_chance(sim, 600))
            memcpy(topology, mirror->items[i].value, 3);
        known = known && memcmp(topology, mirror->items[i].value, 3) == 0;
    }
    // Whoever changes the topology sends all the arrays that go with it.
    const bool uv = !known || sim_chance(sim, 500);
    char name[48];
    snprintf(name, sizeof name, "at/t%c/uv", topology[2]);
    if (uv)
        sim_draft_number(sim, draft, name);
    snprintf(name, sizeof name, "at/t%c/position", topology[2]);
    if (!known || !uv)
        sim_draft_number(sim, draft, name);
    if (!known)
        sim_draft_add(draft, "topology", topology, 3);
}

static void sim_draft_image(struct sim *sim, int agent, struct sim_draft *draft) {
    struct sim_agent *at = &sim->agent[agent];
    uint8_t value[64] = {0x82, 0xa6, 's', 'h', 'a', '2', '5', '6', 0xc4, 32};
    struct ss_sha256 sha256 = {{0}};
    ss_store_be(sha256.b, 8, sim_random(sim, UINT64_MAX));
    memcpy(value + 10, sha256.b, 32);
    memcpy(value + 42, "\xa4size\x07", 6);
    sim_draft_add(draft, "pixels", value, SIM_BLOB_VALUE);
    sim_draft_number(sim, draft, "name");
    sim_add(&at->cache, &at->cache_count, &sha256);
    if (sim_chance(sim, 300))
        return; // the agent is asked, and finds it in its cache
    struct ss_event event = sim_event_of(sim, agent, SS_EV_BLOB_PRESENT);
    event.blob.sha256 = sha256;
    sim_agent_step(sim, agent, &event);
}

static void sim_draft_fill(struct sim *sim, int agent, struct sim_draft *draft) {
    static const char *const plain[] = {"location", "rotation", "scale", "name"};
    static const uint8_t yes = 0xc3, no = 0xc2;
    const uint64_t kind = sim_random(sim, 5);
    memcpy(draft->kind, sim_kinds[kind], strlen(sim_kinds[kind]) + 1);
    draft->uuids[draft->rows++] = sim_some_uuid(sim);
    if (kind < 2 && sim_chance(sim, 200))
        sim_draft_table(sim, draft, plain);
    else if (sim_chance(sim, 60))
        sim_draft_add(draft, "deleted", sim_chance(sim, 600) ? &yes : &no, 1);
    else if (kind == 2)
        sim_draft_material(sim, draft);
    else if (kind == 3)
        sim_draft_mesh(sim, agent, draft);
    else if (kind == 4 && sim_chance(sim, 300))
        sim_draft_image(sim, agent, draft);
    else
        sim_draft_number(sim, draft, plain[sim_random(sim, 4)]);
}

static void sim_draft_free(struct sim_draft *draft) {
    for (size_t i = 0; i < draft->rows * draft->count; i++)
        free((void *)(uintptr_t)draft->values[i].data);
}

// Several kinds of things at once, as when an object is created with its mesh; each thing only once.
static size_t sim_draft_edit(struct sim *sim, int agent, struct sim_draft drafts[SIM_BATCHES]) {
    const size_t wanted = sim_chance(sim, 150) ? 2 + sim_random(sim, SIM_BATCHES - 1) : 1;
    size_t count = 0;
    for (size_t i = 0; i < wanted; i++) {
        struct sim_draft *draft = &drafts[count];
        *draft = (struct sim_draft){.count = 0};
        sim_draft_fill(sim, agent, draft);
        bool again = false;
        for (size_t d = 0; d < count; d++) {
            for (size_t row = 0; row < draft->rows; row++)
                again |= strcmp(drafts[d].kind, draft->kind) == 0 && sim_has_uuid(&drafts[d], &draft->uuids[row]);
        }
        if (again)
            sim_draft_free(draft);
        else
            count++;
    }
    return count;
}

enum sim_stage { SIM_DRAFTED, SIM_ASKED, SIM_GIVEN_UP };

// What a client does with each field of its edit, before it is sent, after, and if the agent died of it.
static void sim_client_fields(struct sim *sim, int agent, const struct sim_draft *draft, enum sim_stage stage) {
    struct sim_agent *at = &sim->agent[agent];
    for (size_t i = 0; i < draft->rows * draft->count; i++) {
        const struct ss_uuid *uuid = &draft->uuids[i / draft->count];
        const char *name = draft->names[i % draft->count];
        const struct ss_slice value = draft->values[i];
        if (stage == SIM_ASKED) {
            sim_promise_field(at, draft, uuid, name, at->next_edit);
        } else if (stage == SIM_GIVEN_UP) {
            sim_mirror_forget(at, draft->kind, uuid, name);
        } else {
            sim_mirror_set(at, ss_slice_text(draft->kind), uuid, ss_slice_text(name), value);
            sim_tell(sim, agent, "edit %llu: %s %02x%02x %s = %02x…%02x", (unsigned long long)at->next_edit + 1, draft->kind, uuid->b[0],
                     uuid->b[1], name, value.data[0], value.data[value.len - 1]);
        }
    }
}

static void sim_client_send(struct sim *sim, int agent, const struct sim_draft *drafts, size_t count) {
    struct sim_agent *at = &sim->agent[agent];
    const uint32_t client = at->client;
    struct ss_slice names[SIM_BATCHES][SIM_FIELDS];
    struct ss_batch batches[SIM_BATCHES];
    for (size_t d = 0; d < count; d++) {
        const struct sim_draft *draft = &drafts[d];
        for (size_t f = 0; f < draft->count; f++)
            names[d][f] = ss_slice_text(draft->names[f]);
        batches[d] = (struct ss_batch){ss_slice_text(draft->kind), draft->rows, draft->count, draft->uuids, names[d], draft->values};
        sim_client_fields(sim, agent, draft, SIM_DRAFTED);
    }
    struct ss_event event = sim_event_of(sim, agent, SS_EV_EDIT);
    event.edit = (struct ss_ev_edit){client, ++at->next_edit, sim_chance(sim, 400), count, batches};
    sim->edits++;
    sim_tell(sim, agent, "edit %llu is sent%s", (unsigned long long)at->next_edit, event.edit.live ? " live" : "");
    sim_agent_step(sim, agent, &event);
    for (size_t d = 0; d < count; d++)
        sim_client_fields(sim, agent, &drafts[d], at->up && at->client == client ? SIM_ASKED : SIM_GIVEN_UP);
}

void sim_client_edit(struct sim *sim, int agent) {
    struct sim_agent *at = &sim->agent[agent];
    struct sim_draft drafts[SIM_BATCHES];
    if (!at->up || agent == sim->watcher)
        return;
    const uint32_t client = at->client;
    const size_t count = sim_draft_edit(sim, agent, drafts);
    if (at->up && at->client == client)
        sim_client_send(sim, agent, drafts, count);
    for (size_t d = 0; d < count; d++)
        sim_draft_free(&drafts[d]);
}

// What nobody can read, over what is retained.
void sim_stranger_write(struct sim *sim) {
    struct sim_message *message = sim_message_create(SIM_STATE);
    struct ss_entity entity = {.kind = ss_slice_text(sim_kinds[sim_random(sim, sizeof sim_kinds / sizeof *sim_kinds)])};
    entity.uuid = sim_some_uuid(sim);
    message->state.entity = sim_copy_entity(message, &entity);
    message->state.part = -1;
    message->unreadable = true;
    sim_tell(sim, -1, "a stranger writes over %s %02x%02x", (const char *)entity.kind.data, entity.uuid.b[0], entity.uuid.b[1]);
    sim_broker_take(sim, -1, message);
    sim_message_drop(message);
}

// A plain tool knows one field, has a clock and an origin of its own, and no numbers.
void sim_tool_write(struct sim *sim) {
    struct sim_message *message = sim_message_create(SIM_STATE);
    const struct ss_slice value = sim_number(sim);
    struct ss_field field = {ss_slice_text(sim_chance(sim, 500) ? "location" : "power"), value, {{0}}};
    ss_store_be(field.stamp.b, 6, 1700000000000U + sim->now);
    ss_store_be(field.stamp.b + 8, 8, 1 + sim_random(sim, 5));
    const struct ss_entity entity = {ss_slice_text("object"), sim_some_uuid(sim), 1, &field};
    message->state.entity = sim_copy_entity(message, &entity);
    message->state.part = -1;
    sim_broker_take(sim, -1, message);
    sim_message_drop(message);
    free((void *)(uintptr_t)value.data);
}
