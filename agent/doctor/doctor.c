// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include "cli/command.h"
#include "daemon/config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char USAGE[] =
    "usage: scenesync doctor [--data DIR] [--broker URL] [--store URL] [--config FILE] [--json]\n"
    "\n"
    "Looks at a data directory, a broker and a store as an agent would use them, and prints a line for each thing that it looked at: ok, warning or\n"
    "problem, and what to do. What is not named is not looked at. It takes the agent's options, configuration files and environment\n"
    "(SCENESYNC_BROKER, SCENESYNC_STORE, SCENESYNC_USER, …; see `scenesync agent --help`).\n"
    "\n"
    "It harms nothing. A data directory is only read, also while its agent is at work. At the broker it publishes in a scene of its own, doctor-…,\n"
    "and clears it again. To the store it uploads one file of 4 KiB, which it deletes where the store allows that; most do not.\n"
    "\n"
    "Exit status: 0, 1 when there is a problem, 2 when it was called wrongly.\n";

static const char MORE[] = "`scenesync doctor --help` says more.\n";

static bool is_option(const char *word, const char *option) { return strcmp(word, option) == 0; }

// What is not the doctor's own is the agent's. Returns how many words are left.
static int take_own_words(int count, char **words, bool *json, bool *help) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        *json |= is_option(words[i], "--json");
        *help |= is_option(words[i], "--help");
        if (!is_option(words[i], "--json") && !is_option(words[i], "--help")) {
            words[kept++] = words[i];
        }
    }
    return kept;
}

static int examine(const struct ss_config *config, bool json) {
    struct ss_report *report = ss_report_create(json);
    if (report == NULL) {
        return ss_fail("memory was denied");
    }
    if (config->data != NULL) {
        ss_doctor_data(report, config->data);
    }
    if (config->broker != NULL) {
        ss_doctor_broker(report, config);
    }
    if (config->store != NULL) {
        ss_doctor_store(report, config);
    }
    return ss_report_finish(report) == SS_PROBLEM ? SS_EXIT_FAILED : SS_EXIT_OK;
}

int ss_doctor_main(int count, char **words) {
    struct ss_config config;
    char problem[512];
    bool json = false, help = false;
    words++; // its own name
    count = take_own_words(count - 1, words, &json, &help);
    if (help) {
        fputs(USAGE, stdout);
        return SS_EXIT_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    int status = SS_EXIT_USAGE;
    if (!ss_config_read(&config, count, words, false, problem, sizeof(problem))) {
        fprintf(stderr, "scenesync doctor: %s\n%s", problem, MORE);
    } else if (config.data == NULL && config.broker == NULL && config.store == NULL) {
        fprintf(stderr, "scenesync doctor: name what to look at: --data, --broker, --store or --config\n%s", MORE);
    } else {
        status = examine(&config, json);
    }
    ss_config_finish(&config);
    return status;
}
