// SPDX-License-Identifier: Apache-2.0
#include "core/replayed.h"

#include "core/plan.h"

static struct ss_seen_parts *ss_replayed_parts(struct ss_core *core, struct ss_thing *thing) {
    if (thing->seen_parts == NULL)
        thing->seen_parts = ss_alloc_take(ss_memory(core), sizeof *thing->seen_parts);
    else if (thing->seen_parts->replay == core->replay)
        return thing->seen_parts;
    if (thing->seen_parts != NULL)
        *thing->seen_parts = (struct ss_seen_parts){.replay = core->replay};
    return thing->seen_parts;
}

void ss_replayed_note(struct ss_core *core, struct ss_thing *thing, int part, bool brought) {
    if (part < 0) {
        *(brought ? &thing->seen : &thing->told) = core->replay;
        return;
    }
    struct ss_seen_parts *parts = ss_replayed_parts(core, thing);
    if (parts != NULL)
        ss_bit_set(brought ? parts->bits : parts->told, (unsigned)part);
}

bool ss_replayed_heard(const struct ss_core *core, const struct ss_thing *thing) {
    return thing->seen >= core->first_replay || thing->told >= core->first_replay ||
           (thing->seen_parts != NULL && thing->seen_parts->replay >= core->first_replay);
}

static bool ss_replayed_has(const struct ss_core *core, const struct ss_thing *thing, int part) {
    if (part < 0)
        return thing->seen == core->replay;
    return thing->seen_parts != NULL && thing->seen_parts->replay == core->replay && ss_bit(thing->seen_parts->bits, (unsigned)part);
}

static bool ss_replayed_told(const struct ss_core *core, const struct ss_thing *thing, int part) {
    if (part < 0)
        return thing->told == core->replay;
    return thing->seen_parts != NULL && thing->seen_parts->replay == core->replay && ss_bit(thing->seen_parts->told, (unsigned)part);
}

static bool ss_replayed_has_not(const struct ss_core *core, const struct ss_thing *thing, int part) {
    return !ss_replayed_has(core, thing, part);
}

// What is settled goes out whole; of what is in parts only those that changed.
static bool ss_replayed_misses(const struct ss_core *core, const struct ss_thing *thing, int part) {
    const bool settles = (thing->flags & (SS_THING_UNSETTLED | SS_THING_PARTED)) == SS_THING_UNSETTLED;
    return !ss_replayed_has(core, thing, part) && !ss_replayed_told(core, thing, part) && !ss_thing_queued(thing, part) && !settles;
}

static int ss_replayed_cell_part(const struct ss_core *core, const struct ss_thing *thing, uint32_t cell) {
    return (thing->flags & SS_THING_PARTED) != 0 ? ss_field_part(core, thing->cells[cell].name) : -1;
}

// The first field, from one on, of whose message something is true; those that wait for their blobs are in none.
static uint32_t ss_replayed_next(const struct ss_core *core, const struct ss_thing *thing, uint32_t from,
                                 bool (*is)(const struct ss_core *core, const struct ss_thing *thing, int part)) {
    uint32_t at = from;
    while (at < thing->count && ((thing->cells[at].flags & SS_CELL_HELD) != 0 || !is(core, thing, ss_replayed_cell_part(core, thing, at))))
        at++;
    return at;
}

static bool ss_replayed_needless(const struct ss_thing *thing) { return thing->count == 0 || (thing->flags & SS_THING_SHRUNK) != 0; }

bool ss_replayed_whole(const struct ss_core *core, const struct ss_thing *thing) {
    return ss_replayed_needless(thing) || ss_replayed_next(core, thing, 0, ss_replayed_has_not) == thing->count;
}

bool ss_replayed_lacks(const struct ss_core *core, const struct ss_thing *thing) {
    return !ss_replayed_needless(thing) && ss_replayed_next(core, thing, 0, ss_replayed_misses) < thing->count;
}

void ss_replayed_publish(struct ss_core *core, uint32_t change) {
    const struct ss_thing *thing = ss_thing_at(core, core->plan.changes.items[change].number);
    for (uint32_t at = 0; (at = ss_replayed_next(core, thing, at, ss_replayed_misses)) < thing->count; at++)
        ss_plan_publish(core, change, ss_replayed_cell_part(core, thing, at));
}
