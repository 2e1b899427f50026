// SPDX-License-Identifier: Apache-2.0
// An entity as its JSON message: {v, kind, id, name, fields, names, truncated}. Equal entities give equal bytes, whichever bridge tells them.
#ifndef SS_BRIDGE_RENDER_H
#define SS_BRIDGE_RENDER_H

#include "cli/replica.h"

// ss_render returns the message, `*size` bytes to be freed.
char *ss_render(const struct ss_replica *replica, const struct ss_known *entity, size_t *size);

#endif
