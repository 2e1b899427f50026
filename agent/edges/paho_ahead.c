// SPDX-License-Identifier: Apache-2.0
#include "edges/paho_ahead.h"

#include "edges/paho_socket.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SS_AHEAD_BYTES = 64 << 10 };

struct ss_ahead {
    int fd;
    size_t at, len;
    uint8_t bytes[SS_AHEAD_BYTES];
};

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct ss_ahead *of[SS_PAHO_SOCKETS];
} ss_ahead = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local int ss_ahead_reading = -1; // the socket of which this thread has read a part of what is here

static struct ss_ahead **find_locked(int fd) {
    for (size_t i = 0; i < ss_ahead.count; i++) {
        if (ss_ahead.of[i]->fd == fd) {
            return &ss_ahead.of[i];
        }
    }
    return NULL;
}

static struct ss_ahead *of_locked(int fd) {
    struct ss_ahead **found = find_locked(fd);
    if (found != NULL) {
        return *found;
    }
    struct ss_ahead *ahead = ss_ahead.count < SS_PAHO_SOCKETS ? malloc(sizeof(*ahead)) : NULL;
    if (ahead != NULL) {
        ahead->fd = fd;
        ahead->at = ahead->len = 0;
        ss_ahead.of[ss_ahead.count++] = ahead;
    }
    return ahead;
}

static size_t take(struct ss_ahead *ahead, uint8_t *bytes, size_t len) {
    const size_t here = ahead->len - ahead->at, taken = len < here ? len : here;
    if (taken > 0) { // Paho reads what is empty into no memory
        memcpy(bytes, ahead->bytes + ahead->at, taken);
    }
    ahead->at += taken;
    return taken;
}

static ssize_t read_locked(struct ss_ahead *ahead, uint8_t *bytes, size_t len) {
    const size_t taken = take(ahead, bytes, len);
    if (taken == len) {
        return (ssize_t)taken;
    }
    const bool large = len - taken >= SS_AHEAD_BYTES;
    ssize_t came = recv(ahead->fd, large ? bytes + taken : ahead->bytes, large ? len - taken : SS_AHEAD_BYTES, 0);
    if (came <= 0) {
        return taken > 0 ? (ssize_t)taken : came; // the next call is told
    }
    if (!large) {
        ahead->at = 0;
        ahead->len = (size_t)came;
        came = (ssize_t)take(ahead, bytes + taken, len - taken);
    }
    return (ssize_t)taken + came;
}

ssize_t ss_ahead_read(int fd, void *bytes, size_t len) {
    pthread_mutex_lock(&ss_ahead.lock);
    struct ss_ahead *ahead = of_locked(fd);
    const ssize_t came = ahead != NULL ? read_locked(ahead, bytes, len) : recv(fd, bytes, len, 0);
    ss_ahead_reading = ahead != NULL && ahead->at < ahead->len ? fd : -1;
    pthread_mutex_unlock(&ss_ahead.lock);
    return came;
}

int ss_ahead_mark(struct pollfd *fds, nfds_t count) {
    int ready = 0;
    pthread_mutex_lock(&ss_ahead.lock);
    for (nfds_t i = 0; i < count; i++) {
        struct ss_ahead **ahead = (fds[i].events & POLLIN) != 0 ? find_locked(fds[i].fd) : NULL;
        fds[i].revents |= ahead != NULL && (*ahead)->at < (*ahead)->len ? POLLIN : 0;
        ready += fds[i].revents != 0;
    }
    pthread_mutex_unlock(&ss_ahead.lock);
    return ready;
}

bool ss_ahead_amid(int fd) { return ss_ahead_reading == fd; }

void ss_ahead_forget(int fd) {
    pthread_mutex_lock(&ss_ahead.lock);
    struct ss_ahead **ahead = find_locked(fd);
    if (ahead != NULL) {
        free(*ahead);
        *ahead = ss_ahead.of[--ss_ahead.count];
    }
    pthread_mutex_unlock(&ss_ahead.lock);
}
