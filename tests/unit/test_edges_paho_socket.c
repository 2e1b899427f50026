// SPDX-License-Identifier: Apache-2.0
// What Paho is told of its writes: always that they succeeded.
#include "edges_util.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __wrap_close(int fd);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

static void pair(int ends[2]) {
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static ssize_t write_two(int fd) {
    char head[] = "head", body[] = "body";
    struct iovec parts[] = {{head, 4}, {body, 4}};
    return __wrap_writev(fd, parts, 2);
}

static void what_is_written_arrives(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    assert_int_equal(write_two(ends[0]), 8);
    char got[16];
    assert_int_equal(read(ends[1], got, sizeof(got)), 8);
    assert_memory_equal(got, "headbody", 8);
    close(ends[1]);
    __wrap_close(ends[0]);
}

static void what_the_kernel_does_not_take_is_kept(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    static char large[4 << 20];
    struct iovec part = {large, sizeof(large)};
    assert_int_equal(__wrap_writev(ends[0], &part, 1), sizeof(large));
    assert_int_equal(write_two(ends[0]), 8);
    close(ends[1]);
    __wrap_close(ends[0]);
}

// Paho frees the message of a failed write twice (seen with 1.3.12 and told of 1.3.13).
static void a_failed_write_is_the_end_of_reading(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    close(ends[1]);
    assert_int_equal(write_two(ends[0]), 8);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 0);
    __wrap_close(ends[0]);
}

// Paho looks at what poll said of a socket also when nothing happened, and does not set it before.
static void of_a_socket_where_nothing_happens_nothing_is_said(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    struct pollfd set = {.fd = ends[0], .events = POLLIN, .revents = POLLHUP};
    assert_int_equal(__wrap_poll(&set, 1, 1), 0);
    assert_int_equal(set.revents, 0);
    close(ends[1]);
    __wrap_close(ends[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_arrives),
        cmocka_unit_test(what_the_kernel_does_not_take_is_kept),
        cmocka_unit_test(a_failed_write_is_the_end_of_reading),
        cmocka_unit_test(of_a_socket_where_nothing_happens_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
