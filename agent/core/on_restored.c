// SPDX-License-Identifier: Apache-2.0
// The agent starts: records of its earlier life come back, then everything is put in order.
#include "core/blobs.h"
#include "core/clone.h"
#include "core/digest.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/merge.h"
#include "core/outbox.h"
#include "core/plan.h"
#include "core/record.h"

#define SS_SEQ_LAST (UINT64_MAX / 2) // of our own messages

struct ss_reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static const uint8_t *ss_get(struct ss_reader *reader, size_t len) {
    if (reader->bad || len > reader->left) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += len;
    reader->left -= len;
    return bytes;
}

static uint64_t ss_get_number(struct ss_reader *reader, size_t bytes) {
    const uint8_t *at = ss_get(reader, bytes);
    return at != NULL ? ss_load_be(at, bytes) : 0;
}

static struct ss_slice ss_get_bytes(struct ss_reader *reader, size_t width) {
    const size_t len = (size_t)ss_get_number(reader, width);
    const uint8_t *at = ss_get(reader, len);
    return ss_slice_of(at, at != NULL ? len : 0);
}

static int ss_get_fields(struct ss_core *core, struct ss_reader *reader, uint64_t version, struct ss_incoming **incoming, uint32_t *count) {
    *count = (uint32_t)ss_get_number(reader, version == SS_RECORD_WIDE ? 4 : 2);
    if (*count > reader->left)
        return SS_EINVAL;
    *incoming = ss_scratch_take(&core->scratch, (*count + 1) * sizeof **incoming);
    if (*incoming == NULL)
        return SS_ENOMEM;
    for (uint32_t i = 0; i < *count && !reader->bad; i++) {
        struct ss_incoming *field = &(*incoming)[i];
        const struct ss_slice name = ss_get_bytes(reader, 1);
        field->flags = (uint32_t)ss_get_number(reader, 1) & (SS_CELL_HELD | SS_CELL_BLOB);
        const uint8_t *stamp = ss_get(reader, sizeof field->stamp.b);
        field->value = ss_get_bytes(reader, 4);
        if (reader->bad || !ss_name_valid(name) || !ss_value_valid(field->value))
            return SS_EINVAL;
        memcpy(field->stamp.b, stamp, sizeof field->stamp.b);
        field->name = ss_names_intern(&core->names, name);
        if (field->name == SS_NONE || ((field->flags & SS_CELL_BLOB) != 0 && !ss_blobs_note(core, field->value)))
            return SS_ENOMEM;
    }
    return reader->bad || reader->left > 0 ? SS_EINVAL : SS_OK;
}

int ss_record_incoming(struct ss_core *core, struct ss_slice record, struct ss_incoming **incoming, uint32_t *count) {
    struct ss_reader reader = {record.data, record.len, false};
    return ss_get_fields(core, &reader, SS_RECORD_WIDE, incoming, count);
}

// `e` kind 0 uuid [part]. Errors: SS_ENOMEM, SS_EINVAL.
static int ss_restore_key(struct ss_core *core, struct ss_slice key, uint32_t *number, int *part) {
    const uint8_t *end = key.len > 1 ? memchr(key.data + 1, 0, key.len - 1) : NULL;
    const size_t rest = end != NULL ? (size_t)(key.data + key.len - end) - 1 : 0;
    struct ss_uuid uuid;
    if (rest < sizeof uuid.b || rest > sizeof uuid.b + 1)
        return SS_EINVAL;
    const struct ss_slice kind = ss_slice_of(key.data + 1, (size_t)(end - key.data) - 1);
    if (!ss_kind_valid(kind))
        return SS_EINVAL;
    memcpy(uuid.b, end + 1, sizeof uuid.b);
    *part = rest > sizeof uuid.b ? key.data[key.len - 1] : -1;
    *number = ss_thing_take(core, kind, &uuid);
    return *number != SS_NONE ? SS_OK : SS_ENOMEM;
}

