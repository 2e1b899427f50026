// SPDX-License-Identifier: Apache-2.0
#include "core/record.h"

enum { SS_RECORD_HEAD = 8, SS_RECORD_TOUCH = 16, SS_RECORD_FIELD = 1 + 1 + 16 + 4 };

struct ss_writer {
    uint8_t *at;
};

static void ss_put(struct ss_writer *writer, const void *data, size_t len) {
    if (len > 0)
        memcpy(writer->at, data, len);
    writer->at += len;
}

static void ss_put_number(struct ss_writer *writer, size_t bytes, uint64_t number) {
    ss_store_be(writer->at, bytes, number);
    writer->at += bytes;
}

static void ss_put_field(struct ss_writer *writer, struct ss_slice name, uint32_t flags, const struct ss_stamp *stamp,
                         struct ss_slice value) {
    ss_put_number(writer, 1, name.len);
    ss_put(writer, name.data, name.len);
    ss_put_number(writer, 1, flags & (SS_CELL_HELD | SS_CELL_BLOB));
    ss_put(writer, stamp->b, sizeof stamp->b);
    ss_put_number(writer, 4, value.len);
    ss_put(writer, value.data, value.len);
}

static struct ss_slice ss_record_key(struct ss_core *core, const struct ss_thing *thing, int part) {
    const struct ss_slice kind = ss_names_text(&core->names, thing->kind);
    uint8_t *key = ss_scratch_take(&core->scratch, kind.len + 2 + sizeof thing->uuid.b + 1);
    if (key == NULL)
        return (struct ss_slice){0};
    struct ss_writer writer = {key};
    ss_put_number(&writer, 1, 'e');
    ss_put(&writer, kind.data, kind.len);
    ss_put_number(&writer, 1, 0);
    ss_put(&writer, thing->uuid.b, sizeof thing->uuid.b);
    if (part >= 0)
        ss_put_number(&writer, 1, (uint64_t)part);
    return ss_slice_of(key, (size_t)(writer.at - key));
}

// The cells that one record holds: all, or of a thing in parts those of the part.
static bool ss_record_holds(const struct ss_core *core, uint32_t flags, int part, const struct ss_cell *cell) {
    return (flags & SS_THING_PARTED) == 0 || ss_field_part(core, cell->name) == part;
}

static size_t ss_record_size(const struct ss_core *core, uint32_t flags, int part, const struct ss_cells *cells, uint32_t *count) {
    size_t size = SS_RECORD_HEAD;
    *count = 0;
    for (uint32_t i = 0; i < cells->count; i++) {
        if (!ss_record_holds(core, flags, part, &cells->items[i]))
            continue;
        size += SS_RECORD_FIELD + core->names.all.items[cells->items[i].name].len + cells->items[i].len;
        (*count)++;
    }
    return size;
}

// The first version counted fields in two bytes; most have so few, and older agents read them.
static void ss_put_count(struct ss_writer *writer, uint8_t version, uint32_t count) {
    ss_put_number(writer, version == SS_RECORD_WIDE ? 4 : 2, count);
}

static void ss_put_touches(const struct ss_core *core, struct ss_writer *writer, const struct ss_touch *touches, uint32_t count) {
    ss_put_number(writer, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        ss_put(writer, core->vectors.lines.items[touches[i].from].from.b, sizeof(struct ss_origin));
        ss_put_number(writer, 8, touches[i].seq);
    }
}

