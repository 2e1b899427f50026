// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "client/connection.h"

enum {
    CHUNK = 1024 * 1024,
    COPY_APART = 4 * CHUNK, // from this size on a file is copied by one thread while another hashes it
};

struct copy {
    int from, to;
    int error;
};

static int file_problem(struct scenesync *client, const char *path) {
    return ss_connection_fail(client, SCENESYNC_FILE, "%s: %s", path, strerror(errno));
}

static bool write_all(int fd, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t len = write(fd, data, size);
        if (len < 0) {
            return false;
        }
        data += len;
        size -= (size_t)len;
    }
    return true;
}

// Hashes and, unless `to` is negative, copies in one pass. Returns false with errno set.
static bool hash_all(int from, int to, EVP_MD_CTX *hash, uint8_t *chunk, uint64_t *size) {
    for (;;) {
        ssize_t len = pread(from, chunk, CHUNK, (off_t)*size);
        if (len <= 0) {
            return len == 0;
        }
        if (EVP_DigestUpdate(hash, chunk, (size_t)len) != 1 || (to >= 0 && !write_all(to, chunk, (size_t)len))) {
            return false;
        }
        *size += (uint64_t)len;
    }
}

static bool hash_file(int from, int to, struct scenesync_sha256 *sha256, uint64_t *size) {
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t *chunk = malloc(CHUNK);
    bool ok = hash && chunk && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
    errno = ok ? 0 : ENOMEM;
    *size = 0;
    ok = ok && hash_all(from, to, hash, chunk, size) && EVP_DigestFinal_ex(hash, sha256->b, NULL) == 1;
    EVP_MD_CTX_free(hash);
    free(chunk);
    return ok;
}

static void *copy_all(void *context) {
    struct copy *copy = context;
    ssize_t len;
    while ((len = copy_file_range(copy->from, NULL, copy->to, NULL, COPY_APART, 0)) > 0) {}
    copy->error = len < 0 ? errno : 0;
    return NULL;
}

// A file that is written meanwhile gets a hash that is not the copy's, which the agent refuses.
static bool copy_file(int from, int to, struct scenesync_sha256 *sha256, uint64_t *size) {
    struct copy copy = {from, to, 0};
    struct stat status;
    pthread_t thread;
    if (fstat(from, &status) != 0 || status.st_size < COPY_APART || pthread_create(&thread, NULL, copy_all, &copy) != 0) {
        return hash_file(from, to, sha256, size);
    }
    bool ok = hash_file(from, -1, sha256, size);
    int error = errno;
    pthread_join(thread, NULL);
    if (ok && (copy.error == EXDEV || copy.error == EINVAL || copy.error == ENOSYS || copy.error == EOPNOTSUPP)) {
        return lseek(to, 0, SEEK_SET) == 0 && hash_file(from, to, sha256, size); // between these two file systems the kernel does not copy
    }
    errno = ok ? copy.error : error;
    return ok && copy.error == 0;
}

// Without waiting for a pipe's other end. What is no file may have no end, and cannot be read twice.
static int open_file(struct scenesync *client, const char *path, int *from) {
    struct stat status;
    *from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*from < 0) {
        return file_problem(client, path);
    }
    if (fstat(*from, &status) == 0 && S_ISREG(status.st_mode)) {
        return SCENESYNC_OK;
    }
    close(*from);
    return ss_connection_fail(client, SCENESYNC_FILE, "%s is %s, not a file; write what is to be handed over into a file first", path,
                              S_ISDIR(status.st_mode) ? "a folder" : "a device or a pipe");
}

static int stage(struct scenesync *client, const char *path, char staged[SS_PATH_SIZE + 32], struct scenesync_sha256 *sha256,
                 uint64_t *size) {
    int from, error = open_file(client, path, &from);
    if (error) {
        return error;
    }
    snprintf(staged, SS_PATH_SIZE + 32, "%s/client-XXXXXX", client->incoming);
    int to = mkostemp(staged, O_CLOEXEC);
    bool ok = to >= 0 && copy_file(from, to, sha256, size);
    error = ok ? SCENESYNC_OK : file_problem(client, to < 0 ? staged : path);
    close(from);
    if (to >= 0) {
        close(to);
    }
    if (error && to >= 0) {
        unlink(staged);
    }
    return error;
}

static int wait_have(struct scenesync *client, const struct scenesync_sha256 *sha256, struct ss_notice *notice, int64_t deadline) {
    struct ss_request request = {.type = SS_REQUEST_WANT};
    memcpy(request.want.b, sha256->b, sizeof request.want.b);
    int error = ss_connection_send(client, &request, deadline);
    while (!error) {
        error = ss_connection_wait(client, (struct ss_expected){SS_NOTICE_HAVE, 0}, notice, deadline);
        if (!error && memcmp(notice->have.sha256.b, sha256->b, sizeof sha256->b) == 0) {
            break;
        }
    }
    return error;
}

// Gives the staged file to the agent, which moves it away or, when it is not what it should be, removes it.
static int give(struct scenesync *client, const char *staged, const char *type, const struct scenesync_sha256 *sha256, uint64_t size,
                int64_t deadline) {
    struct ss_request request = {.type = SS_REQUEST_BLOB};
    memcpy(request.blob.sha256.b, sha256->b, sizeof sha256->b);
    request.blob.size = size;
    request.blob.path = ss_slice_text(staged);
    request.blob.type = type ? ss_slice_text(type) : (struct ss_slice){0};
    return ss_connection_send(client, &request, deadline);
}

int scenesync_blob_give(struct scenesync *client, const char *path, const char *type, struct scenesync_sha256 *sha256, uint64_t *size,
                        int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    char staged[SS_PATH_SIZE + 32];
    int error = stage(client, path, staged, sha256, size);
    if (error) {
        return error;
    }
    error = give(client, staged, type, sha256, *size, deadline);
    if (error) {
        unlink(staged);
    }
    return error;
}

int scenesync_blob_put(struct scenesync *client, const char *path, const char *type, struct scenesync_sha256 *sha256, uint64_t *size,
                       int timeout_ms) {
    int64_t deadline = ss_deadline(timeout_ms);
    char staged[SS_PATH_SIZE + 32];
    int error = stage(client, path, staged, sha256, size);
    if (error) {
        return error;
    }
    struct ss_notice notice;
    error = give(client, staged, type, sha256, *size, deadline);
    error = error ? error : wait_have(client, sha256, &notice, deadline);
    unlink(staged); // the agent has moved it; if it refused, nobody else removes it
    return error;
}

int scenesync_blob_get(struct scenesync *client, const struct scenesync_sha256 *sha256, char *path, size_t path_size, int timeout_ms) {
    struct ss_notice notice;
    int error = wait_have(client, sha256, &notice, ss_deadline(timeout_ms));
    if (error) {
        return error;
    }
    if (notice.have.path.len >= path_size) {
        return ss_connection_fail(client, SCENESYNC_INVALID, "the blob's path has %zu bytes, there is room for %zu", notice.have.path.len,
                                  path_size);
    }
    memcpy(path, notice.have.path.data, notice.have.path.len);
    path[notice.have.path.len] = '\0';
    return SCENESYNC_OK;
}

void scenesync_sha256(const void *data, size_t size, struct scenesync_sha256 *sha256) {
    EVP_Digest(data, size, sha256->b, NULL, EVP_sha256(), NULL);
}
