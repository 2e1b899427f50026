// SPDX-License-Identifier: Apache-2.0
#include "core/patch.h"

#include "util/value.h"

enum { SS_UNDO_MAX = 1 << 26 };

static bool ss_patch_plain(const struct ss_core *core, const struct ss_incoming *new) {
    return new->name != core->word.deleted &&new->name != core->word.parts &&new->name != core->word.topology &&
           (new->flags &SS_CELL_HELD) == 0 && !ss_value_is_nil(new->value);
}

static bool ss_patch_may(const struct ss_core *core, const struct ss_thing *thing, const struct ss_incoming *incoming, uint32_t count) {
    const uint32_t special = SS_THING_NILS | SS_THING_DELETED | SS_THING_MESH | SS_THING_HELD | SS_THING_SHRUNK;
    if ((thing->flags & special) != 0)
        return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        at = ss_cells_find(&core->names, thing->cells, at, thing->count, incoming[i].name);
        if (at == thing->count || thing->cells[at].name != incoming[i].name || !ss_patch_plain(core, &incoming[i]))
            return false;
    }
    return true;
}

int ss_patch_try(struct ss_core *core, struct ss_change *change, const struct ss_merge *merge, const struct ss_incoming *incoming,
                 uint32_t count, bool *done) {
    struct ss_thing *thing = ss_thing_at(core, change->number);
    *done = false;
    if (change->cells != NULL || change->patched > 0 || !ss_patch_may(core, thing, incoming, count))
        return SS_OK;
    if (!ss_array_room(&core->plan.undo, ss_memory(core), count, SS_UNDO_MAX))
        return SS_ENOMEM;
    change->undo = core->plan.undo.count;
    bool revealed = false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        at = ss_cells_find(&core->names, thing->cells, at, thing->count, incoming[i].name);
        const struct ss_cell before = thing->cells[at];
        if (!ss_merge_changes(merge, &before, &incoming[i]))
            continue;
        if (!ss_merge_replace(merge, &thing->cells[at], &incoming[i], &revealed)) {
            ss_patch_undo(core, change);
            return SS_ENOMEM;
        }
        ss_array_push(&core->plan.undo, (struct ss_undo){at, before});
        change->patched++;
        change->size += thing->cells[at].len - before.len;
    }
    *done = true;
    return SS_OK;
}

int ss_patch_move(struct ss_core *core, struct ss_change *change) {
    if (change->patched == 0)
        return SS_OK;
    struct ss_thing *thing = ss_thing_at(core, change->number);
    struct ss_cell *cells = ss_alloc_take(ss_memory(core), (thing->count + 1) * sizeof *cells);
    if (cells == NULL)
        return SS_ENOMEM;
    memcpy(cells, thing->cells, thing->count * sizeof *cells);
    for (uint32_t i = 0; i < change->patched; i++) {
        const struct ss_undo *undo = &core->plan.undo.items[change->undo + i];
        thing->cells[undo->at] = undo->before;
    }
    change->cells = cells;
    change->count = thing->count;
    change->patched = 0;
    return SS_OK;
}

void ss_patch_undo(struct ss_core *core, struct ss_change *change) {
    struct ss_thing *thing = ss_thing_at(core, change->number);
    for (uint32_t i = 0; i < change->patched; i++) {
        const struct ss_undo *undo = &core->plan.undo.items[change->undo + i];
        change->size -= thing->cells[undo->at].len - undo->before.len;
        ss_alloc_free(ss_memory(core), ss_cell_memory(&thing->cells[undo->at]));
        thing->cells[undo->at] = undo->before;
    }
    change->patched = 0;
}

void ss_patch_commit(struct ss_core *core, const struct ss_change *change) {
    for (uint32_t i = 0; i < change->patched; i++) {
        void *memory = ss_cell_memory(&core->plan.undo.items[change->undo + i].before);
        if (memory != NULL)
            ss_array_push(&core->graveyard, memory);
    }
    ss_thing_at(core, change->number)->size = change->size;
}
