// SPDX-License-Identifier: Apache-2.0
// Pictures that glTF knows.
#ifndef SS_GLTF_MEDIA_H
#define SS_GLTF_MEDIA_H

#include <stddef.h>
#include <stdint.h>

// ss_media_type tells by the first bytes of a file: "image/png", "image/jpeg" or NULL.
const char *ss_media_type(const uint8_t *data, size_t size);

#endif
