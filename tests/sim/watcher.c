// SPDX-License-Identifier: Apache-2.0
// Somebody whom the broker lets look on only.
#include "sim.h"

static bool sim_watcher_has(const struct ss_core *core, const struct ss_core *all, const struct ss_thing *thing,
                            const struct ss_cell *cell) {
    const struct ss_slice text = ss_names_text(&all->names, cell->name);
    const uint32_t kind = ss_names_find(&core->names, ss_names_text(&all->names, thing->kind));
    const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&core->scene, kind, &thing->uuid);
    if (number == SS_NONE)
        return false;
    const struct ss_thing *own = ss_thing_at(core, number);
    if ((own->flags & SS_THING_SHRUNK) != 0 && cell->name != all->word.deleted)
        return true; // it may alone have heard that this is deleted, a month ago
    const struct ss_cell *topology = ss_cells_get(&core->names, own->cells, own->count, core->word.topology);
    const bool array = text.len > 3 && memcmp(text.data, "at/", 3) == 0;
    if (array && topology != NULL && ss_stamp_compare(&topology->stamp, &cell->stamp) > 0)
        return true; // dropped
    const uint32_t name = ss_names_find(&core->names, text);
    const struct ss_cell *has = name == SS_NONE ? NULL : ss_cells_get(&core->names, own->cells, own->count, name);
    return has != NULL && ss_stamp_compare(&has->stamp, &cell->stamp) >= 0;
}

// A watcher may alone have heard a tool, or somebody who has died since, and cannot tell others; but lacks nothing that these have.
bool sim_watcher_lacks(const struct sim *sim) {
    const struct ss_core *all = sim->agent[0].core;
    for (uint32_t i = 0; i < all->scene.things.count; i++) {
        const struct ss_thing *thing = ss_thing_at(all, i);
        const bool deleted = (thing->flags & SS_THING_DELETED) != 0;
        for (uint32_t c = 0; c < thing->count; c++) {
            const struct ss_cell *cell = &thing->cells[c];
            if ((!deleted || cell->name == all->word.deleted) && !sim_watcher_has(sim->agent[sim->watcher].core, all, thing, cell))
                return true;
        }
    }
    return false;
}
