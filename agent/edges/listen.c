// SPDX-License-Identifier: Apache-2.0
#include "edges/listen.h"

#include "edges/log.h"
#include "edges/memory.h"
#include "wire/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static const char LOOPBACK[] = "127.0.0.1";

// ---- What an earlier agent left ---------------------------------------------------------------------------------------------------------

static bool somebody_answers(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return false;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return answers;
}

// Whether a file is one of ours, and whether the agent that wrote it still holds its lock.
static bool is_address(const char *path, bool *served) {
    char text[sizeof(LOOPBACK)] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ours = fd >= 0 && read(fd, text, sizeof(LOOPBACK) - 1) == (ssize_t)sizeof(LOOPBACK) - 1 && strcmp(text, LOOPBACK) == 0;
    *served = ours && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0) {
        close(fd);
    }
    return ours;
}

static bool clear_path(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        return true;
    }
    bool served = S_ISSOCK(status.st_mode) && somebody_answers(path);
    if (!S_ISSOCK(status.st_mode) && !(S_ISREG(status.st_mode) && is_address(path, &served))) {
        ss_log("%s exists and is no socket; remove it, or choose another with --socket", path);
        return false;
    }
    if (served) {
        ss_log("another agent serves %s; stop it, or choose another socket with --socket", path);
        return false;
    }
    return unlink(path) == 0;
}

static bool make_folder_of(const char *path) {
    char *folder = ss_copy_text(path, strlen(path));
    char *slash = strrchr(folder, '/');
    bool ok = true;
    if (slash != NULL && slash != folder) {
        *slash = '\0';
        ok = mkdir(folder, 0700) == 0 || errno == EEXIST;
    }
    if (!ok) {
        ss_log("cannot make the folder %s: %s; make it, or choose another place with --socket", folder, strerror(errno));
    }
    free(folder);
    return ok;
}

// ---- A Unix socket ----------------------------------------------------------------------------------------------------------------------

static int open_unix(struct ss_listener *listener, uv_loop_t *loop, const char *path) {
    uv_pipe_init(loop, &listener->stream.pipe, 0);
    mode_t before = umask(0177); // from the first moment nobody else may connect
    int error = uv_pipe_bind(&listener->stream.pipe, path);
    umask(before);
    return error;
}

// ---- TCP on loopback --------------------------------------------------------------------------------------------------------------------

static int open_tcp(struct ss_listener *listener, uv_loop_t *loop, int port) {
    struct sockaddr_in address;
    uv_ip4_addr(LOOPBACK, port, &address);
    uv_tcp_init(loop, &listener->stream.tcp);
    return uv_tcp_bind(&listener->stream.tcp, (const struct sockaddr *)&address, 0);
}

static bool make_token(char token[SS_TOKEN + 1]) {
    uint8_t bytes[SS_TOKEN / 2];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return false;
    }
    ss_hex_format(bytes, sizeof(bytes), token);
    return true;
}

// The file comes into its place whole and locked. Its lines: address, token, process.
static bool write_address(struct ss_listener *listener) {
    struct sockaddr_in address;
    int len = sizeof(address);
    char text[256], fresh[PATH_MAX];
    if (!make_token(listener->token) || uv_tcp_getsockname(&listener->stream.tcp, (struct sockaddr *)&address, &len) != 0) {
        return false;
    }
    len = snprintf(text, sizeof(text), "%s:%u\n%s\n%ld\n", LOOPBACK, ntohs(address.sin_port), listener->token, (long)getpid());
    if (snprintf(fresh, sizeof(fresh), "%s.new", listener->path) >= (int)sizeof(fresh)) {
        errno = ENAMETOOLONG;
        return false;
    }
    listener->file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = listener->file >= 0 && fchmod(listener->file, 0600) == 0 && flock(listener->file, LOCK_EX | LOCK_NB) == 0 &&
              write(listener->file, text, (size_t)len) == len && rename(fresh, listener->path) == 0;
    if (!ok && listener->file >= 0) {
        close(listener->file);
    }
    return ok;
}

// ---- Either -----------------------------------------------------------------------------------------------------------------------------

bool ss_listener_open(struct ss_listener *listener, uv_loop_t *loop, const char *path, int port, uv_connection_cb called, void *data) {
    *listener = (struct ss_listener){.path = path, .tcp = port >= 0};
    if (!listener->tcp && strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        ss_log("the socket's path is longer than %zu bytes: %s; choose a shorter one with --socket",
               sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, path);
        return false;
    }
    if (!make_folder_of(path) || !clear_path(path)) {
        return false;
    }
    int error = listener->tcp ? open_tcp(listener, loop, port) : open_unix(listener, loop, path);
    listener->stream.handle.data = data;
    error = error != 0 ? error : uv_listen(&listener->stream.stream, BACKLOG, called);
    if (error == 0 && listener->tcp && !write_address(listener)) {
        error = uv_translate_sys_error(errno);
    }
    if (error != 0) {
        ss_log("cannot serve %s: %s", path, uv_strerror(error));
        uv_close(&listener->stream.handle, NULL);
    }
    return error == 0;
}

void ss_listener_close(struct ss_listener *listener) {
    if (listener->tcp) {
        unlink(listener->path);
        close(listener->file);
    }
    uv_close(&listener->stream.handle, NULL); // libuv removes a socket's file
}

int ss_listener_accept(struct ss_listener *listener, union ss_stream *stream) {
    if (!listener->tcp) {
        uv_pipe_init(listener->stream.handle.loop, &stream->pipe, 0);
        return uv_accept(&listener->stream.stream, &stream->stream);
    }
    uv_tcp_init(listener->stream.handle.loop, &stream->tcp);
    int error = uv_accept(&listener->stream.stream, &stream->stream);
    return error != 0 ? error : uv_tcp_nodelay(&stream->tcp, 1);
}

bool ss_listener_trusts(const struct ss_listener *listener, struct ss_slice token) {
    return !listener->tcp || (token.len == SS_TOKEN && CRYPTO_memcmp(token.data, listener->token, SS_TOKEN) == 0);
}