static int ss_record_gone(struct ss_core *core, const struct ss_thing *thing, int part) {
    struct ss_slice key = ss_record_key(core, thing, part);
    if (key.data == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    ss_fx_store(core, key, ss_slice_of(key.data, 0));
    return SS_OK;
}

static int ss_record_part(struct ss_core *core, const struct ss_change *change, int part) {
    const struct ss_thing *thing = ss_thing_at(core, change->number);
    if (part >= 0 && (change->flags & SS_THING_PARTED) == 0)
        return ss_record_gone(core, thing, part);
    const struct ss_cells cells = ss_change_cells(core, change);
    const struct ss_touch *touches = change->touches != NULL ? change->touches : thing->touches;
    uint32_t touch_count = change->touches != NULL ? change->touch_count : thing->touch_count;
    touch_count = part >= 0 ? 0 : touch_count;
    uint32_t count;
    const size_t size = ss_record_size(core, change->flags, part, &cells, &count) + touch_count * SS_RECORD_TOUCH;
    struct ss_slice key = ss_record_key(core, thing, part);
    uint8_t *record = ss_scratch_take(&core->scratch, size);
    if (key.data == NULL || record == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    struct ss_writer writer = {record};
    const uint8_t version = count > UINT16_MAX ? SS_RECORD_WIDE : SS_RECORD_FIRST;
    ss_put_number(&writer, 1, version);
    ss_put_number(&writer, 1, change->flags & SS_THING_DURABLE);
    ss_put_touches(core, &writer, touches, touch_count);
    ss_put_count(&writer, version, count);
    for (uint32_t i = 0; i < cells.count; i++) {
        const struct ss_cell *cell = &cells.items[i];
        if (ss_record_holds(core, change->flags, part, cell))
            ss_put_field(&writer, ss_names_text(&core->names, cell->name), cell->flags, &cell->stamp, ss_cell_value(cell));
    }
    ss_fx_store(core, key, ss_slice_of(record, (size_t)(writer.at - record)));
    return SS_OK;
}

int ss_record_push(struct ss_core *core, const struct ss_change *change) {
    int error = ss_record_part(core, change, -1);
    for (int part = 0; part < 256 && error == SS_OK && ss_bits_any(change->stored); part++) {
        if (ss_bit(change->stored, (unsigned)part))
            error = ss_record_part(core, change, part);
    }
    return error;
}

struct ss_slice ss_record_cells(struct ss_core *core, const struct ss_incoming *incoming, uint32_t count) {
    size_t size = SS_RECORD_HEAD;
    for (uint32_t i = 0; i < count; i++)
        size += SS_RECORD_FIELD + core->names.all.items[incoming[i].name].len + incoming[i].value.len;
    uint8_t *record = ss_scratch_take(&core->scratch, size);
    if (record == NULL)
        return (struct ss_slice){0};
    struct ss_writer writer = {record};
    ss_put_count(&writer, SS_RECORD_WIDE, count);
    for (uint32_t i = 0; i < count; i++)
        ss_put_field(&writer, ss_names_text(&core->names, incoming[i].name), incoming[i].flags, &incoming[i].stamp, incoming[i].value);
    return ss_slice_of(record, (size_t)(writer.at - record));
}

// ---- the small ones ----------------------------------------------------------------------------------------------------

static int ss_record_small(struct ss_core *core, const char *prefix, const void *rest, size_t len, uint64_t number, bool gone) {
    const size_t prefix_len = strlen(prefix);
    uint8_t *bytes = ss_scratch_take(&core->scratch, prefix_len + len + 8);
    if (bytes == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    struct ss_writer writer = {bytes};
    ss_put(&writer, prefix, prefix_len);
    ss_put(&writer, rest, len);
    ss_put_number(&writer, 8, number);
    ss_fx_store(core, ss_slice_of(bytes, prefix_len + len), ss_slice_of(bytes + prefix_len + len, gone ? 0 : 8));
    return SS_OK;
}

int ss_record_line(struct ss_core *core, const struct ss_origin *from, uint64_t seq) {
    return ss_record_small(core, "v", from->b, sizeof from->b, seq, false);
}

int ss_record_clock(struct ss_core *core) { return ss_record_small(core, "mc", NULL, 0, core->clock.ceiling_ms, false); }

int ss_record_origin(struct ss_core *core) {
    return ss_record_small(core, SS_RECORD_ORIGIN, NULL, 0, ss_load_be(core->clock.origin.b, 8), false);
}

int ss_record_own(struct ss_core *core) { return ss_record_small(core, SS_RECORD_COPIED, NULL, 0, 0, true); }

int ss_record_outgoing(struct ss_core *core, uint64_t seq, uint32_t number, int part, bool done) {
    uint8_t name[8];
    ss_store_be(name, sizeof name, seq);
    if (done)
        return ss_record_small(core, "o", name, sizeof name, 0, true);
    const struct ss_thing *thing = ss_thing_at(core, number);
    struct ss_slice entity = ss_record_key(core, thing, -1);
    uint8_t *bytes = ss_scratch_take(&core->scratch, 1 + sizeof name + 2 + entity.len);
    if (entity.data == NULL || bytes == NULL || !ss_fx_room(core, 1))
        return SS_ENOMEM;
    struct ss_writer writer = {bytes};
    ss_put_number(&writer, 1, 'o');
    ss_put(&writer, name, sizeof name);
    ss_put_number(&writer, 2, (uint64_t)(part + 1));
    ss_put(&writer, entity.data, entity.len);
    ss_fx_store(core, ss_slice_of(bytes, 9), ss_slice_of(bytes + 9, (size_t)(writer.at - bytes) - 9));
    return SS_OK;
}
