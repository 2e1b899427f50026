// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <stdlib.h>
#include <time.h>

enum { LATENCY_US = 20000 };

double bench_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_pause_us(long us) { nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL); }

void bench_pause_between(void) { bench_pause_us(LATENCY_US + random() % (LATENCY_US / 2)); }

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}
