// SPDX-License-Identifier: Apache-2.0
// Bytes that become a file for a moment, because the agent takes files.
#ifndef SS_CLI_SCRATCH_FILE_H
#define SS_CLI_SCRATCH_FILE_H

#include <limits.h>

#include "cli/command.h"

struct ss_scratch_file {
    int file;
    char path[PATH_MAX];
};

// Each says on stderr what failed. Close it in any case.
bool ss_scratch_file_open(struct ss_scratch_file *scratch);
bool ss_scratch_file_write(struct ss_scratch_file *scratch, const void *data, size_t size);
bool ss_scratch_file_give(const struct ss_scratch_file *scratch, struct ss_cli *cli, const char *type, struct scenesync_sha256 *sha256);
void ss_scratch_file_close(struct ss_scratch_file *scratch);

#endif
