// SPDX-License-Identifier: Apache-2.0
// Clients come, take what changed as fast as they can, and go.
#include "core/blobs.h"
#include "core/dirty.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/merge.h"
#include "core/overlay.h"
#include "util/value.h"

enum { SS_KINDS_MAX = 4096, SS_BARRIERS_MAX = 65536, SS_FIELD_COST = 4, SS_ROW_COST = 24 };

static int ss_client_setup(struct ss_core *core, struct ss_client *client, const struct ss_event *event) {
    if (!ss_array_room(&client->kinds, ss_memory(core), event->client_joined.kind_count, SS_KINDS_MAX))
        return SS_ENOMEM;
    for (size_t i = 0; i < event->client_joined.kind_count; i++) {
        const uint32_t kind = ss_names_intern(&core->names, event->client_joined.kinds[i]);
        if (kind == SS_NONE)
            return SS_ENOMEM;
        ss_array_push(&client->kinds, kind);
    }
    client->changes = event->client_joined.changes;
    client->again = event->client_joined.again;
    client->used = true;
    return ss_clients_room(core) ? SS_OK : SS_ENOMEM;
}

static void ss_client_forget(struct ss_core *core, struct ss_client *client) {
    ss_array_finish(&client->kinds, ss_memory(core));
    ss_array_finish(&client->barriers, ss_memory(core));
    ss_alloc_free(ss_memory(core), client->queue);
    *client = (struct ss_client){0};
}

int ss_on_client_joined(struct ss_core *core, const struct ss_event *event) {
    int slot = 0;
    while (slot < SS_MAX_CLIENTS && core->clients[slot].used)
        slot++;
    if (ss_client_find(core, event->client_joined.client) >= 0)
        return SS_EINVAL;
    if (slot == SS_MAX_CLIENTS) {
        ss_fx_refuse(core, event->client_joined.client, 0, SS_ELIMIT, "limit", "32 clients of this agent are in this scene already");
        return SS_OK;
    }
    struct ss_client *client = &core->clients[slot];
    int error = ss_client_setup(core, client, event);
    if (error != SS_OK) {
        ss_client_forget(core, client);
        return error;
    }
    client->id = event->client_joined.client;
    client->since_ms = core->now;
    client->scan_end = client->changes ? (uint32_t)core->scene.things.count : 0;
    return SS_OK;
}

int ss_on_client_left(struct ss_core *core, const struct ss_event *event) {
    const int slot = ss_client_find(core, event->client_left.client);
    if (slot < 0)
        return SS_EINVAL;
    const uint32_t others = ~(1U << slot);
    for (size_t i = 0; i < core->scene.things.count && core->clients[slot].changes; i++) {
        struct ss_thing *thing = ss_thing_at(core, (uint32_t)i);
        thing->clients &= others;
        thing->waiting &= others;
        for (uint32_t c = 0; c < thing->count; c++)
            thing->cells[c].clients &= others;
    }
    ss_client_forget(core, &core->clients[slot]);
    size_t kept = 0;
    for (size_t i = 0; i < core->acks.count; i++) {
        if (core->acks.items[i].client != event->client_left.client)
            core->acks.items[kept++] = core->acks.items[i];
    }
    core->acks.count = kept;
    return SS_OK;
}

int ss_on_client_sync(struct ss_core *core, const struct ss_event *event) {
    const int slot = ss_client_find(core, event->client_sync.client);
    if (slot < 0)
        return SS_EINVAL;
    struct ss_client *client = &core->clients[slot];
    if (!ss_array_room(&client->barriers, ss_memory(core), 1, SS_BARRIERS_MAX))
        return SS_ENOMEM;
    ss_array_push(&client->barriers, (struct ss_barrier){event->client_sync.id, core->serial});
    return SS_OK;
}

// ---- giving ------------------------------------------------------------------------------------------------------------

struct ss_gift {
    struct ss_field *fields[2]; // settled, live
    size_t count[2];
    size_t budget;
    bool rest;    // something did not fit the budget
    bool waiting; // something waits for a blob that may come
    bool denied;  // memory was
};

