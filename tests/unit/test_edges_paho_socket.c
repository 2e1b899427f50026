// SPDX-License-Identifier: Apache-2.0
// What Paho is told of its writes: always that they succeeded. And what is read ahead of it.
#include "edges_util.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __wrap_close(int fd);
ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags);
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

static void says(int fd, const char *text) { assert_int_equal(write(fd, text, strlen(text)), strlen(text)); }

static void reads(int fd, const char *text) {
    char got[16];
    assert_int_equal(__wrap_recv(fd, got, strlen(text), 0), strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static bool can_be_read(int fd) {
    struct pollfd set = {.fd = fd, .events = POLLIN};
    const int ready = __wrap_poll(&set, 1, 1);
    assert_int_equal(ready, set.revents == POLLIN);
    return ready > 0;
}

static void what_was_read_ahead_is_ready_and_in_order(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    says(ends[1], "abcdef");
    reads(ends[0], "a");
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), -1); // the kernel has nothing any more
    for (int i = 0; i < 100; i++) {
        assert_true(can_be_read(ends[0]));
    }
    says(ends[1], "ghi");
    reads(ends[0], "bcdefgh");
    assert_true(can_be_read(ends[0]));
    reads(ends[0], "i");
    assert_false(can_be_read(ends[0]));
    says(ends[1], "jk");
    close(ends[1]);
    char rest[16];
    assert_int_equal(__wrap_recv(ends[0], rest, sizeof(rest), 0), 2);
    assert_int_equal(__wrap_recv(ends[0], rest, sizeof(rest), 0), 0);
    __wrap_close(ends[0]);
}

static void more_than_is_read_ahead_comes_whole(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    static char large[150000], got[150000];
    for (size_t i = 0; i < sizeof(large); i++) {
        large[i] = (char)(i * 7);
    }
    assert_int_equal(write(ends[1], large, sizeof(large)), sizeof(large));
    size_t at = 0;
    for (ssize_t came = 1; at < sizeof(got) && came > 0; at += (size_t)came) {
        came = __wrap_recv(ends[0], got + at, at == 0 ? 1 : sizeof(got) - at, 0);
    }
    assert_int_equal(at, sizeof(got));
    assert_memory_equal(got, large, sizeof(got));
    close(ends[1]);
    __wrap_close(ends[0]);
}

// Acknowledgements of many small messages go out as one.
static void answers_wait_for_the_end_of_what_is_here(void **state) {
    (void)state;
    int ends[2];
    pair(ends);
    says(ends[1], "ab");
    reads(ends[0], "a");
    write_two(ends[0]);
    char got[32];
    assert_int_equal(read(ends[1], got, sizeof(got)), -1);
    reads(ends[0], "b");
    write_two(ends[0]);
    assert_int_equal(read(ends[1], got, sizeof(got)), 16);
    says(ends[1], "ab");
    reads(ends[0], "a");
    write_two(ends[0]);
    reads(ends[0], "b");
    assert_false(can_be_read(ends[0]));
    assert_int_equal(read(ends[1], got, sizeof(got)), 8);
    close(ends[1]);
    __wrap_close(ends[0]);
}

static void who_has_much_to_say_keeps_nobody_from_being_heard(void **state) {
    (void)state;
    int loud[2], quiet[2];
    pair(loud);
    pair(quiet);
    says(loud[1], "ab");
    reads(loud[0], "a");
    says(quiet[1], "c");
    struct pollfd set[] = {{.fd = loud[0], .events = POLLIN}, {.fd = quiet[0], .events = POLLIN}};
    for (int i = 0; i < 16; i++) {
        assert_true(__wrap_poll(set, 2, 1) > 0);
        assert_int_equal(set[0].revents, POLLIN);
        if (set[1].revents != 0) {
            break;
        }
    }
    assert_int_equal(set[1].revents, POLLIN);
    for (int i = 0; i < 2; i++) {
        __wrap_close(loud[i]);
        __wrap_close(quiet[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_arrives),
        cmocka_unit_test(what_the_kernel_does_not_take_is_kept),
        cmocka_unit_test(a_failed_write_is_the_end_of_reading),
        cmocka_unit_test(of_a_socket_where_nothing_happens_nothing_is_said),
        cmocka_unit_test(what_was_read_ahead_is_ready_and_in_order),
        cmocka_unit_test(more_than_is_read_ahead_comes_whole),
        cmocka_unit_test(answers_wait_for_the_end_of_what_is_here),
        cmocka_unit_test(who_has_much_to_say_keeps_nobody_from_being_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
