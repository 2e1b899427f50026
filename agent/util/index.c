// SPDX-License-Identifier: Apache-2.0
#include "util/index.h"

#include <string.h>

uint32_t ss_index_find(const struct ss_index *index, uint64_t hash, ss_index_same *same, const void *context, const void *key) {
    if (index->capacity == 0)
        return SS_INDEX_NONE;
    const size_t mask = index->capacity - 1;
    const uint32_t half = (uint32_t)(hash >> 32);
    for (size_t at = half & mask; index->slots[at].number != 0; at = (at + 1) & mask) {
        if (index->slots[at].hash == half && same(context, index->slots[at].number - 1, key))
            return index->slots[at].number - 1;
    }
    return SS_INDEX_NONE;
}

static void ss_index_put(struct ss_index_slot *slots, size_t mask, struct ss_index_slot slot) {
    size_t at = slot.hash & mask;
    while (slots[at].number != 0)
        at = (at + 1) & mask;
    slots[at] = slot;
}

bool ss_index_room(struct ss_index *index, const struct ss_alloc *alloc, size_t more) {
    size_t wanted = index->capacity > 0 ? index->capacity : 64;
    while ((index->count + more) > wanted / 4 * 3)
        wanted *= 2;
    if (wanted == index->capacity)
        return true;
    struct ss_index_slot *slots = ss_alloc_take(alloc, wanted * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0, wanted * sizeof *slots);
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].number != 0)
            ss_index_put(slots, wanted - 1, index->slots[i]);
    }
    ss_alloc_free(alloc, index->slots);
    index->slots = slots;
    index->capacity = wanted;
    return true;
}

void ss_index_add(struct ss_index *index, uint64_t hash, uint32_t number) {
    ss_index_put(index->slots, index->capacity - 1, (struct ss_index_slot){.number = number + 1, .hash = (uint32_t)(hash >> 32)});
    index->count++;
}

void ss_index_finish(struct ss_index *index, const struct ss_alloc *alloc) {
    ss_alloc_free(alloc, index->slots);
    *index = (struct ss_index){0};
}