static int ss_restore_touches(struct ss_core *core, struct ss_reader *reader, uint32_t change) {
    for (uint64_t n = ss_get_number(reader, 2); n > 0 && !reader->bad; n--) {
        const uint8_t *from = ss_get(reader, sizeof(struct ss_origin));
        const uint64_t seq = ss_get_number(reader, 8);
        struct ss_origin origin;
        if (reader->bad)
            return SS_EINVAL;
        memcpy(origin.b, from, sizeof origin.b);
        const uint32_t line = ss_vectors_take(&core->vectors, &origin);
        if (line == SS_NONE || ss_plan_touch(core, change, line, seq) != SS_OK)
            return SS_ENOMEM;
    }
    return SS_OK;
}

// A part's record holds the fields of that part; the record of the whole, if there are parts, those of none.
static bool ss_restore_fits(const struct ss_core *core, const struct ss_incoming *incoming, uint32_t count, int part) {
    bool parted = part >= 0, fits = true;
    for (uint32_t i = 0; i < count; i++)
        parted |= incoming[i].name == core->word.parts;
    for (uint32_t i = 0; i < count && parted; i++)
        fits &= ss_field_part(core, incoming[i].name) == part;
    return fits;
}

static int ss_restore_thing(struct ss_core *core, uint32_t number, int part, struct ss_slice value) {
    struct ss_reader reader = {value.data, value.len, false};
    const uint32_t change = ss_plan_change(core, number);
    if (change == SS_NONE)
        return SS_ENOMEM;
    const uint64_t version = ss_get_number(&reader, 1);
    if (version != SS_RECORD_FIRST && version != SS_RECORD_WIDE)
        return SS_EINVAL;
    const uint32_t flags = (uint32_t)ss_get_number(&reader, 1) & SS_THING_DURABLE;
    int error = ss_restore_touches(core, &reader, change);
    struct ss_incoming *incoming;
    uint32_t count = 0;
    error = error == SS_OK ? ss_get_fields(core, &reader, version, &incoming, &count) : error;
    if (error != SS_OK)
        return error;
    for (uint32_t i = 0; i < count; i++) {
        ss_clock_observe(&core->clock, &incoming[i].stamp);
        incoming[i].flags |= (flags & SS_THING_UNSETTLED) != 0 ? SS_CELL_UNSETTLED : 0U;
    }
    if (!ss_restore_fits(core, incoming, count, part) || !ss_incoming_sort(core, incoming, count))
        return SS_EINVAL;
    if (ss_plan_merge(core, change, incoming, count) != SS_OK)
        return SS_ENOMEM;
    core->plan.changes.items[change].flags |= flags;
    core->plan.changes.items[change].store = false;
    return ss_plan_finish(core);
}

static int ss_restore_entity(struct ss_core *core, struct ss_slice key, struct ss_slice value) {
    uint32_t number;
    int part, error = ss_restore_key(core, key, &number, &part);
    if (error != SS_OK)
        return error;
    ss_plan_begin(core, -1);
    error = ss_restore_thing(core, number, part, value);
    if (error != SS_OK)
        ss_plan_abort(core);
    else
        ss_plan_commit(core);
    return error;
}

static int ss_restore_outgoing(struct ss_core *core, struct ss_slice key, struct ss_slice value) {
    if (key.len != 9 || value.len < 2)
        return SS_EINVAL;
    const uint64_t seq = ss_load_be(key.data + 1, 8);
    const int part = (int)ss_load_be(value.data, 2) - 1;
    uint32_t number;
    if (seq == 0 || seq > SS_SEQ_LAST || part > UINT8_MAX)
        return SS_EINVAL;
    int none, error = ss_restore_key(core, ss_slice_of(value.data + 2, value.len - 2), &number, &none);
    return error == SS_OK ? ss_outbox_restore(core, seq, number, part) : error;
}

