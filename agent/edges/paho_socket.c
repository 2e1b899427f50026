// SPDX-License-Identifier: Apache-2.0
// Puts right what Paho 1.3 does with its sockets, at link time, so that Debian's own static library serves unchanged: CMakeLists.txt
// links that library into one object in which these calls are wrapped (`ld -r --wrap`); nobody else's are.
//
// Measured faults: TCP_NODELAY is never set (a QoS 1 round trip waits 22 to 40 ms for a delayed ACK); after a partial write and while a
// connection is being made, only reading is waited for (1 s), and then 100 ms are slept because "nothing was ready"; woken earlier, its
// queue of unfinished writes stops now and then for good. So no write is ever unfinished for Paho: what the kernel does not take is kept
// here, and written when Paho's one poll with a timeout, which then also waits for that, says so. How much may be kept is for the caller
// of Paho to bound (ss_paho_written). Nor does a write ever fail for Paho, which frees the message of such a one twice: the connection is
// ended instead, and Paho is told so when it reads. Nor does Paho remember a signal that its sending thread got while it was busy, which costs up to
// 1 s: here a signal stays until it is taken.
//
// It reads in small pieces, and acknowledges each message with a packet of its own: what comes is read ahead of it (paho_ahead.c), and what it
// answers meanwhile is kept until the end of that.
//
// Paho's socket layer is a process-wide singleton; so, by necessity, is this.
#include "edges/paho_socket.h"

#include "edges/paho_ahead.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EACH = 16 }; // polls that what is read ahead may answer alone, before others have their turn

// ss_waiting is a socket that waits to be connected or has bytes to be written.
struct ss_waiting {
    int fd;
    uint8_t *bytes; // NULL: being connected
    size_t at, len, capacity;
    bool held; // was not given to the kernel yet: more is being read
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; // for Paho's sending thread
    bool has_work;
    int wake; // an eventfd that ends the poll when a socket begins to wait; 0: not made yet
    size_t count;
    struct ss_waiting waiting[SS_PAHO_SOCKETS];
    atomic_ullong written;
} ss_paho = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static _Thread_local bool ss_paho_was_woken; // the last poll ended for writing: do not sleep

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __wrap_SSL_write(SSL *ssl, const void *bytes, int len);
int __wrap_usleep(useconds_t us);
int __wrap_close(int fd);
int __wrap_Thread_signal_cond(void *cond);
int __wrap_Thread_wait_cond(void *cond, int timeout_s);

static struct ss_waiting *find_locked(int fd) {
    for (size_t i = 0; i < ss_paho.count; i++) {
        if (ss_paho.waiting[i].fd == fd) {
            return &ss_paho.waiting[i];
        }
    }
    return NULL;
}

static void forget_locked(int fd) {
    struct ss_waiting *waiting = find_locked(fd);
    if (waiting != NULL) {
        free(waiting->bytes);
        *waiting = ss_paho.waiting[--ss_paho.count];
    }
}

static struct ss_waiting *add_locked(int fd) {
    if (ss_paho.count == SS_PAHO_SOCKETS) {
        return NULL;
    }
    struct ss_waiting *waiting = &ss_paho.waiting[ss_paho.count++];
    *waiting = (struct ss_waiting){.fd = fd};
    if (ss_paho.wake > 0) {
        (void)!write(ss_paho.wake, &(uint64_t){1}, sizeof(uint64_t));
    }
    return waiting;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    int result = connect(fd, address, len);
    int error = errno;
    ss_ahead_forget(fd);
    pthread_mutex_lock(&ss_paho.lock);
    forget_locked(fd);
    if (result < 0 && error == EINPROGRESS) {
        add_locked(fd);
    }
    pthread_mutex_unlock(&ss_paho.lock);
    errno = error;
    return result;
}

static bool keep(struct ss_waiting *waiting, const void *bytes, size_t len) {
    if (waiting->at > waiting->len / 2) {
        waiting->len -= waiting->at;
        memmove(waiting->bytes, waiting->bytes + waiting->at, waiting->len);
        waiting->at = 0;
    }
    if (waiting->len + len > waiting->capacity) {
        size_t capacity = (waiting->len + len) * 2;
        uint8_t *larger = realloc(waiting->bytes, capacity);
        if (larger == NULL) {
            return false;
        }
        waiting->bytes = larger;
        waiting->capacity = capacity;
    }
    memcpy(waiting->bytes + waiting->len, bytes, len);
    waiting->len += len;
    return true;
}

// Keeps what is behind the first `skip` bytes. When that is not possible the connection cannot go on.
static bool keep_rest_locked(int fd, const struct iovec *parts, int count, size_t skip) {
    struct ss_waiting *waiting = find_locked(fd);
    bool ok = waiting != NULL || (waiting = add_locked(fd)) != NULL;
    for (int i = 0; ok && i < count; i++) {
        size_t from = skip < parts[i].iov_len ? skip : parts[i].iov_len;
        skip -= from;
        ok = keep(waiting, (const uint8_t *)parts[i].iov_base + from, parts[i].iov_len - from);
    }
    return ok;
}

// Writes what is kept for a socket. A failed write ends the keeping: Paho sees the same error when it reads.
static void flush_locked(int fd) {
    struct ss_waiting *waiting = find_locked(fd);
    if (waiting != NULL && waiting->bytes != NULL) {
        ssize_t written = write(fd, waiting->bytes + waiting->at, waiting->len - waiting->at);
        bool failed = written < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
        waiting->at += written > 0 ? (size_t)written : 0;
        waiting->held = false;
        ss_paho.written += written > 0 ? (uint64_t)written : 0;
        if (!failed && waiting->at < waiting->len) {
            waiting = NULL; // the rest when there is room again
        }
    }
    if (waiting != NULL) {
        forget_locked(fd);
    }
}

