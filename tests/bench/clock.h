// SPDX-License-Identifier: Apache-2.0
// Time, for the programs that measure.
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stddef.h>

// bench_seconds counts from some moment on.
double bench_seconds(void);

void bench_pause_us(long us);

// bench_pause_between waits for a time that never falls into step with anything: LATENCY_US and up to a half more.
void bench_pause_between(void);

// bench_median sorts `values`, which are at least one.
double bench_median(double *values, size_t count);

#endif