// Whether a client can have a cell's value now. Blobs that are missing are asked for.
static bool ss_gift_ready(struct ss_core *core, uint32_t number, const struct ss_cell *cell, struct ss_gift *gift) {
    if ((cell->flags & SS_CELL_BLOB) == 0 || ss_blobs_have(core, ss_cell_value(cell), SS_BLOB_PRESENT))
        return true;
    core->named_blobs.count = 0;
    if (!ss_blobs_interest(core, number, ss_cell_value(cell))) {
        gift->denied = true;
        return false;
    }
    for (size_t i = 0; i < core->named_blobs.count; i++)
        ss_blob_fetch(core, core->named_blobs.items[i], true);
    gift->waiting |= !ss_blobs_have(core, ss_cell_value(cell), SS_BLOB_PRESENT | SS_BLOB_LOST);
    return false;
}

static void ss_gift_cell(struct ss_core *core, uint32_t number, struct ss_cell *cell, uint32_t bit, struct ss_gift *gift) {
    struct ss_thing *thing = ss_thing_at(core, number);
    const bool gone = (thing->flags & SS_THING_DELETED) != 0 && cell->name != core->word.deleted;
    if (gone || !ss_cell_visible(&core->names, thing->cells, thing->count, core->word.topology, cell)) {
        cell->clients &= ~bit;
        return;
    }
    if (!ss_gift_ready(core, number, cell, gift))
        return;
    const struct ss_cell *shown = (cell->flags & SS_CELL_OVERLAID) != 0 ? ss_overlay_cell(core, thing, cell->name) : NULL;
    const int live = shown != NULL;
    const struct ss_field field = ss_field_of(core, live ? shown : cell);
    const size_t cost = field.value.len + SS_FIELD_COST;
    if (cost > gift->budget) {
        gift->rest = true;
        return;
    }
    gift->budget -= cost;
    gift->fields[live][gift->count[live]++] = field;
    cell->clients &= ~bit;
}

static void ss_gift_wait(struct ss_core *core, int slot, uint32_t number, bool waits) {
    struct ss_thing *thing = ss_thing_at(core, number);
    const uint32_t bit = 1U << slot;
    core->clients[slot].waiting -= (thing->waiting & bit) != 0;
    core->clients[slot].waiting += waits;
    thing->waiting = waits ? thing->waiting | bit : thing->waiting & ~bit;
}

// Takes one thing off the client's queue and gives what fits; returns false when no more should be tried now.
static bool ss_gift_thing(struct ss_core *core, int slot, struct ss_gift *gift) {
    struct ss_client *client = &core->clients[slot];
    const uint32_t number = client->queue[client->queue_head];
    struct ss_thing *thing = ss_thing_at(core, number);
    const uint32_t bit = 1U << slot;
    struct ss_field *fields = ss_scratch_take(&core->scratch, ((size_t)thing->count * 2 + 1) * sizeof *fields);
    if (fields == NULL || !ss_array_room(&core->out[0], ss_memory(core), 1, SIZE_MAX / 64) ||
        !ss_array_room(&core->out[1], ss_memory(core), 1, SIZE_MAX / 64))
        return false;
    gift->fields[0] = fields;
    gift->fields[1] = fields + thing->count;
    gift->count[0] = gift->count[1] = 0;
    gift->rest = gift->waiting = gift->denied = false;
    gift->budget -= gift->budget < SS_ROW_COST ? gift->budget : SS_ROW_COST;
    ss_client_pop(client);
    thing->clients &= ~bit;
    for (uint32_t i = 0; i < thing->count; i++) {
        if ((thing->cells[i].clients & bit) != 0)
            ss_gift_cell(core, number, &thing->cells[i], bit, gift);
    }
    for (int live = 0; live < 2; live++) {
        if (gift->count[live] > 0)
            ss_array_push(&core->out[live],
                          (struct ss_entity){ss_names_text(&core->names, thing->kind), thing->uuid, gift->count[live], gift->fields[live]});
    }
    if (gift->rest || gift->denied)
        ss_clients_queue(core, number, bit);
    ss_gift_wait(core, slot, number, gift->waiting);
    return !gift->rest && !gift->denied;
}

