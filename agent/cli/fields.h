// SPDX-License-Identifier: Apache-2.0
// Values of an entity's fields as C has them. Each accepts NULL for an entity that is not there.
#ifndef SS_CLI_FIELDS_H
#define SS_CLI_FIELDS_H

#include "cli/replica.h"

// ss_number is a finite number, or the fallback.
double ss_number(const struct ss_known *entity, const char *name, double fallback);
bool ss_flag(const struct ss_known *entity, const char *name, bool fallback);

// ss_text is a string, not NUL-terminated; `data` NULL when there is none. ss_text_is compares it.
struct scenesync_bytes ss_text(const struct ss_known *entity, const char *name);
bool ss_text_is(const struct ss_known *entity, const char *name, const char *text);

// ss_numbers fills a vector. Returns false, and leaves it alone, when the field is not that many finite numbers.
bool ss_numbers(const struct ss_known *entity, const char *name, double *numbers, size_t count);

bool ss_reference(const struct ss_known *entity, const char *name, struct scenesync_uuid *id);

// ss_referred is the entity of that kind which a field names, if it is there, or NULL.
const struct ss_known *ss_referred(const struct ss_replica *replica, const struct ss_known *entity, const char *name, const char *kind);

// ss_parent_of is the object that an object hangs on, or NULL. Edits at once can make a circle of parents; it is cut where everybody cuts it, above
// the greatest UUID.
const struct ss_known *ss_parent_of(const struct ss_replica *replica, const struct ss_known *object);

#endif
