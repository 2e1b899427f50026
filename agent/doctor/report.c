// SPDX-License-Identifier: Apache-2.0
#include "doctor/report.h"

#include "cli/json.h"
#include "util/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char *const LEVELS[] = {"ok", "warning", "problem"};

struct ss_report *ss_report_create(bool json) {
    struct ss_report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED) {
        return NULL;
    }
    *report = (struct ss_report){.json = json};
    return report;
}

void ss_report(struct ss_report *report, enum ss_level level, const char *about, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ss_text_tame(text); // what damaged files say is in it
    if (report->json) {
        printf("%s{\"level\": \"%s\", \"about\": \"%s\", \"text\": ", report->lines > 0 ? ",\n " : "[", LEVELS[level], about);
        ss_json_string(stdout, text, strlen(text));
        fputc('}', stdout);
    } else {
        printf("%-8s %-7s %s\n", LEVELS[level], about, text);
    }
    fflush(stdout);
    report->lines++;
    report->worst = level > report->worst ? level : report->worst;
}

enum ss_level ss_report_finish(struct ss_report *report) {
    enum ss_level worst = report->worst;
    if (report->json) {
        puts(report->lines > 0 ? "]" : "[]");
    }
    munmap(report, sizeof(*report));
    return worst;
}
