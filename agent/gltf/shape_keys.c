// SPDX-License-Identifier: Apache-2.0
#include "gltf/shape_keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gltf/blobs.h"

#define PREFIX "shape_keys/"

enum { F32 = 1, ID = 9, PATH = 160 };

struct found {
    char id[ID];
    struct scenesync_bytes order;
};

static struct scenesync_bytes text_of(const struct ss_known *mesh, const char *id, const char *property) {
    char path[PATH];
    snprintf(path, sizeof path, PREFIX "%s/%s", id, property);
    return ss_text(mesh, path);
}

static int in_order(const void *a, const void *b) {
    struct scenesync_bytes left = ((const struct found *)a)->order, right = ((const struct found *)b)->order;
    size_t size = left.size < right.size ? left.size : right.size;
    int order = size > 0 ? memcmp(left.data, right.data, size) : 0;
    return order ? order : (left.size > right.size) - (left.size < right.size);
}

// The ids of all keys, the reference first; to be freed.
static struct found *find(const struct ss_known *mesh, size_t *count) {
    struct found *found = ss_memory(malloc((mesh->count + 1) * sizeof *found));
    const size_t skip = sizeof PREFIX - 1;
    *count = 0;
    for (size_t i = 0; i < mesh->count; i++) {
        struct scenesync_bytes name = mesh->fields[i].name;
        if (name.size > skip && name.size < skip + ID && memcmp(name.data, PREFIX, skip) == 0 &&
            !memchr(name.data + skip, '/', name.size - skip)) {
            struct found *each = &found[(*count)++];
            snprintf(each->id, sizeof each->id, "%.*s", (int)(name.size - skip), (const char *)name.data + skip);
            each->order = text_of(mesh, each->id, "order");
        }
    }
    qsort(found, *count, sizeof *found, in_order);
    return found;
}

static float *positions_of(struct ss_export *export, const struct ss_known *mesh, size_t vertices, const char *id) {
    struct scenesync_bytes topology = ss_text(mesh, "topology");
    char path[PATH];
    snprintf(path, sizeof path, "at/%.*s/" PREFIX "%s", (int)topology.size, (const char *)topology.data, id);
    return ss_load_array(export->cli, ss_known_value(mesh, path), F32, 3 * vertices);
}

// What a key adds; NULL when its positions, or those that it is a difference to, cannot be had.
static float *moves_of(struct ss_export *export, const struct ss_known *mesh, size_t vertices, const char *id, const char *reference) {
    struct scenesync_bytes relative = text_of(mesh, id, "relative_to");
    char from[ID];
    snprintf(from, sizeof from, "%.*s", relative.data ? (int)relative.size : ID - 1,
             relative.data ? (const char *)relative.data : reference);
    float *moves = positions_of(export, mesh, vertices, id), *base = positions_of(export, mesh, vertices, from);
    for (size_t i = 0; moves && base && i < 3 * vertices; i++) {
        moves[i] -= base[i];
        moves[i] = isfinite(moves[i]) ? moves[i] : 0;
    }
    if (!base) {
        free(moves);
        moves = NULL;
    }
    free(base);
    return moves;
}

static void add(struct ss_export *export, const struct ss_known *mesh, size_t vertices, const char *id, const char *reference,
                struct ss_shape_keys *keys) {
    char value[PATH], mute[PATH];
    snprintf(value, sizeof value, PREFIX "%s/value", id);
    snprintf(mute, sizeof mute, PREFIX "%s/mute", id);
    struct ss_shape_key key = {text_of(mesh, id, "name"), ss_flag(mesh, mute, false) ? 0 : ss_number(mesh, value, 0),
                               moves_of(export, mesh, vertices, id, reference)};
    if (key.moves) {
        keys->items[keys->count++] = key;
    } else {
        ss_leave_out(export, "meshes have shape keys that cannot be read", mesh);
    }
    if (text_of(mesh, id, "vertex_group").size > 0) {
        ss_leave_out(export, "meshes have shape keys that are weighed by a vertex group, and here are not", mesh);
    }
}

void ss_shape_keys_load(struct ss_export *export, const struct ss_known *mesh, size_t vertices, struct ss_shape_keys *keys) {
    size_t count;
    struct found *found = find(mesh, &count);
    *keys = (struct ss_shape_keys){.items = ss_memory(malloc((count + 1) * sizeof *keys->items))};
    if (count > 1 && !ss_flag(mesh, "shape_keys_relative", true)) {
        ss_leave_out(export, "meshes have shape keys that follow each other in time", mesh);
        count = 0;
    }
    for (size_t i = 1; i < count; i++) {
        add(export, mesh, vertices, found[i].id, found[0].id, keys);
    }
    free(found);
}

void ss_shape_keys_finish(struct ss_shape_keys *keys) {
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].moves);
    }
    free(keys->items);
}
