// SPDX-License-Identifier: Apache-2.0
#include "core/dirty.h"

#include "core/merge.h"
#include "util/value.h"

int ss_client_find(const struct ss_core *core, uint32_t id) {
    for (int i = 0; i < SS_MAX_CLIENTS; i++) {
        if (core->clients[i].used && core->clients[i].id == id)
            return i;
    }
    return -1;
}

bool ss_client_wants(const struct ss_client *client, uint32_t kind) {
    for (size_t i = 0; i < client->kinds.count; i++) {
        if (client->kinds.items[i] == kind)
            return true;
    }
    return client->kinds.count == 0;
}

static bool ss_client_room(struct ss_client *client, const struct ss_alloc *alloc, size_t things) {
    if (things <= client->queue_capacity)
        return true;
    const size_t capacity = things + things / 2 + 16;
    uint32_t *queue = ss_alloc_take(alloc, capacity * sizeof *queue);
    if (queue == NULL)
        return false;
    for (size_t i = 0; i < client->queue_count; i++)
        queue[i] = client->queue[(client->queue_head + i) % client->queue_capacity];
    ss_alloc_free(alloc, client->queue);
    client->queue = queue;
    client->queue_head = 0;
    client->queue_capacity = capacity;
    return true;
}

bool ss_clients_room(struct ss_core *core) {
    for (int i = 0; i < SS_MAX_CLIENTS; i++) {
        struct ss_client *client = &core->clients[i];
        if (client->used && client->changes && !ss_client_room(client, ss_memory(core), core->scene.things.count))
            return false;
    }
    return true;
}

void ss_client_push(struct ss_client *client, uint32_t thing) {
    client->queue[(client->queue_head + client->queue_count++) % client->queue_capacity] = thing;
}

uint32_t ss_client_pop(struct ss_client *client) {
    const uint32_t thing = client->queue[client->queue_head];
    client->queue_head = (client->queue_head + 1) % client->queue_capacity;
    client->queue_count--;
    return thing;
}

void ss_clients_queue(struct ss_core *core, uint32_t number, uint32_t clients) {
    struct ss_thing *thing = ss_thing_at(core, number);
    uint32_t fresh = clients & ~thing->clients;
    thing->clients |= clients;
    for (unsigned i = 0; fresh != 0; i++, fresh >>= 1) {
        if ((fresh & 1) != 0)
            ss_client_push(&core->clients[i], number);
    }
}

// Those who want news of a thing. What a client's first look has yet to come by (`ahead`) it will see there.
static uint32_t ss_clients_of(const struct ss_core *core, uint32_t number, uint32_t kind, uint32_t *ahead) {
    uint32_t clients = 0;
    *ahead = 0;
    for (unsigned i = 0; i < SS_MAX_CLIENTS; i++) {
        const struct ss_client *client = &core->clients[i];
        const bool later = number >= client->scan && number < client->scan_end;
        if (client->used && client->changes && ss_client_wants(client, kind))
            *(later ? ahead : &clients) |= 1U << i;
    }
    return clients;
}

// A first look passes by what is removed or deleted; a client that had edited it has to be told.
static bool ss_cell_passed_by(const struct ss_thing *thing, const struct ss_cell *cell) {
    return (thing->flags & SS_THING_DELETED) != 0 || ss_value_is_nil(ss_cell_value(cell));
}

static bool ss_cell_tell(struct ss_thing *thing, const struct ss_core *core, uint32_t name, uint32_t editor) {
    struct ss_cell *cell = ss_cells_get(&core->names, thing->cells, thing->count, name);
    if (cell != NULL)
        cell->clients |= editor;
    return cell != NULL;
}

// Whoever edits what is hidden may not know that it is, since nobody's first look shows what is removed: it is told.
static uint32_t ss_clients_hidden(struct ss_core *core, struct ss_thing *thing, uint32_t editor) {
    if ((thing->flags & SS_THING_DELETED) != 0)
        return ss_cell_tell(thing, core, core->word.deleted, editor) ? editor : 0;
    bool told = false;
    for (uint32_t i = 0; i < thing->count && (thing->flags & (SS_THING_NILS | SS_THING_MESH)) != 0; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        if ((cell->flags & SS_CELL_CHANGED) == 0 || ss_cell_visible(&core->names, thing->cells, thing->count, core->word.topology, cell))
            continue;
        for (uint32_t up = core->names.all.items[cell->name].parent; up != SS_NONE; up = core->names.all.items[up].parent)
            told |= ss_cell_tell(thing, core, up, editor);
        told |= ss_cell_tell(thing, core, core->word.topology, editor);
    }
    return told ? editor : 0;
}

static bool ss_clients_editor(const struct ss_core *core, const struct ss_thing *thing, uint32_t editor) {
    for (unsigned i = 0; i < SS_MAX_CLIENTS; i++) {
        if (editor == 1U << i)
            return core->clients[i].changes && ss_client_wants(&core->clients[i], thing->kind);
    }
    return false;
}

void ss_clients_news(struct ss_core *core, uint32_t number, uint32_t editor) {
    struct ss_thing *thing = ss_thing_at(core, number);
    uint32_t ahead;
    const uint32_t clients = ss_clients_of(core, number, thing->kind, &ahead);
    uint32_t queue = 0;
    for (uint32_t i = 0; i < thing->count; i++) {
        struct ss_cell *cell = &thing->cells[i];
        const uint32_t own = (cell->flags & SS_CELL_CHANGED) != 0 ? editor : 0;
        cell->clients &= ~own;
        if ((cell->flags & SS_CELL_NEWS) == 0)
            continue;
        const uint32_t told = (clients | (ss_cell_passed_by(thing, cell) ? ahead : 0U)) & ~own;
        cell->clients |= told;
        queue |= told;
    }
    if (ss_clients_editor(core, thing, editor))
        queue |= ss_clients_hidden(core, thing, editor);
    ss_clients_queue(core, number, queue);
}
