// SPDX-License-Identifier: Apache-2.0
// Files of a few bytes that are written whole: whoever reads one finds the old content or the new.
#ifndef SS_EDGES_SMALL_FILE_H
#define SS_EDGES_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// ss_small_write makes FOLDER/name durable with this content. Returns false after saying why.
bool ss_small_write(const char *folder, const char *name, const void *bytes, size_t len);

// ss_small_read returns how many bytes FOLDER/name has, at most `max`; 0 when there is no such file, -1 when it cannot be read.
ssize_t ss_small_read(const char *folder, const char *name, void *bytes, size_t max);

#endif
