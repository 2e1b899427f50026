// SPDX-License-Identifier: Apache-2.0
// Entities as people and programs read them.
#ifndef SS_CLI_PRINT_H
#define SS_CLI_PRINT_H

#include <stdio.h>

#include "cli/json.h"
#include "cli/replica.h"

// ss_print_heading prints KIND/ID and the name: "light/0123… Lamp".
void ss_print_heading(FILE *out, const struct ss_replica *replica, const struct ss_known *entity);

// ss_print_object prints {"kind": …, "id": …, "name": …, "fields": {…}} on one line; without `fields` when `fields` is false.
void ss_print_object(FILE *out, const struct ss_replica *replica, const struct ss_known *entity, bool fields);

// ss_print_field prints one field: `name=JSON`.
void ss_print_field(FILE *out, const char *kind, const struct ss_known_field *field);

#endif