static int ss_restore_line(struct ss_core *core, struct ss_slice key, struct ss_slice value) {
    struct ss_origin from;
    if (key.len != 1 + sizeof from.b || value.len != 8)
        return SS_EINVAL;
    memcpy(from.b, key.data + 1, sizeof from.b);
    const uint32_t line = ss_vectors_take(&core->vectors, &from);
    if (line == SS_NONE)
        return SS_ENOMEM;
    core->vectors.lines.items[line].seq = ss_load_be(value.data, 8);
    return SS_OK;
}

static int ss_restore_meta(struct ss_core *core, struct ss_slice key, struct ss_slice value) {
    if (key.len != 2 || value.len != 8)
        return SS_EINVAL;
    if (ss_slice_equal(key, ss_slice_text(SS_RECORD_COPIED)))
        core->copied = true;
    else if (key.data[1] == 'c')
        ss_clock_restore(&core->clock, ss_load_be(value.data, 8));
    else
        memcpy(core->clock.origin.b, value.data, sizeof core->clock.origin.b);
    return SS_OK;
}

int ss_on_restored(struct ss_core *core, const struct ss_event *event) {
    const struct ss_slice key = event->restored.key;
    const struct ss_slice value = event->restored.value;
    if (core->started || key.len == 0)
        return SS_EINVAL;
    switch (key.data[0]) {
    case 'e': return ss_restore_entity(core, key, value);
    case 'o': return ss_restore_outgoing(core, key, value);
    case 'v': return ss_restore_line(core, key, value);
    case 'm': return ss_restore_meta(core, key, value);
    default: return SS_EINVAL;
    }
}

// ---- start -------------------------------------------------------------------------------------------------------------

static int ss_start_origin(struct ss_core *core) {
    core->own_line = ss_vectors_take(&core->vectors, &core->clock.origin);
    if (core->own_line == SS_NONE || !ss_fx_room(core, 2))
        return SS_ENOMEM;
    if (!ss_origin_equal(&core->clock.origin, &core->config.origin))
        ss_fx_push(core, SS_FX_NEW_ORIGIN)->new_origin = core->clock.origin;
    return SS_OK;
}

// A number of ours that leaves no room for more was another's invention: we go on under another origin.
static void ss_start_thing(struct ss_core *core, uint32_t number) {
    struct ss_thing *thing = ss_thing_at(core, number);
    for (uint32_t i = 0; i < thing->touch_count; i++) {
        const struct ss_touch *touch = &thing->touches[i];
        if (touch->from != core->own_line || touch->seq < core->next_seq)
            continue;
        if (touch->seq > SS_SEQ_LAST)
            core->copied = true;
        else
            core->next_seq = touch->seq + 1;
    }
    if ((thing->flags & SS_THING_UNSETTLED) == 0 || thing->settling != 0)
        return;
    ss_array_push(&core->settling, (struct ss_settling){number, core->now, core->now});
    thing->settling = (uint32_t)core->settling.count;
    ss_timer_by(core, SS_TIMER_SETTLE, core->now);
}

int ss_on_start(struct ss_core *core) {
    if (core->started)
        return SS_EINVAL;
    if (!ss_array_room(&core->settling, ss_memory(core), core->scene.things.count, SIZE_MAX / 64))
        return SS_ENOMEM;
    int error = ss_start_origin(core);
    error = error == SS_OK ? ss_blobs_start(core) : error;
    if (error != SS_OK)
        return error;
    for (uint32_t i = 0; i < core->scene.things.count; i++)
        ss_start_thing(core, i);
    ss_outbox_start(core);
    core->start_seq = core->next_seq;
    if (core->copied && ss_clone_leave(core) != SS_OK)
        return SS_ENOMEM;
    core->started = true;
    core->ticked_ms = core->now > core->config.live_tick_ms ? core->now - core->config.live_tick_ms : 0;
    ss_timer_by(core, SS_TIMER_SWEEP, core->now);
    return SS_OK;
}
