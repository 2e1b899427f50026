// SPDX-License-Identifier: Apache-2.0
// Entities → `change` frames: those of one kind with the same field names share a batch.
#include "wire/columns.h"
#include "wire/link.h"

enum { CHANGE_FRAME = 4 * 1024 * 1024 }; // bytes of one frame, about: a reader can begin with the first while the next is made

struct group {
    const struct ss_entity *first;
    size_t rows;
    uint64_t hash;
    struct ss_uuid *ids;
    struct ss_slice *values;
};

struct grouping {
    struct ss_codec *codec;
    struct group *groups; // in order of appearance
    size_t count;
    uint32_t *slots; // hash table of 1 + index into groups
    size_t mask;
    uint32_t *group_of; // per entity
};

static uint64_t hash_bytes(uint64_t hash, struct ss_slice bytes) {
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * 0x100000001b3ULL; // FNV-1a
    }
    return (hash ^ 0xff) * 0x100000001b3ULL; // no name has this byte, so names do not run together
}

static uint64_t hash_shape(const struct ss_entity *entity) {
    uint64_t hash = hash_bytes(0xcbf29ce484222325ULL, entity->kind);
    for (size_t i = 0; i < entity->field_count; i++) {
        hash = hash_bytes(hash, entity->fields[i].name);
    }
    return hash;
}

static bool same_shape(const struct ss_entity *a, const struct ss_entity *b) {
    bool same = a->field_count == b->field_count && ss_slice_equal(a->kind, b->kind);
    for (size_t i = 0; same && i < a->field_count; i++) {
        same = ss_slice_equal(a->fields[i].name, b->fields[i].name);
    }
    return same;
}

static uint32_t find_group(struct grouping *grouping, const struct ss_entity *entity) {
    uint64_t hash = hash_shape(entity);
    size_t at = hash & grouping->mask;
    for (; grouping->slots[at]; at = (at + 1) & grouping->mask) {
        const struct group *group = &grouping->groups[grouping->slots[at] - 1];
        if (group->hash == hash && same_shape(group->first, entity)) {
            return grouping->slots[at] - 1;
        }
    }
    grouping->groups[grouping->count] = (struct group){.first = entity, .hash = hash};
    grouping->slots[at] = (uint32_t)++grouping->count;
    return grouping->slots[at] - 1;
}

static bool make_grouping(struct grouping *grouping, const struct ss_entity *entities, size_t count) {
    size_t slots = 16;
    while (slots < 2 * count) {
        slots *= 2;
    }
    grouping->mask = slots - 1;
    grouping->groups = ss_codec_take(grouping->codec, count, sizeof *grouping->groups);
    grouping->slots = ss_codec_take(grouping->codec, slots, sizeof *grouping->slots);
    grouping->group_of = ss_codec_take(grouping->codec, count, sizeof *grouping->group_of);
    if (!grouping->groups || !grouping->slots || !grouping->group_of) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        grouping->group_of[i] = find_group(grouping, &entities[i]);
        grouping->groups[grouping->group_of[i]].rows++;
    }
    return true;
}

static bool fill_groups(struct grouping *grouping, const struct ss_entity *entities, size_t count) {
    for (size_t i = 0; i < grouping->count; i++) {
        struct group *group = &grouping->groups[i];
        group->ids = ss_codec_take(grouping->codec, group->rows, sizeof *group->ids);
        group->values = ss_codec_take(grouping->codec, group->rows * group->first->field_count, sizeof *group->values);
        if (!group->ids || !group->values) {
            return false;
        }
        group->rows = 0; // counted again while filling
    }
    for (size_t i = 0; i < count; i++) {
        struct group *group = &grouping->groups[grouping->group_of[i]];
        struct ss_slice *values = group->values + group->rows * entities[i].field_count;
        group->ids[group->rows++] = entities[i].uuid;
        for (size_t k = 0; k < entities[i].field_count; k++) {
            values[k] = entities[i].fields[k].value;
        }
    }
    return true;
}

struct sink {
    struct ss_codec *codec;
    struct ss_buffer *out;
    uint64_t after;
    bool live;
};

static int write_change(void *context, const struct ss_batch *batch, size_t first_row) {
    (void)first_row;
    const struct sink *sink = context;
    struct ss_notice notice = {.type = SS_NOTICE_CHANGE, .change = {sink->after, sink->live, 1, batch}};
    return ss_notice_encode(sink->codec, &notice, sink->out);
}

static int write_group(struct sink *sink, const struct group *group) {
    size_t columns = group->first->field_count;
    struct ss_slice *names = ss_codec_take(sink->codec, columns, sizeof *names);
    if (!names) {
        return SS_WIRE_MEMORY;
    }
    for (size_t i = 0; i < columns; i++) {
        names[i] = group->first->fields[i].name;
    }
    struct ss_batch batch = {group->first->kind, group->rows, columns, group->ids, names, group->values};
    return ss_columns_split(sink->codec, &batch, CHANGE_FRAME, write_change, sink);
}

int ss_change_encode(struct ss_codec *codec, const struct ss_entity *entities, size_t count, uint64_t after, bool live,
                     struct ss_buffer *out) {
    size_t start = out->len;
    struct grouping grouping = {.codec = codec};
    struct sink sink = {codec, out, after, live};
    ss_codec_begin(codec);
    bool ready = make_grouping(&grouping, entities, count) && fill_groups(&grouping, entities, count);
    int error = ready ? SS_WIRE_OK : SS_WIRE_MEMORY;
    for (size_t i = 0; !error && i < grouping.count; i++) {
        error = write_group(&sink, &grouping.groups[i]);
    }
    out->len = error ? start : out->len;
    return error;
}