// The first knowledge: one thing after the other is all news. To who comes for the first time what is gone is none.
static void ss_gift_scan(struct ss_core *core, int slot) {
    struct ss_client *client = &core->clients[slot];
    const uint32_t number = client->scan++;
    struct ss_thing *thing = ss_thing_at(core, number);
    const bool gone = (thing->flags & SS_THING_DELETED) != 0 && !client->again;
    if (thing->count == 0 || gone || !ss_client_wants(client, thing->kind))
        return;
    for (uint32_t i = 0; i < thing->count; i++) {
        if (client->again || !ss_value_is_nil(ss_cell_value(&thing->cells[i])))
            thing->cells[i].clients |= 1U << slot;
    }
    ss_clients_queue(core, number, 1U << slot);
}

int ss_on_client_ready(struct ss_core *core, const struct ss_event *event) {
    const int slot = ss_client_find(core, event->client_ready.client);
    if (slot < 0)
        return SS_EINVAL;
    struct ss_client *client = &core->clients[slot];
    if (!ss_fx_room(core, 2))
        return SS_ENOMEM;
    client->told = false;
    core->out[0].count = core->out[1].count = 0;
    // Whatever the budget, one value goes: a client that is given nothing would ask for ever.
    struct ss_gift gift = {.budget = event->client_ready.budget < SS_MAX_VALUE * 2 ? SS_MAX_VALUE * 2 : event->client_ready.budget};
    bool more = true;
    while (more && gift.budget > SS_ROW_COST) {
        if (client->queue_count > 0)
            more = ss_gift_thing(core, slot, &gift);
        else if (client->scan < client->scan_end)
            ss_gift_scan(core, slot);
        else
            more = false;
    }
    for (int live = 0; live < 2; live++) {
        if (core->out[live].count == 0)
            continue;
        struct ss_effect *effect = ss_fx_push(core, SS_FX_CHANGE);
        effect->change.client = client->id;
        effect->change.live = live != 0;
        effect->change.entity_count = core->out[live].count;
        effect->change.entities = core->out[live].items;
    }
    return SS_OK;
}

// ---- at the end of every step --------------------------------------------------------------------------------------------

static bool ss_client_may_join(struct ss_core *core, const struct ss_client *client) {
    const uint64_t due = client->since_ms + (core->connected ? SS_UNKNOWN_MS : core->there ? SS_ANSWERED_MS : SS_OFFLINE_MS);
    if (core->known || due <= core->now)
        return true;
    ss_timer_by(core, SS_TIMER_JOIN, due);
    return false;
}

static void ss_client_join(struct ss_core *core, struct ss_client *client) {
    struct ss_effect *effect = ss_fx_push(core, SS_FX_JOINED);
    effect->joined.client = client->id;
    effect->joined.entities = core->scene.alive;
    effect->joined.empty = core->known && core->scene.alive == 0;
    client->joined = true;
}

static bool ss_client_acked(const struct ss_core *core, const struct ss_client *client, uint64_t serial) {
    for (size_t i = 0; i < core->acks.count; i++) {
        if (core->acks.items[i].client == client->id && core->acks.items[i].serial <= serial)
            return false;
    }
    return true;
}

static void ss_client_barriers(struct ss_core *core, struct ss_client *client) {
    size_t kept = 0;
    for (size_t i = 0; i < client->barriers.count; i++) {
        const struct ss_barrier barrier = client->barriers.items[i];
        if (!ss_client_acked(core, client, barrier.serial) || !ss_fx_room(core, 1)) {
            client->barriers.items[kept++] = barrier;
            continue;
        }
        struct ss_effect *effect = ss_fx_push(core, SS_FX_SYNCED);
        effect->ack.client = client->id;
        effect->ack.id = barrier.id;
    }
    client->barriers.count = kept;
}

void ss_clients_pump(struct ss_core *core) {
    for (int i = 0; i < SS_MAX_CLIENTS; i++) {
        struct ss_client *client = &core->clients[i];
        if (!client->used)
            continue;
        if (!ss_fx_room(core, 2)) {
            ss_timer_by(core, SS_TIMER_RETRY, core->now + SS_RETRY_MS);
            return;
        }
        const bool more = client->queue_count > 0 || client->scan < client->scan_end;
        if (more && !client->told) {
            ss_fx_push(core, SS_FX_CHANGES_WAIT)->change.client = client->id;
            client->told = true;
        }
        if (!more && !client->joined && ss_client_may_join(core, client))
            ss_client_join(core, client);
        if (!more && client->joined && client->waiting == 0)
            ss_client_barriers(core, client);
    }
}
