// SPDX-License-Identifier: Apache-2.0
#include "edges/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "util/bytes.h"

void ss_log(const char *format, ...) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char line[1024];
    size_t len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &utc);
    len += (size_t)snprintf(line + len, sizeof(line) - len, ".%03ldZ ", now.tv_nsec / 1000000);
    va_list args;
    va_start(args, format);
    int wrote = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
    va_end(args);
    ss_text_tame(line);
    if (wrote > 0) {
        len += (size_t)wrote;
    }
    len = len < sizeof(line) - 1 ? len : sizeof(line) - 2;
    line[len++] = '\n';
    (void)!write(STDERR_FILENO, line, len); // one write, so that lines of several threads do not mix
}
