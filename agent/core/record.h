// SPDX-License-Identifier: Apache-2.0
// What is stored: entities (`e`), the outbox (`o`), version vector (`v`) and the clock and origin (`m`). Only this folder reads it back.
// From outside comes one record: SS_RECORD_COPIED (core.h).
#ifndef SS_CORE_RECORD_H
#define SS_CORE_RECORD_H

#include "core/plan.h"

enum { SS_RECORD_FIRST = 1, SS_RECORD_WIDE = 2 }; // versions of an entity's record: two bytes or four for the number of its fields

// ss_record_push stores a thing as its change leaves it. Errors: SS_ENOMEM.
int ss_record_push(struct ss_core *core, const struct ss_change *change);

// ss_record_outgoing stores (or, done, deletes) a place in the outbox; room for the effect must have been made. Errors: SS_ENOMEM.
int ss_record_outgoing(struct ss_core *core, uint64_t seq, uint32_t thing, int part, bool done);

// ss_record_line stores one line of the version vector; ss_record_clock the clock's ceiling; ss_record_origin ours. Errors: SS_ENOMEM.
int ss_record_line(struct ss_core *core, const struct ss_origin *from, uint64_t seq);
int ss_record_clock(struct ss_core *core);
int ss_record_origin(struct ss_core *core);

// ss_record_own removes the mark (SS_RECORD_COPIED) that says that these records are a copy. Errors: SS_ENOMEM.
int ss_record_own(struct ss_core *core);

// ss_record_restore takes one record back. Errors: SS_ENOMEM, SS_EINVAL.
int ss_record_restore(struct ss_core *core, struct ss_slice key, struct ss_slice value);

// ss_record_cells encodes fields as the records do. Errors: an empty slice when memory is denied.
struct ss_slice ss_record_cells(struct ss_core *core, const struct ss_incoming *incoming, uint32_t count);

// ss_record_incoming decodes them. Errors: SS_ENOMEM, SS_EINVAL.
int ss_record_incoming(struct ss_core *core, struct ss_slice record, struct ss_incoming **incoming, uint32_t *count);

#endif
