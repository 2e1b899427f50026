// SPDX-License-Identifier: Apache-2.0
// One line per event worth a human's time, to stderr.
#ifndef SS_EDGES_LOG_H
#define SS_EDGES_LOG_H

// ss_log writes `2026-01-31T12:00:00.123Z what`; safe from any thread. Control characters of the text become `?`.
__attribute__((format(printf, 1, 2))) void ss_log(const char *format, ...);

#endif
