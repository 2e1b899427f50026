// SPDX-License-Identifier: Apache-2.0
// What peers are dragging: shown over the settled values while it is newer, never stored, digested or published.
#ifndef SS_CORE_OVERLAY_H
#define SS_CORE_OVERLAY_H

#include "core/merge.h"
#include "core/state.h"

// ss_overlay_may tells whether a field may be dragged.
bool ss_overlay_may(const struct ss_core *core, uint32_t name, struct ss_slice value);

// ss_overlay_show lays live values over the fields that a thing has; what does not fit or finds no memory is left out, as live may be lost.
void ss_overlay_show(struct ss_core *core, uint32_t thing, struct ss_incoming *incoming, uint32_t count);

// ss_overlay_end takes away what the thing's cells that changed are at least as new as; the others are no news.
void ss_overlay_end(struct ss_core *core, uint32_t thing);

// ss_overlay_cell returns what is shown instead of a cell that is OVERLAID.
const struct ss_cell *ss_overlay_cell(const struct ss_core *core, const struct ss_thing *thing, uint32_t name);
void ss_overlays_finish(struct ss_core *core);

#endif
