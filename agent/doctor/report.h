// SPDX-License-Identifier: Apache-2.0
// What is found, a line each, for people or as JSON.
#ifndef SS_DOCTOR_REPORT_H
#define SS_DOCTOR_REPORT_H

#include <stdbool.h>

enum ss_level { SS_FINE, SS_WARNING, SS_PROBLEM };

struct ss_report {
    bool json;
    unsigned lines;
    enum ss_level worst;
};

// ss_report_create begins a report that child processes may write to, too. NULL: memory was denied. ss_report_finish ends and frees it; it
// returns the worst level.
struct ss_report *ss_report_create(bool json);
enum ss_level ss_report_finish(struct ss_report *report);

// ss_report prints a line: about the data, the broker or the store; what, where and what to do.
__attribute__((format(printf, 4, 5))) void ss_report(struct ss_report *report, enum ss_level level, const char *about, const char *format,
                                                     ...);

#endif
