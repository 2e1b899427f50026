// SPDX-License-Identifier: Apache-2.0
#include "sweep/old_checkpoint.h"

#include "util/bytes.h"
#include "wire/messages.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 4 };

static bool read_all(int file, void *bytes, size_t len, off_t at) { return pread(file, bytes, len, at) == (ssize_t)len; }

// Returns the length of the part that begins there, 0: none does.
static size_t part_at(int file, off_t at) {
    uint8_t head[HEAD];
    const size_t len = read_all(file, head, sizeof(head), at) ? (size_t)ss_load_be(head, sizeof(head)) : 0;
    return len <= SS_MAX_MESSAGE ? len : 0;
}

static bool read_part(int file, off_t at, struct ss_codec *codec, struct ss_buffer *bytes, struct ss_reply *reply) {
    const size_t len = part_at(file, at);
    ss_buffer_clear(bytes);
    uint8_t *room = len > 0 ? ss_buffer_reserve(bytes, len) : NULL;
    return room != NULL && read_all(file, room, len, at + HEAD) &&
           ss_reply_decode(codec, (struct ss_slice){room, len}, reply) == SS_WIRE_OK;
}

// Returns where the last part begins, -1: the file does not end with a part.
static off_t last_part(int file, off_t size) {
    off_t at = 0;
    for (size_t len; (len = part_at(file, at)) > 0; at += HEAD + (off_t)len) {
        if (at + HEAD + (off_t)len == size) {
            return at;
        }
    }
    return -1;
}

bool ss_old_checkpoint_read(int file, struct ss_codec *codec, struct ss_buffer *bytes, struct ss_old_checkpoint *checkpoint) {
    struct ss_reply reply;
    struct stat status;
    if (fstat(file, &status) != 0 || !read_part(file, 0, codec, bytes, &reply) || !ss_is_scene(reply.scene)) {
        return false;
    }
    snprintf(checkpoint->scene, sizeof(checkpoint->scene), "%.*s", (int)reply.scene.len, (const char *)reply.scene.data);
    const off_t last = last_part(file, status.st_size);
    const bool whole = last >= 0 && read_part(file, last, codec, bytes, &reply) && reply.sync.last;
    checkpoint->vector = reply.sync.vector;
    return whole;
}
