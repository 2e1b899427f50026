// SPDX-License-Identifier: Apache-2.0
#include "cli/scratch_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool failed(const struct ss_scratch_file *scratch) {
    ss_fail("%s: %s", scratch->path, strerror(errno));
    return false;
}

bool ss_scratch_file_open(struct ss_scratch_file *scratch) {
    const char *folder = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/scenesync-XXXXXX", folder && *folder ? folder : "/tmp");
    scratch->file = mkstemp(scratch->path);
    return scratch->file >= 0 || failed(scratch);
}

bool ss_scratch_file_write(struct ss_scratch_file *scratch, const void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(scratch->file, (const char *)data + done, size - done);
        if (wrote < 0 && errno != EINTR) {
            return failed(scratch);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

bool ss_scratch_file_give(const struct ss_scratch_file *scratch, struct ss_cli *cli, const char *type, struct scenesync_sha256 *sha256) {
    uint64_t size;
    return ss_cli_check(cli, scenesync_blob_give(cli->client, scratch->path, type, sha256, &size, cli->timeout_ms));
}

void ss_scratch_file_close(struct ss_scratch_file *scratch) {
    if (scratch->file >= 0) {
        close(scratch->file);
        unlink(scratch->path);
    }
}
