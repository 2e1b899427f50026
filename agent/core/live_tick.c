// SPDX-License-Identifier: Apache-2.0
// The live tick: what changed since the last one, newest values only, in columns of entities that changed the same fields.
#include "core/entity.h"
#include "core/handlers.h"

// A row is what one edit changed of one thing, since a row has one stamp.
struct ss_row {
    uint32_t thing;
    uint32_t next; // row of its group, plus 1
    struct ss_stamp stamp;
};

struct ss_group {
    uint64_t shape; // of kind and fields
    uint32_t kind, rows, columns;
    uint32_t first, last; // row, plus 1
    size_t bytes;
};

struct ss_tick {
    struct ss_core *core;
    struct ss_row *rows;
    uint32_t row_count, row_capacity;
    struct ss_group *groups;
    uint32_t group_count, group_capacity;
};

static bool ss_cell_live(const struct ss_cell *cell, const struct ss_stamp *stamp) {
    return (cell->flags & SS_CELL_LIVE) != 0 && ss_stamp_compare(&cell->stamp, stamp) == 0;
}

static void *ss_tick_grow(struct ss_tick *tick, void *items, uint32_t count, uint32_t *capacity, size_t size) {
    if (count < *capacity)
        return items;
    const uint32_t wanted = *capacity * 2 + 16;
    uint8_t *grown = ss_scratch_take(&tick->core->scratch, wanted * size);
    if (grown != NULL && count > 0)
        memcpy(grown, items, count * size);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

// The group of a shape is most often the last one; a full group is left behind for a new one.
static struct ss_group *ss_tick_group(struct ss_tick *tick, const struct ss_group *like) {
    for (uint32_t i = tick->group_count; i-- > 0;) {
        struct ss_group *group = &tick->groups[i];
        if (group->shape == like->shape && group->kind == like->kind && group->columns == like->columns &&
            group->bytes + like->bytes <= SS_BATCH_BYTES)
            return group;
    }
    struct ss_group *groups = ss_tick_grow(tick, tick->groups, tick->group_count, &tick->group_capacity, sizeof *groups);
    if (groups == NULL)
        return NULL;
    tick->groups = groups;
    tick->groups[tick->group_count] = (struct ss_group){.shape = like->shape, .kind = like->kind, .columns = like->columns};
    return &tick->groups[tick->group_count++];
}

static bool ss_tick_row(struct ss_tick *tick, uint32_t number, const struct ss_stamp *stamp) {
    const struct ss_thing *thing = ss_thing_at(tick->core, number);
    struct ss_group like = {.shape = thing->kind, .kind = thing->kind, .bytes = 32};
    for (uint32_t i = 0; i < thing->count; i++) {
        if (!ss_cell_live(&thing->cells[i], stamp))
            continue;
        like.shape = ss_mix(like.shape * 31 + thing->cells[i].name + 1);
        like.bytes += thing->cells[i].len;
        like.columns++;
    }
    struct ss_group *group = ss_tick_group(tick, &like);
    struct ss_row *rows = ss_tick_grow(tick, tick->rows, tick->row_count, &tick->row_capacity, sizeof *rows);
    if (group == NULL || rows == NULL)
        return false;
    tick->rows = rows;
    tick->rows[tick->row_count++] = (struct ss_row){number, 0, *stamp};
    if (group->last != 0)
        tick->rows[group->last - 1].next = tick->row_count;
    else
        group->first = tick->row_count;
    group->last = tick->row_count;
    group->rows++;
    group->bytes += like.bytes;
    return true;
}

static bool ss_tick_thing(struct ss_tick *tick, uint32_t number) {
    const struct ss_thing *thing = ss_thing_at(tick->core, number);
    for (uint32_t i = 0; i < thing->count; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        bool first = (cell->flags & SS_CELL_LIVE) != 0;
        for (uint32_t k = 0; k < i && first; k++)
            first = !ss_cell_live(&thing->cells[k], &cell->stamp);
        if (first && !ss_tick_row(tick, number, &cell->stamp))
            return false;
    }
    return true;
}

static void ss_tick_fill(const struct ss_tick *tick, const struct ss_group *group, struct ss_uuid *ids, struct ss_stamp *stamps,
                         struct ss_slice *names, struct ss_slice *values) {
    size_t at = 0;
    for (uint32_t row = group->first; row != 0; row = tick->rows[row - 1].next) {
        const struct ss_row *this = &tick->rows[row - 1];
        const struct ss_thing *thing = ss_thing_at(tick->core, this->thing);
        *ids++ = thing->uuid;
        *stamps++ = this->stamp;
        for (uint32_t i = 0; i < thing->count; i++) {
            if (!ss_cell_live(&thing->cells[i], &this->stamp))
                continue;
            if (at < group->columns)
                names[at] = ss_names_text(&tick->core->names, thing->cells[i].name);
            values[at++] = ss_cell_value(&thing->cells[i]);
        }
    }
}

static bool ss_tick_publish(struct ss_tick *tick, const struct ss_group *group) {
    struct ss_scratch *scratch = &tick->core->scratch;
    struct ss_uuid *ids = ss_scratch_take(scratch, group->rows * sizeof *ids);
    struct ss_stamp *stamps = ss_scratch_take(scratch, group->rows * sizeof *stamps);
    struct ss_slice *names = ss_scratch_take(scratch, group->columns * sizeof *names);
    struct ss_slice *values = ss_scratch_take(scratch, (size_t)group->rows * group->columns * sizeof *values);
    if (ids == NULL || stamps == NULL || names == NULL || values == NULL || !ss_fx_room(tick->core, 1))
        return false;
    ss_tick_fill(tick, group, ids, stamps, names, values);
    struct ss_effect *effect = ss_fx_push(tick->core, SS_FX_PUBLISH_LIVE);
    effect->live.batch = (struct ss_batch){ss_names_text(&tick->core->names, group->kind), group->rows, group->columns, ids, names, values};
    effect->live.stamps = stamps;
    return true;
}

static bool ss_tick_run(struct ss_core *core) {
    struct ss_tick tick = {.core = core};
    for (size_t i = 0; i < core->live.count; i++) {
        if (!ss_tick_thing(&tick, core->live.items[i]))
            return false;
    }
    const size_t before = core->effects.count;
    for (uint32_t i = 0; i < tick.group_count; i++) {
        if (!ss_tick_publish(&tick, &tick.groups[i])) {
            core->effects.count = before;
            return false;
        }
    }
    return true;
}

void ss_live_tick(struct ss_core *core) {
    if (core->connected && !ss_tick_run(core)) {
        ss_timer_by(core, SS_TIMER_LIVE, core->now + SS_RETRY_MS);
        return;
    }
    core->ticked_ms = core->now;
    for (size_t i = 0; i < core->live.count; i++) {
        struct ss_thing *thing = ss_thing_at(core, core->live.items[i]);
        thing->flags &= ~(uint32_t)SS_THING_LIVE;
        for (uint32_t c = 0; c < thing->count; c++)
            thing->cells[c].flags &= ~(unsigned)SS_CELL_LIVE & 0xffU;
    }
    core->live.count = 0;
}
