// SPDX-License-Identifier: Apache-2.0
// Things as the outside sees them.
#ifndef SS_CORE_ENTITY_H
#define SS_CORE_ENTITY_H

#include "core/plan.h"

// ss_entity_of_part makes the entity of a state message: all fields (-1), or of a thing in parts those of one; held ones stay here. It lives
// until the next step. Errors: false when memory is denied.
bool ss_entity_of_part(struct ss_core *core, struct ss_thing *thing, int part, struct ss_entity *entity);

struct ss_field ss_field_of(const struct ss_core *core, const struct ss_cell *cell);

// ss_incoming_of checks an entity from outside against v1's limits and makes its fields ready to be merged: sorted and unique.
// Errors: SS_ENOMEM, SS_ELIMIT, SS_EINVAL; `cause` is then set.
int ss_incoming_of(struct ss_core *core, const struct ss_entity *entity, struct ss_incoming **incoming, const char **cause);

// ss_incoming_sort sorts by name; false when a name comes twice.
bool ss_incoming_sort(const struct ss_core *core, struct ss_incoming *incoming, uint32_t count);

bool ss_kind_valid(struct ss_slice kind);
bool ss_name_valid(struct ss_slice name);
bool ss_value_valid(struct ss_slice value);

// ss_blob_flags returns SS_CELL_BLOB when a value names blobs.
uint32_t ss_blob_flags(struct ss_slice value);

#endif
