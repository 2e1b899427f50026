// SPDX-License-Identifier: Apache-2.0
#include "edges/paho_read.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { AHEAD = 16 * 1024, SOCKETS = 128 };

struct ss_ahead {
    int fd;
    size_t at, len;
    uint8_t bytes[AHEAD];
};

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct ss_ahead *ahead[SOCKETS];
} ss_paho_read = {.lock = PTHREAD_MUTEX_INITIALIZER};

ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);

static struct ss_ahead *find_locked(int fd) {
    for (size_t i = 0; i < ss_paho_read.count; i++) {
        if (ss_paho_read.ahead[i]->fd == fd) {
            return ss_paho_read.ahead[i];
        }
    }
    return NULL;
}

static struct ss_ahead *take_locked(int fd) {
    struct ss_ahead *ahead = find_locked(fd);
    if (ahead == NULL && ss_paho_read.count < SOCKETS && (ahead = malloc(sizeof(*ahead))) != NULL) {
        ahead->fd = fd;
        ahead->at = ahead->len = 0;
        ss_paho_read.ahead[ss_paho_read.count++] = ahead;
    }
    return ahead;
}

// A large rest of a message goes where it belongs at once.
static ssize_t read_locked(struct ss_ahead *ahead, int fd, void *to, size_t size) {
    if (ahead->at == ahead->len) {
        if (size >= AHEAD) {
            return recv(fd, to, size, 0);
        }
        ssize_t got = recv(fd, ahead->bytes, AHEAD, 0);
        if (got <= 0) {
            return got;
        }
        ahead->at = 0;
        ahead->len = (size_t)got;
    }
    size_t left = ahead->len - ahead->at;
    size = size < left ? size : left;
    memcpy(to, ahead->bytes + ahead->at, size);
    ahead->at += size;
    return (ssize_t)size;
}

ssize_t __wrap_recv(int fd, void *to, size_t size, int flags) {
    pthread_mutex_lock(&ss_paho_read.lock);
    struct ss_ahead *ahead = flags == 0 && size > 0 ? take_locked(fd) : NULL; // nothing is asked for when a socket is closed, a TLS one too
    ssize_t got = ahead != NULL ? read_locked(ahead, fd, to, size) : recv(fd, to, size, flags);
    pthread_mutex_unlock(&ss_paho_read.lock);
    return got;
}

int ss_paho_read_ready(struct pollfd *fds, nfds_t count) {
    int ready = 0;
    pthread_mutex_lock(&ss_paho_read.lock);
    for (nfds_t i = 0; i < count; i++) {
        const struct ss_ahead *ahead = (fds[i].events & POLLIN) != 0 ? find_locked(fds[i].fd) : NULL;
        fds[i].revents = ahead != NULL && ahead->at < ahead->len ? POLLIN : 0;
        ready += fds[i].revents != 0;
    }
    pthread_mutex_unlock(&ss_paho_read.lock);
    return ready;
}

void ss_paho_read_forget(int fd) {
    pthread_mutex_lock(&ss_paho_read.lock);
    for (size_t i = 0; i < ss_paho_read.count; i++) {
        if (ss_paho_read.ahead[i]->fd == fd) {
            free(ss_paho_read.ahead[i]);
            ss_paho_read.ahead[i] = ss_paho_read.ahead[--ss_paho_read.count];
            break;
        }
    }
    pthread_mutex_unlock(&ss_paho_read.lock);
}
