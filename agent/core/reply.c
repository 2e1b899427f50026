// SPDX-License-Identifier: Apache-2.0
// A peer calls our `sync`: what is newer than its vector, or in buckets that differ, goes out in parts, some at a time.
#include <stdlib.h>

#include "core/checkpoint.h"
#include "core/digest.h"
#include "core/entity.h"
#include "core/handlers.h"
#include "core/reply.h"

enum {
    SS_REPLIES_MAX = 64,
    SS_REPLY_PARTS = 4,
    SS_REPLY_PAUSE_MS = 20, // for the broker, and for whoever else has something to say there
    SS_WRITE_PARTS = 16,    // a checkpoint goes to our own disk …
    SS_WRITE_PAUSE_MS = 1,  // … and gives way only to what else the agent has to do
    SS_REPLY_FIELD = 24,
    SS_REPLY_ENTITY = 64,
};

void ss_reply_drop(struct ss_core *core, struct ss_reply *reply) {
    ss_alloc_free(ss_memory(core), reply->memory);
    *reply = core->replies.items[--core->replies.count];
}

void ss_replies_stop(struct ss_core *core) {
    while (core->replies.count > 0)
        ss_reply_drop(core, &core->replies.items[core->replies.count - 1]);
}

// All that it refers to is copied into one piece of memory.
static bool ss_reply_copy(struct ss_core *core, const struct ss_reply *from, struct ss_reply *reply) {
    const size_t entry = sizeof(struct ss_vector_entry);
    const size_t vectors = (from->has.count + from->ours.count) * entry;
    *reply = *from;
    reply->memory = ss_alloc_take(ss_memory(core), vectors + from->user.len + from->buckets.len + 1);
    if (reply->memory == NULL)
        return false;
    struct ss_vector_entry *entries = (void *)reply->memory;
    uint8_t *bytes = reply->memory + vectors;
    if (from->has.count > 0)
        memcpy(entries, from->has.entries, from->has.count * entry);
    if (from->ours.count > 0)
        memcpy(entries + from->has.count, from->ours.entries, from->ours.count * entry);
    if (from->user.len > 0)
        memcpy(bytes, from->user.data, from->user.len);
    if (from->buckets.len > 0)
        memcpy(bytes + from->user.len, from->buckets.data, from->buckets.len);
    reply->has.entries = entries;
    reply->ours.entries = entries + from->has.count;
    reply->user.data = bytes;
    reply->buckets.data = bytes + from->user.len;
    return true;
}

struct ss_reply *ss_reply_take(struct ss_core *core, const struct ss_reply *reply) {
    struct ss_reply copy;
    if (!ss_array_room(&core->replies, ss_memory(core), 1, SS_REPLIES_MAX + 1) || !ss_reply_copy(core, reply, &copy))
        return NULL;
    ss_array_push(&core->replies, copy);
    ss_timer_by(core, SS_TIMER_REPLY, core->now);
    return &core->replies.items[core->replies.count - 1];
}

int ss_on_sync_called(struct ss_core *core, const struct ss_event *event) {
    if (event->sync_called.buckets.len != 0 && event->sync_called.buckets.len != sizeof core->buckets) {
        ss_fx_refuse(core, 0, 0, SS_EINVAL, "malformed", "the buckets of a sync call have the wrong size");
        return SS_OK;
    }
    for (size_t i = core->replies.count; i-- > 0;) {
        struct ss_reply *old = &core->replies.items[i];
        if (!old->checkpoint && ss_origin_equal(&old->to, &event->sync_called.from))
            ss_reply_drop(core, old);
    }
    if (core->replies.count >= SS_REPLIES_MAX || ss_looks_on(core))
        return SS_OK; // the caller asks the next one
    struct ss_reply reply = {.to = event->sync_called.from,
                             .call = event->sync_called.call,
                             .user = event->sync_called.user,
                             .has = event->sync_called.vector,
                             .buckets = event->sync_called.buckets};
    ss_digest_update(core);
    if (!ss_vectors_copy(&core->vectors, &core->scratch, &reply.ours))
        return SS_ENOMEM;
    struct ss_reply *taken = ss_reply_take(core, &reply);
    if (taken == NULL)
        return SS_ENOMEM;
    if (event->sync_called.blobs)
        ss_checkpoint_answer(core, taken);
    return SS_OK;
}

