// SPDX-License-Identifier: Apache-2.0
#include "core/entity.h"

#include "core/blobs.h"
#include "util/value.h"

struct ss_field ss_field_of(const struct ss_core *core, const struct ss_cell *cell) {
    return (struct ss_field){ss_names_text(&core->names, cell->name), ss_cell_value(cell), cell->stamp};
}

static bool ss_cell_goes(const struct ss_core *core, const struct ss_thing *thing, int part, const struct ss_cell *cell) {
    if ((cell->flags & SS_CELL_HELD) != 0)
        return false;
    return (thing->flags & SS_THING_PARTED) == 0 || ss_field_part(core, cell->name) == part;
}

bool ss_entity_of_part(struct ss_core *core, struct ss_thing *thing, int part, struct ss_entity *entity) {
    struct ss_field *fields = ss_scratch_take(&core->scratch, (thing->count + 1) * sizeof *fields);
    if (fields == NULL)
        return false;
    size_t count = 0;
    for (uint32_t i = 0; i < thing->count; i++) {
        if (ss_cell_goes(core, thing, part, &thing->cells[i]))
            fields[count++] = ss_field_of(core, &thing->cells[i]);
    }
    *entity = (struct ss_entity){ss_names_text(&core->names, thing->kind), thing->uuid, count, fields};
    return true;
}

bool ss_kind_valid(struct ss_slice kind) {
    for (size_t i = 0; i < kind.len; i++) {
        const uint8_t c = kind.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return kind.len > 0 && kind.len <= SS_MAX_KIND;
}

bool ss_name_valid(struct ss_slice name) {
    bool level = false; // something stands in this level
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < 0x20 || name.data[i] == 0x7f || (name.data[i] == '/' && !level))
            return false;
        level = name.data[i] != '/';
    }
    return level && name.len <= SS_MAX_NAME;
}

bool ss_value_valid(struct ss_slice value) { return value.len <= SS_MAX_VALUE && ss_value_well_formed(value, SS_MAX_DEPTH); }

static void ss_blob_ignore(void *context, const struct ss_sha256 *sha256, uint64_t size) {
    (void)context;
    (void)sha256;
    (void)size;
}

uint32_t ss_blob_flags(struct ss_slice value) {
    const uint8_t first = value.data[0];
    const bool map = (first >= 0x80 && first <= 0x8f) || first == 0xde || first == 0xdf;
    return map && ss_value_blobs(value, ss_blob_ignore, NULL) > 0 ? SS_CELL_BLOB : 0;
}

static void ss_incoming_swap(struct ss_incoming *a, struct ss_incoming *b) {
    struct ss_incoming kept = *a;
    *a = *b;
    *b = kept;
}

static int ss_incoming_order(const struct ss_core *core, const struct ss_incoming *a, const struct ss_incoming *b) {
    return ss_names_compare(&core->names, a->name, b->name);
}

static void ss_incoming_sift(const struct ss_core *core, struct ss_incoming *incoming, uint32_t root, uint32_t count) {
    for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && ss_incoming_order(core, &incoming[child], &incoming[child + 1]) < 0)
            child++;
        if (ss_incoming_order(core, &incoming[root], &incoming[child]) >= 0)
            return;
        ss_incoming_swap(&incoming[root], &incoming[child]);
        root = child;
    }
}

// A heap sort: it needs the names, which qsort cannot be given, and no memory.
bool ss_incoming_sort(const struct ss_core *core, struct ss_incoming *incoming, uint32_t count) {
    uint32_t sorted = 1;
    while (sorted < count && ss_incoming_order(core, &incoming[sorted - 1], &incoming[sorted]) < 0)
        sorted++;
    if (sorted >= count)
        return true;
    for (uint32_t i = count / 2; i-- > 0;)
        ss_incoming_sift(core, incoming, i, count);
    for (uint32_t end = count; end-- > 1;) {
        ss_incoming_swap(&incoming[0], &incoming[end]);
        ss_incoming_sift(core, incoming, 0, end);
    }
    for (uint32_t i = 1; i < count; i++) {
        if (incoming[i - 1].name == incoming[i].name)
            return false;
    }
    return true;
}

int ss_incoming_of(struct ss_core *core, const struct ss_entity *entity, struct ss_incoming **incoming, const char **cause) {
    *cause = "limit";
    if (!ss_kind_valid(entity->kind) || entity->field_count > SS_MAX_FIELDS)
        return SS_ELIMIT;
    struct ss_incoming *fields = ss_scratch_take(&core->scratch, (entity->field_count + 1) * sizeof *fields);
    if (fields == NULL)
        return SS_ENOMEM;
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct ss_field *field = &entity->fields[i];
        if (!ss_name_valid(field->name) || !ss_value_valid(field->value))
            return SS_ELIMIT;
        const uint32_t name = ss_names_intern(&core->names, field->name);
        if (name == SS_NONE)
            return SS_ENOMEM;
        fields[i] = (struct ss_incoming){name, ss_blob_flags(field->value), field->value, field->stamp};
        if (fields[i].flags != 0 && !ss_blobs_note(core, field->value))
            return SS_ENOMEM;
    }
    *incoming = fields;
    *cause = "malformed";
    return ss_incoming_sort(core, fields, (uint32_t)entity->field_count) ? SS_OK : SS_EINVAL;
}
