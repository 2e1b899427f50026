// SPDX-License-Identifier: Apache-2.0
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void bench_fail(const char *what, const char *why) {
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

void bench_check(struct scenesync *client, int error, const char *what) {
    if (error) {
        bench_fail(what, client ? scenesync_problem(client) : scenesync_error_text(error));
    }
}

struct scenesync *bench_open(const char *socket, const char *scene, bool changes) {
    struct scenesync_options options = {.socket = socket, .app = "bench", .role = SCENESYNC_EDITOR};
    struct scenesync *client;
    int error = scenesync_open(&client, &options, BENCH_WAIT_MS);
    bench_check(client, error, "connecting");
    bench_check(client, scenesync_join(client, scene, NULL, 0, changes, BENCH_WAIT_MS), "joining");
    return client;
}

struct scenesync_uuid bench_uuid(uint32_t number) {
    struct scenesync_uuid uuid = {{[0] = 0xbe, [6] = 0x40, [8] = 0x80}};
    memcpy(uuid.b + 12, &number, sizeof number);
    return uuid;
}

uint32_t bench_number(const struct scenesync_uuid *uuid) {
    uint32_t number;
    memcpy(&number, uuid->b + 12, sizeof number);
    return number;
}

struct scenesync_bytes bench_value(struct scenesync_writer *writer) {
    struct scenesync_bytes value;
    if (!scenesync_writer_take(writer, &value)) {
        bench_fail("a value", "memory was denied");
    }
    return value;
}

struct scenesync_bytes bench_text(const char *text) {
    return (struct scenesync_bytes){(const uint8_t *)text, strlen(text)};
}
