// SPDX-License-Identifier: Apache-2.0
// Puts right what Paho 1.3 does with its sockets, at link time, so that Debian's own static library serves unchanged: CMakeLists.txt
// links that library into one object in which these calls are wrapped (`ld -r --wrap`); nobody else's are.
//
// Measured faults: TCP_NODELAY is never set (a QoS 1 round trip waits 22 to 40 ms for a delayed ACK); after a partial write and while a
// connection is being made, only reading is waited for (1 s), and then 100 ms are slept because "nothing was ready".
// So: sockets that wait to be written are remembered, Paho's one poll with a timeout also waits for those, and the sleep after such a
// wake-up is skipped. A socket with an unfinished write is not watched for reading, because Paho does not read from it until then.
// Nor does anybody tell Paho's sending thread that the write was finished, or remember a signal given while it was busy; either costs up
// to 1 s. So a finished write signals, and a signal stays until it is taken.
//
// Paho's socket layer is a process-wide singleton; so, by necessity, is this.
#include "edges/paho_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SS_PAHO_SOCKETS = 128 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; // for Paho's sending thread
    bool has_work;
    int wake; // an eventfd that ends the poll when a socket begins to wait; 0: not made yet
    size_t count;
    int waiting[SS_PAHO_SOCKETS];
    atomic_ullong written;
} ss_paho = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static _Thread_local bool ss_paho_was_woken;   // the last poll ended for writing: do not sleep
static _Thread_local bool ss_paho_has_written; // Paho finishes a write between two polls

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __wrap_SSL_write(SSL *ssl, const void *bytes, int len);
int __wrap_usleep(useconds_t us);
int __wrap_close(int fd);
int __wrap_Thread_signal_cond(void *cond);
int __wrap_Thread_wait_cond(void *cond, int timeout_s);

static void forget_locked(int fd) {
    for (size_t i = 0; i < ss_paho.count; i++) {
        if (ss_paho.waiting[i] == fd) {
            ss_paho.waiting[i] = ss_paho.waiting[--ss_paho.count];
            return;
        }
    }
}

static void set_waiting(int fd, bool waits) {
    pthread_mutex_lock(&ss_paho.lock);
    forget_locked(fd);
    if (waits && ss_paho.count < SS_PAHO_SOCKETS) {
        ss_paho.waiting[ss_paho.count++] = fd;
        if (ss_paho.wake > 0) {
            (void)!write(ss_paho.wake, &(uint64_t){1}, sizeof(uint64_t));
        }
    }
    pthread_mutex_unlock(&ss_paho.lock);
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    int result = connect(fd, address, len);
    int error = errno;
    set_waiting(fd, result < 0 && error == EINPROGRESS);
    errno = error;
    return result;
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count) {
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        total += parts[i].iov_len;
    }
    ssize_t written = writev(fd, parts, count);
    int error = errno;
    bool full = written < 0 && (error == EAGAIN || error == EWOULDBLOCK);
    ss_paho.written += written > 0 ? (uint64_t)written : 0;
    set_waiting(fd, full || (written >= 0 && (size_t)written < total));
    errno = error;
    return written;
}

int __wrap_SSL_write(SSL *ssl, const void *bytes, int len) {
    int written = SSL_write(ssl, bytes, len);
    int error = errno;
    ss_paho.written += written > 0 ? (uint64_t)written : 0;
    // SSL_get_error empties nothing and may be asked again by Paho.
    set_waiting(SSL_get_fd(ssl), written <= 0 ? SSL_get_error(ssl, written) == SSL_ERROR_WANT_WRITE : written < len);
    errno = error;
    return written;
}

int __wrap_close(int fd) {
    set_waiting(fd, false);
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
        for (size_t j = 0; j < ss_paho.count; j++) {
            if (set[i].fd == ss_paho.waiting[j]) {
                set[i].events = POLLOUT;
            }
        }
    }
    set[count] = (struct pollfd){.fd = ss_paho.wake, .events = POLLIN};
    pthread_mutex_unlock(&ss_paho.lock);
    return count + 1;
}

static void drain_wake(void) {
    uint64_t ignored;
    (void)!read(ss_paho.wake, &ignored, sizeof(ignored));
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct pollfd set[SS_PAHO_SOCKETS + 1];
    nfds_t size = timeout_ms == 0 ? 0 : extend(set, fds, count);
    if (ss_paho_has_written && timeout_ms != 0) {
        ss_paho_has_written = false;
        __wrap_Thread_signal_cond(NULL);
    }
    if (size == 0) {
        return poll(fds, count, timeout_ms);
    }
    int result = poll(set, size, timeout_ms);
    if (result <= 0) {
        return result;
    }
    ss_paho_was_woken = false;
    if (set[count].revents != 0) {
        drain_wake();
        ss_paho_was_woken = true;
    }
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        if ((set[i].revents & POLLOUT) != 0) {
            set_waiting(set[i].fd, false);
            ss_paho_was_woken = ss_paho_has_written = true;
        }
        fds[i].revents = (short)(set[i].revents & ~POLLOUT);
        ready += fds[i].revents != 0;
    }
    return ready;
}

int __wrap_usleep(useconds_t us) {
    if (ss_paho_was_woken) {
        ss_paho_was_woken = false;
        return 0;
    }
    return usleep(us);
}

// Paho has one condition, that of its sending thread.
int __wrap_Thread_signal_cond(void *cond) {
    (void)cond;
    pthread_mutex_lock(&ss_paho.lock);
    ss_paho.has_work = true;
    pthread_cond_signal(&ss_paho.work);
    pthread_mutex_unlock(&ss_paho.lock);
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