static bool ss_vector_lacks(const struct ss_core *core, const struct ss_vector *has, const struct ss_thing *thing) {
    for (uint32_t i = 0; i < thing->touch_count; i++) {
        if (thing->touches[i].seq > ss_vector_seq(has, &core->vectors.lines.items[thing->touches[i].from].from))
            return true;
    }
    return thing->touch_count == 0;
}

uint64_t ss_reply_size(const struct ss_core *core, const struct ss_vector *has) {
    uint64_t size = 0;
    for (size_t i = 0; i < core->scene.things.count; i++) {
        const struct ss_thing *thing = core->scene.things.items[i];
        if (thing->count > 0 && ss_vector_lacks(core, has, thing))
            size += thing->size;
    }
    return size;
}

static bool ss_reply_needs(const struct ss_core *core, const struct ss_reply *reply, const struct ss_thing *thing) {
    if (thing->count == 0)
        return false;
    if (reply->buckets.len > 0) {
        const size_t bucket = ss_digest_bucket(thing);
        return memcmp(core->buckets + bucket, reply->buckets.data + bucket, SS_BUCKET_SIZE) != 0;
    }
    return ss_vector_lacks(core, &reply->has, thing);
}

static int ss_touched_compare(const void *a, const void *b) {
    return memcmp(((const struct ss_vector_entry *)a)->from.b, ((const struct ss_vector_entry *)b)->from.b, sizeof(struct ss_origin));
}

// Of numbers that we gave out and that others may never see, since they are not durable yet, nothing is told: they may be given out again.
static void ss_reply_touched(const struct ss_core *core, const struct ss_thing *thing, struct ss_vector_entry *entries,
                             struct ss_vector *touched) {
    const uint64_t published = core->vectors.lines.items[core->own_line].seq;
    size_t count = 0;
    for (uint32_t i = 0; i < thing->touch_count; i++) {
        const struct ss_touch *touch = &thing->touches[i];
        const uint64_t seq = touch->from == core->own_line && touch->seq > published ? published : touch->seq;
        if (seq > 0)
            entries[count++] = (struct ss_vector_entry){core->vectors.lines.items[touch->from].from, seq};
    }
    if (count > 1)
        qsort(entries, count, sizeof *entries, ss_touched_compare);
    *touched = (struct ss_vector){count, entries};
}

// One part as it is being made: up to SS_BATCH_BYTES of entities, a large one in several pieces.
struct ss_piece {
    struct ss_entity *entities;
    struct ss_vector *touched;
    size_t count, capacity;
    size_t bytes;
};

static bool ss_piece_grow(struct ss_core *core, struct ss_piece *piece) {
    if (piece->count < piece->capacity)
        return true;
    const size_t capacity = piece->capacity * 2 + 64;
    struct ss_entity *entities = ss_scratch_take(&core->scratch, capacity * sizeof *entities);
    struct ss_vector *touched = ss_scratch_take(&core->scratch, capacity * sizeof *touched);
    if (entities == NULL || touched == NULL)
        return false;
    if (piece->count > 0) {
        memcpy(entities, piece->entities, piece->count * sizeof *entities);
        memcpy(touched, piece->touched, piece->count * sizeof *touched);
    }
    piece->entities = entities;
    piece->touched = touched;
    piece->capacity = capacity;
    return true;
}

// Adds the thing's cells from *cell on, as many as fit; *cell is then where to go on, its count when all are in.
static bool ss_piece_add(struct ss_core *core, struct ss_piece *piece, const struct ss_thing *thing, uint32_t *cell) {
    struct ss_field *fields = ss_scratch_take(&core->scratch, (thing->count - *cell + 1U) * sizeof *fields);
    struct ss_vector_entry *entries = ss_scratch_take(&core->scratch, (thing->touch_count + 1U) * sizeof *entries);
    if (fields == NULL || entries == NULL || !ss_piece_grow(core, piece))
        return false;
    size_t count = 0;
    piece->bytes += SS_REPLY_ENTITY + thing->touch_count * sizeof *entries;
    for (; *cell < thing->count && (count == 0 || piece->bytes < SS_BATCH_BYTES - SS_MAX_VALUE); (*cell)++) {
        const struct ss_cell *from = &thing->cells[*cell];
        if ((from->flags & SS_CELL_HELD) != 0)
            continue;
        fields[count] = ss_field_of(core, from);
        piece->bytes += fields[count].name.len + fields[count].value.len + SS_REPLY_FIELD;
        count++;
    }
    piece->entities[piece->count] = (struct ss_entity){ss_names_text(&core->names, thing->kind), thing->uuid, count, fields};
    ss_reply_touched(core, thing, entries, &piece->touched[piece->count]);
    piece->count++;
    return true;
}

