// SPDX-License-Identifier: Apache-2.0
// An agent without memory: it rather stops, as after kill -9, than goes on without what its core was not told.
#include "edges_util.h"

#include "edges/room.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void *denied(void *context, void *memory, size_t size) {
    return *(bool *)context && size > 0 ? NULL : ss_heap.resize(ss_heap.context, memory, size);
}

// How a process ends whose core is told this while memory is denied.
static int end_of(enum ss_event_type type) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        bool deny = false;
        struct ss_core_config config = ss_core_defaults((struct ss_alloc){denied, &deny}, &(struct ss_origin){{1}});
        struct ss_agent agent = {0};
        struct ss_room room = {.agent = &agent, .phase = SS_ROOM_OPEN, .core = ss_core_create(&config), .name = "attic"};
        deny = true;
        ss_room_step(&room, &(struct ss_event){.type = type});
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void what_is_said_once_is_heard(void **state) {
    (void)state;
    static const enum ss_event_type types[] = {SS_EV_STORED, SS_EV_STORE_FAILED, SS_EV_PUBLISHED, SS_EV_CLIENT_LEFT, SS_EV_BLOB_UPLOADED};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(end_of(types[i]), SIGABRT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said_once_is_heard)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
