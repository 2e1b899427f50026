// SPDX-License-Identifier: Apache-2.0
#include "cli/replica.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_known(const void *a, const void *b) {
    const struct ss_known *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    return order ? order : memcmp(x->id.b, y->id.b, sizeof x->id.b);
}

static int compare_bytes(struct scenesync_bytes a, struct scenesync_bytes b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static void free_known(void *node) {
    struct ss_known *entity = node;
    for (size_t i = 0; i < entity->count; i++) {
        free((void *)(uintptr_t)entity->fields[i].name.data);
    }
    free(entity->fields);
    free(entity);
}

void ss_replica_finish(struct ss_replica *replica) {
    tdestroy(replica->tree, free_known);
    replica->tree = NULL;
}

// ---- Taking in changes ------------------------------------------------------------------------------------------------------------------

static void set_key(struct ss_known *key, struct scenesync_bytes kind, const struct scenesync_uuid *id) {
    snprintf(key->kind, sizeof key->kind, "%.*s", (int)kind.size, (const char *)kind.data);
    key->id = *id;
}

static struct ss_known *find_or_add(struct ss_replica *replica, struct scenesync_bytes kind, const struct scenesync_uuid *id) {
    struct ss_known *fresh = ss_memory(calloc(1, sizeof *fresh));
    set_key(fresh, kind, id);
    struct ss_known *entity = *(struct ss_known **)ss_memory(tsearch(fresh, &replica->tree, compare_known));
    if (entity != fresh) {
        free(fresh);
    }
    return entity;
}

// Where a field of that name is or belongs. Most changes come sorted, so the end is tried first.
static size_t place_of(const struct ss_known *entity, struct scenesync_bytes name, bool *found) {
    size_t low = 0, high = entity->count;
    if (high > 0 && compare_bytes(entity->fields[high - 1].name, name) < 0) {
        low = high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_bytes(entity->fields[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < entity->count && compare_bytes(entity->fields[low].name, name) == 0;
    return low;
}

static void remove_range(struct ss_known *entity, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        free((void *)(uintptr_t)entity->fields[i].name.data);
    }
    memmove(&entity->fields[from], &entity->fields[to], (entity->count - to) * sizeof *entity->fields);
    entity->count -= to - from;
}

// A removed field takes with it everything below its path.
static void remove_field(struct ss_known *entity, struct scenesync_bytes name) {
    bool found;
    size_t at = place_of(entity, name, &found);
    if (found) {
        remove_range(entity, at, at + 1);
    }
    uint8_t prefix[256];
    if (name.size < sizeof prefix) {
        memcpy(prefix, name.data, name.size);
        prefix[name.size] = '/';
        struct scenesync_bytes below = {prefix, name.size + 1};
        size_t from = place_of(entity, below, &found), to = from;
        while (to < entity->count && entity->fields[to].name.size >= below.size &&
               memcmp(entity->fields[to].name.data, prefix, below.size) == 0) {
            to++;
        }
        remove_range(entity, from, to);
    }
}

static void insert_at(struct ss_known *entity, size_t at) {
    if (entity->count == entity->capacity) {
        entity->capacity = entity->capacity ? 2 * entity->capacity : 8;
        entity->fields = ss_memory(realloc(entity->fields, entity->capacity * sizeof *entity->fields));
    }
    memmove(&entity->fields[at + 1], &entity->fields[at], (entity->count - at) * sizeof *entity->fields);
    entity->fields[at].name.data = NULL;
    entity->count++;
}

// Name and value share one allocation.
static void set_field(struct ss_known *entity, struct scenesync_bytes name, struct scenesync_bytes value) {
    bool found;
    size_t at = place_of(entity, name, &found);
    if (!found) {
        insert_at(entity, at);
    }
    uint8_t *copy = ss_memory(malloc(name.size + value.size));
    memcpy(copy, name.data, name.size);
    memcpy(copy + name.size, value.data, value.size);
    free((void *)(uintptr_t)entity->fields[at].name.data);
    entity->fields[at] = (struct ss_known_field){{copy, name.size}, {copy + name.size, value.size}};
}

static bool is_nil(struct scenesync_bytes value) { return value.size == 1 && value.data[0] == 0xc0; }

void ss_replica_apply(struct ss_replica *replica, const struct scenesync_change *change) {
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct scenesync_batch *batch = &change->batches[i];
        for (size_t row = 0; row < batch->rows; row++) {
            struct ss_known *entity = find_or_add(replica, batch->kind, &batch->ids[row]);
            for (size_t column = 0; column < batch->columns; column++) {
                struct scenesync_bytes value = batch->values[row * batch->columns + column];
                if (is_nil(value)) {
                    remove_field(entity, batch->names[column]);
                } else {
                    set_field(entity, batch->names[column], value);
                }
            }
        }
    }
}

// ---- Looking --------------------------------------------------------------------------------------------------------------------------

const struct ss_known *ss_replica_find(const struct ss_replica *replica, const char *kind, const struct scenesync_uuid *id) {
    struct ss_known key = {.count = 0};
    set_key(&key, (struct scenesync_bytes){(const uint8_t *)kind, strlen(kind)}, id);
    void *const *node = tfind(&key, &replica->tree, compare_known);
    return node ? *node : NULL;
}

struct scenesync_bytes ss_known_value(const struct ss_known *entity, const char *name) {
    bool found;
    size_t at = place_of(entity, (struct scenesync_bytes){(const uint8_t *)name, strlen(name)}, &found);
    return found ? entity->fields[at].value : (struct scenesync_bytes){0};
}

static bool is_deleted(const struct ss_known *entity) {
    struct scenesync_bytes value = ss_known_value(entity, "deleted");
    return value.size == 1 && value.data[0] == 0xc3;
}

static const struct ss_known *object_of(const struct ss_replica *replica, const struct ss_known *entity) {
    return strcmp(entity->kind, "transform") == 0 ? ss_replica_find(replica, "object", &entity->id) : NULL;
}

bool ss_replica_is_there(const struct ss_replica *replica, const struct ss_known *entity) {
    const struct ss_known *object = object_of(replica, entity);
    return !is_deleted(entity) && entity->count > 0 && !(object && is_deleted(object));
}

bool ss_replica_is_orphan(const struct ss_replica *replica, const struct ss_known *entity) {
    return strcmp(entity->kind, "transform") == 0 && !object_of(replica, entity);
}

struct scenesync_bytes ss_replica_name(const struct ss_replica *replica, const struct ss_known *entity) {
    const struct ss_known *object = object_of(replica, entity);
    struct scenesync_reader reader = scenesync_reader_of(ss_known_value(object ? object : entity, "name"));
    struct scenesync_item item;
    return scenesync_read(&reader, &item) && item.type == SCENESYNC_STRING ? item.bytes : (struct scenesync_bytes){0};
}

struct visit {
    const struct ss_replica *replica;
    void (*each)(void *context, const struct ss_known *entity);
    void *context;
    bool all;
};

static void visit_node(const void *node, VISIT order, void *closure) {
    const struct visit *visit = closure;
    const struct ss_known *entity = *(const struct ss_known *const *)node;
    if ((order == postorder || order == leaf) && (visit->all || ss_replica_is_there(visit->replica, entity))) {
        visit->each(visit->context, entity);
    }
}

void ss_replica_each(const struct ss_replica *replica, void (*visit)(void *context, const struct ss_known *entity), void *context) {
    struct visit closure = {replica, visit, context, false};
    twalk_r(replica->tree, visit_node, &closure);
}

void ss_replica_each_known(const struct ss_replica *replica, void (*visit)(void *context, const struct ss_known *entity), void *context) {
    struct visit closure = {replica, visit, context, true};
    twalk_r(replica->tree, visit_node, &closure);
}
