// SPDX-License-Identifier: Apache-2.0
// Finds the agent: a Unix socket or, where a file is in its place, TCP at the address in that file, with the token in it.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/connection.h"

static int unreachable(struct scenesync *client, const char *path) {
    return ss_connection_fail(client, SCENESYNC_UNREACHABLE, "no agent at %s: %s; start one with `scenesync agent`", path, strerror(errno));
}

static int dial_unix(struct scenesync *client, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return ss_connection_fail(client, SCENESYNC_UNREACHABLE, "%s: the path of a socket has at most %zu bytes", path,
                                  sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        return unreachable(client, path);
    }
    return SCENESYNC_OK;
}

// The file's lines: 127.0.0.1:port, token, process.
static bool parse_address(const char *text, struct sockaddr_in *address, char token[SS_TOKEN_SIZE]) {
    static const char loopback[] = "127.0.0.1:";
    if (strncmp(text, loopback, sizeof loopback - 1) != 0) {
        return false;
    }
    char *end;
    unsigned long port = strtoul(text + sizeof loopback - 1, &end, 10);
    size_t len = *end == '\n' ? strcspn(end + 1, "\n") : 0;
    if (port == 0 || port > UINT16_MAX || len == 0 || len >= SS_TOKEN_SIZE) {
        return false;
    }
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memcpy(token, end + 1, len);
    token[len] = '\0';
    return true;
}

static int read_address(struct scenesync *client, const char *path, struct sockaddr_in *address) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return unreachable(client, path);
    }
    char text[256];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (!parse_address(text, address, client->token)) {
        return ss_connection_fail(client, SCENESYNC_UNREACHABLE, "%s is neither a socket nor the file of an agent that serves TCP", path);
    }
    return SCENESYNC_OK;
}

// A port of this machine answers at once, or nobody is there: so connecting may block.
static int dial_tcp(struct scenesync *client, const char *path) {
    struct sockaddr_in address;
    int error = read_address(client, path, &address), on = 1;
    if (error) {
        return error;
    }
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 || fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0) {
        return unreachable(client, path);
    }
    return SCENESYNC_OK;
}

int ss_connection_dial(struct scenesync *client, const char *path) {
    struct stat status;
    bool file = stat(path, &status) == 0 && S_ISREG(status.st_mode);
    return file ? dial_tcp(client, path) : dial_unix(client, path);
}
