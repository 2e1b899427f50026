// SPDX-License-Identifier: Apache-2.0
// Large values as bytes in memory: arrays in pages and files, fetched through the agent (schemas/README.md, "A kind").
#ifndef SS_GLTF_BLOBS_H
#define SS_GLTF_BLOBS_H

#include "cli/replica.h"

// ss_load_array gives an array of exactly `count` elements of that ext type; to be freed. NULL when it is absent, does not fit or its pages cannot be had.
void *ss_load_array(struct ss_cli *cli, struct scenesync_bytes value, int ext, size_t count);

// ss_load_file gives the bytes of a blob; to be freed. NULL when there is none or it cannot be had.
uint8_t *ss_load_file(struct ss_cli *cli, struct scenesync_bytes value, size_t *size);

// ss_write_array and ss_write_file put a value together and give what is too large for it to the agent. Returns false, says why and writes nothing, when
// that fails. `type` is a media type.
bool ss_write_array(struct ss_cli *cli, struct scenesync_writer *writer, int ext, const void *data, size_t count);
bool ss_write_file(struct ss_cli *cli, struct scenesync_writer *writer, const void *data, size_t size, const char *type);

#endif
