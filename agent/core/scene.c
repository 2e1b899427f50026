// SPDX-License-Identifier: Apache-2.0
#include "core/scene.h"

#include "util/bytes.h"

enum { SS_THINGS_MAX = 1 << 28 };

struct ss_thing_key {
    uint32_t kind;
    const struct ss_uuid *uuid;
};

static bool ss_scene_same(const void *context, uint32_t number, const void *key) {
    const struct ss_scene *scene = context;
    const struct ss_thing_key *wanted = key;
    const struct ss_thing *thing = scene->things.items[number];
    return thing->kind == wanted->kind && ss_uuid_equal(&thing->uuid, wanted->uuid);
}

static uint64_t ss_scene_hash(const struct ss_scene *scene, uint32_t kind, const struct ss_uuid *uuid) {
    return ss_hash(scene->seed + kind, uuid->b, sizeof uuid->b);
}

uint32_t ss_scene_find(const struct ss_scene *scene, uint32_t kind, const struct ss_uuid *uuid) {
    const struct ss_thing_key key = {kind, uuid};
    return ss_index_find(&scene->index, ss_scene_hash(scene, kind, uuid), ss_scene_same, scene, &key);
}

uint32_t ss_scene_take(struct ss_scene *scene, uint32_t kind, const struct ss_uuid *uuid) {
    uint32_t number = ss_scene_find(scene, kind, uuid);
    if (number != SS_NONE)
        return number;
    if (!ss_array_room(&scene->things, scene->alloc, 1, SS_THINGS_MAX) || !ss_index_room(&scene->index, scene->alloc, 1))
        return SS_NONE;
    struct ss_thing *thing = ss_alloc_take(scene->alloc, sizeof *thing);
    if (thing == NULL)
        return SS_NONE;
    *thing = (struct ss_thing){.uuid = *uuid, .kind = kind};
    number = (uint32_t)scene->things.count;
    ss_index_add(&scene->index, ss_scene_hash(scene, kind, uuid), number);
    ss_array_push(&scene->things, thing);
    return number;
}

void ss_scene_finish(struct ss_scene *scene) {
    for (size_t i = 0; i < scene->things.count; i++) {
        struct ss_thing *thing = scene->things.items[i];
        for (uint32_t c = 0; c < thing->count; c++)
            ss_alloc_free(scene->alloc, ss_cell_memory(&thing->cells[c]));
        ss_alloc_free(scene->alloc, thing->cells);
        ss_alloc_free(scene->alloc, thing->touches);
        ss_alloc_free(scene->alloc, thing->queued_parts);
        ss_alloc_free(scene->alloc, thing->seen_parts);
        ss_alloc_free(scene->alloc, thing);
    }
    ss_array_finish(&scene->things, scene->alloc);
    ss_index_finish(&scene->index, scene->alloc);
}

void *ss_cell_memory(const struct ss_cell *cell) {
    void *memory = NULL;
    if (cell->len > SS_CELL_INLINE)
        memcpy(&memory, cell->value, sizeof memory);
    return memory;
}

struct ss_slice ss_cell_value(const struct ss_cell *cell) {
    return ss_slice_of(cell->len > SS_CELL_INLINE ? ss_cell_memory(cell) : cell->value, cell->len);
}

bool ss_cell_set(struct ss_cell *cell, const struct ss_alloc *alloc, struct ss_slice value) {
    if (value.len <= SS_CELL_INLINE) {
        memcpy(cell->value, value.data, value.len);
    } else {
        void *memory = ss_alloc_take(alloc, value.len);
        if (memory == NULL)
            return false;
        memcpy(memory, value.data, value.len);
        memcpy(cell->value, &memory, sizeof memory);
    }
    cell->len = (uint32_t)value.len & 0xffffffU;
    return true;
}

uint32_t ss_cells_find(const struct ss_names *names, const struct ss_cell *cells, uint32_t start, uint32_t count, uint32_t name) {
    uint32_t low = start;
    uint32_t high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = ss_names_compare(names, cells[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ss_cell *ss_cells_get(const struct ss_names *names, struct ss_cell *cells, uint32_t count, uint32_t name) {
    uint32_t at = ss_cells_find(names, cells, 0, count, name);
    return at < count && cells[at].name == name ? &cells[at] : NULL;
}
