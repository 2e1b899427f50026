// SPDX-License-Identifier: Apache-2.0
#include "core/names.h"

#include "util/bytes.h"

enum { SS_NAMES_MAX = 1 << 28 };

struct ss_slice ss_names_text(const struct ss_names *names, uint32_t name) {
    return ss_slice_of(names->all.items[name].text, names->all.items[name].len);
}

static bool ss_names_same(const void *context, uint32_t number, const void *key) {
    return ss_slice_equal(ss_names_text(context, number), *(const struct ss_slice *)key);
}

uint32_t ss_names_find(const struct ss_names *names, struct ss_slice text) {
    return ss_index_find(&names->index, ss_hash(names->seed, text.data, text.len), ss_names_same, names, &text);
}

int ss_names_compare(const struct ss_names *names, uint32_t a, uint32_t b) {
    return a == b ? 0 : ss_slice_compare(ss_names_text(names, a), ss_names_text(names, b));
}

// The part is the low byte of FNV-1a over the first two levels; over three below `at`, whose second level is the same for all of a mesh.
static uint8_t ss_names_part(struct ss_slice text) {
    unsigned levels = text.len > 3 && memcmp(text.data, "at/", 3) == 0 ? 3 : 2;
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '/' && --levels == 0)
            break;
        hash = (hash ^ text.data[i]) * 16777619U;
    }
    return (uint8_t)hash;
}

static bool ss_names_add(struct ss_names *names, struct ss_slice text, uint32_t parent) {
    if (!ss_array_room(&names->all, names->alloc, 1, SS_NAMES_MAX) || !ss_index_room(&names->index, names->alloc, 1))
        return false;
    uint8_t *copy = ss_alloc_take(names->alloc, text.len + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    ss_index_add(&names->index, ss_hash(names->seed, text.data, text.len), (uint32_t)names->all.count);
    ss_array_push(&names->all, (struct ss_name){copy, (uint32_t)text.len, parent, ss_names_part(text)});
    return true;
}

uint32_t ss_names_intern(struct ss_names *names, struct ss_slice text) {
    uint32_t known = ss_names_find(names, text);
    if (known != SS_NONE)
        return known;
    uint32_t parent = SS_NONE;
    for (size_t end = 1; end <= text.len; end++) {
        if (end < text.len && text.data[end] != '/')
            continue;
        struct ss_slice path = ss_slice_of(text.data, end);
        known = ss_names_find(names, path);
        if (known == SS_NONE && !ss_names_add(names, path, parent))
            return SS_NONE;
        parent = known != SS_NONE ? known : (uint32_t)names->all.count - 1;
    }
    return parent;
}

void ss_names_finish(struct ss_names *names) {
    for (size_t i = 0; i < names->all.count; i++)
        ss_alloc_free(names->alloc, names->all.items[i].text);
    ss_array_finish(&names->all, names->alloc);
    ss_index_finish(&names->index, names->alloc);
}
