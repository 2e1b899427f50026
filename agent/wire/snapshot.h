// SPDX-License-Identifier: Apache-2.0
// What checkpoint and reply share: how a blob is named.
#ifndef SS_WIRE_SNAPSHOT_H
#define SS_WIRE_SNAPSHOT_H

#include "core/core.h"
#include "wire/map.h"

extern const struct ss_map ss_blob_map; // of struct ss_blob_name

#endif