// Gives the kernel what it takes, unless more is being read. Returns as writev does.
static ssize_t write_locked(int fd, const struct iovec *parts, int count) {
    const bool hold = ss_ahead_amid(fd);
    struct ss_waiting *waiting = find_locked(fd);
    if (waiting != NULL && waiting->held && !hold) {
        flush_locked(fd);
        waiting = find_locked(fd);
    }
    if (waiting == NULL && hold && (waiting = add_locked(fd)) != NULL) {
        waiting->held = true;
    }
    return waiting != NULL ? 0 : writev(fd, parts, count);
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count) {
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        total += parts[i].iov_len;
    }
    pthread_mutex_lock(&ss_paho.lock);
    ssize_t written = write_locked(fd, parts, count);
    bool failed = written < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
    size_t taken = written > 0 ? (size_t)written : 0;
    ss_paho.written += taken;
    if (failed || (taken < total && !keep_rest_locked(fd, parts, count, taken))) {
        shutdown(fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&ss_paho.lock);
    return (ssize_t)total;
}

int __wrap_SSL_write(SSL *ssl, const void *bytes, int len) {
    int written = SSL_write(ssl, bytes, len);
    ss_paho.written += written > 0 ? (uint64_t)written : 0;
    int error = SSL_get_error(ssl, written);
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) {
        return written;
    }
    ERR_clear_error();
    shutdown(SSL_get_fd(ssl), SHUT_RDWR);
    return len;
}

ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags) {
    (void)flags; // Paho gives none
    return ss_ahead_read(fd, bytes, len);
}

int __wrap_close(int fd) {
    ss_ahead_forget(fd);
    pthread_mutex_lock(&ss_paho.lock);
    forget_locked(fd);
    pthread_mutex_unlock(&ss_paho.lock);
    return close(fd);
}

// Adds what waits to be written to a copy of Paho's set. Returns the size of the set, 0 when it does not fit.
static nfds_t extend(struct pollfd *set, const struct pollfd *fds, nfds_t count) {
    if (count >= SS_PAHO_SOCKETS) {
        return 0;
    }
    memcpy(set, fds, count * sizeof(*set));
    pthread_mutex_lock(&ss_paho.lock);
    if (ss_paho.wake <= 0) {
        ss_paho.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    for (nfds_t i = 0; i < count; i++) {
        set[i].events |= find_locked(set[i].fd) != NULL ? POLLOUT : 0;
    }
    set[count] = (struct pollfd){.fd = ss_paho.wake, .events = POLLIN};
    pthread_mutex_unlock(&ss_paho.lock);
    return count + 1;
}

// Polls for Paho, and writes what is kept where there is room.
static int look(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct pollfd set[SS_PAHO_SOCKETS + 1];
    const nfds_t size = extend(set, fds, count);
    int result = size == 0 ? poll(fds, count, timeout_ms) : poll(set, size, timeout_ms);
    if (result < 0 || size == 0) {
        return result;
    }
    ss_paho_was_woken = set[count].revents != 0;
    if (ss_paho_was_woken) {
        (void)!read(ss_paho.wake, &(uint64_t){0}, sizeof(uint64_t));
    }
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        if ((set[i].revents & POLLOUT) != 0) {
            pthread_mutex_lock(&ss_paho.lock);
            flush_locked(set[i].fd);
            pthread_mutex_unlock(&ss_paho.lock);
            ss_paho_was_woken = true;
        }
        fds[i].revents = (short)(set[i].revents & ~POLLOUT);
        ready += fds[i].revents != 0;
    }
    return ready;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    static _Thread_local unsigned turn;
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = 0;
    }
    const int ahead = ss_ahead_mark(fds, count);
    if (ahead == 0) {
        return timeout_ms == 0 ? poll(fds, count, 0) : look(fds, count, timeout_ms);
    }
    if (++turn % LOOK_EACH != 0) {
        return ahead;
    }
    look(fds, count, 0);
    return ss_ahead_mark(fds, count);
}

int __wrap_usleep(useconds_t us) {
    if (ss_paho_was_woken) {
        ss_paho_was_woken = false;
        return 0;
    }
    return usleep(us);
}

// ---- Waiting ------------------------------------------------------------------------------------------------------------------------------

// Paho has one condition, that of its sending thread.
void ss_paho_go_on(void) {
    pthread_mutex_lock(&ss_paho.lock);
    ss_paho.has_work = true;
    pthread_cond_signal(&ss_paho.work);
    pthread_mutex_unlock(&ss_paho.lock);
}

int __wrap_Thread_signal_cond(void *cond) {
    (void)cond;
    ss_paho_go_on();
    return 0;
}

int __wrap_Thread_wait_cond(void *cond, int timeout_s) {
    (void)cond;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_s;
    int result = 0;
    pthread_mutex_lock(&ss_paho.lock);
    while (!ss_paho.has_work && result == 0) {
        result = pthread_cond_timedwait(&ss_paho.work, &ss_paho.lock, &until);
    }
    ss_paho.has_work = false;
    pthread_mutex_unlock(&ss_paho.lock);
    return result;
}

uint64_t ss_paho_written(void) { return ss_paho.written; }

bool ss_paho_is_waiting(void) {
    pthread_mutex_lock(&ss_paho.lock);
    bool waiting = ss_paho.count > 0;
    pthread_mutex_unlock(&ss_paho.lock);
    return waiting;
}
