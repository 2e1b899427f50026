// SPDX-License-Identifier: Apache-2.0
// The canonical text of a scene.
#ifndef SS_CLI_DUMP_H
#define SS_CLI_DUMP_H

#include "cli/print.h"

// ss_dump prints what is there, one field a line, sorted by kind, UUID and field name.
void ss_dump(FILE *out, const struct ss_replica *replica);

#endif
