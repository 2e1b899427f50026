// SPDX-License-Identifier: Apache-2.0
// The reader of checkpoints among the store's files, which anybody who may edit can have put there.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "again.h"
#include "sweep/old_checkpoint.h"
#include "wire/topics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int file;
    struct ss_old_checkpoint checkpoint;
    struct ss_buffer bytes;
    if (file == 0) {
        must((file = memfd_create("checkpoint", MFD_CLOEXEC)) > 0);
    }
    must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    ss_buffer_init(&bytes, 1 << 20);
    if (ss_old_checkpoint_read(file, fuzz_codec(0), &bytes, &checkpoint)) {
        must(ss_is_scene(ss_slice_text(checkpoint.scene)));
        for (size_t i = 1; i < checkpoint.vector.count; i++) {
            must(memcmp(&checkpoint.vector.entries[i - 1].from, &checkpoint.vector.entries[i].from, sizeof(struct ss_origin)) < 0);
        }
    }
    ss_buffer_finish(&bytes);
    return 0;
}