static bool ss_reply_say(struct ss_core *core, struct ss_reply *reply, const struct ss_ev_sync_reply *said) {
    struct ss_vector_entry *vector = ss_scratch_copy(&core->scratch, said->vector.entries, said->vector.count * sizeof *vector);
    uint8_t *user = ss_scratch_copy(&core->scratch, reply->user.data, reply->user.len);
    if (vector == NULL || user == NULL || !ss_fx_room(core, 1))
        return false;
    struct ss_effect *effect = ss_fx_push(core, reply->checkpoint ? SS_FX_SNAPSHOT : SS_FX_REPLY_SYNC);
    effect->reply.to = reply->to;
    effect->reply.user = ss_slice_of(user, reply->user.len);
    effect->reply.reply = *said;
    effect->reply.reply.from = core->clock.origin;
    effect->reply.reply.call = reply->call;
    effect->reply.reply.part = reply->part++;
    effect->reply.reply.vector.entries = vector;
    return true;
}

static bool ss_reply_part(struct ss_core *core, struct ss_reply *reply) {
    static const struct ss_vector none;
    struct ss_piece piece = {0};
    uint32_t next = reply->next;
    uint32_t cell = reply->cell;
    while (next < core->scene.things.count && piece.bytes < SS_BATCH_BYTES - SS_MAX_VALUE) {
        const struct ss_thing *thing = ss_thing_at(core, next);
        if (ss_reply_needs(core, reply, thing) && !ss_piece_add(core, &piece, thing, &cell))
            return false;
        if (!ss_reply_needs(core, reply, thing) || cell >= thing->count) {
            next++;
            cell = 0;
        }
    }
    const bool last = next >= core->scene.things.count;
    const struct ss_ev_sync_reply said = {.last = last,
                                          .entity_count = piece.count,
                                          .entities = piece.entities,
                                          .touched = piece.touched,
                                          .vector = last ? reply->ours : none};
    if (!ss_reply_say(core, reply, &said))
        return false;
    reply->next = last ? SS_NONE : next;
    reply->cell = cell;
    return true;
}

bool ss_reply_blob(struct ss_core *core, struct ss_reply *reply, const struct ss_blob_name *blob) {
    return ss_reply_say(core, reply, &(struct ss_ev_sync_reply){.last = true, .blob = *blob});
}

bool ss_reply_beat(struct ss_core *core, struct ss_reply *reply) { return ss_reply_say(core, reply, &(struct ss_ev_sync_reply){0}); }

// Returns whether it is over.
static bool ss_reply_go_on(struct ss_core *core, struct ss_reply *reply) {
    if (reply->waiting || (reply->checkpoint && reply->next == SS_NONE)) {
        reply->due_ms = core->now + SS_REPLY_PAUSE_MS;
        return ss_checkpoint_step(core, reply);
    }
    if (reply->due_ms > core->now)
        return false;
    reply->due_ms = core->now + (reply->checkpoint ? SS_WRITE_PAUSE_MS : SS_REPLY_PAUSE_MS);
    const int parts = reply->checkpoint ? SS_WRITE_PARTS : SS_REPLY_PARTS;
    for (int part = 0; part < parts && reply->next != SS_NONE && ss_reply_part(core, reply); part++)
        continue;
    return reply->next == SS_NONE && !reply->checkpoint;
}

void ss_reply_run(struct ss_core *core) {
    ss_checkpoint_for_waiting(core);
    for (size_t i = core->replies.count; i-- > 0;) {
        if (ss_reply_go_on(core, &core->replies.items[i]))
            ss_reply_drop(core, &core->replies.items[i]);
    }
    for (size_t i = 0; i < core->replies.count; i++)
        ss_timer_by(core, SS_TIMER_REPLY, core->replies.items[i].due_ms);
}
