// SPDX-License-Identifier: Apache-2.0
// What the programs that measure agents share. Whatever goes wrong ends the program with exit status 1 and says why.
#ifndef BENCH_HELPERS_H
#define BENCH_HELPERS_H

#include "scenesync/scenesync.h"

enum { BENCH_WAIT_MS = 120000 };

_Noreturn void bench_fail(const char *what, const char *why);

// bench_open connects and joins a scene. With `changes` it waits until the agent's first knowledge has been sent.
struct scenesync *bench_open(const char *socket, const char *scene, bool changes);

// bench_check ends the program unless `error` is SCENESYNC_OK.
void bench_check(struct scenesync *client, int error, const char *what);

// bench_uuid is the name of entity `number`, the same in every run; bench_number is its inverse.
struct scenesync_uuid bench_uuid(uint32_t number);
uint32_t bench_number(const struct scenesync_uuid *uuid);

// bench_value is what was written since the last call; it lives until the writer is destroyed.
struct scenesync_bytes bench_value(struct scenesync_writer *writer);

struct scenesync_bytes bench_text(const char *text);

#endif
