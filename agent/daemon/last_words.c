// SPDX-License-Identifier: Apache-2.0
// A signal's handler has nothing but what is static, and may call nothing but write.
#include "daemon/last_words.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIGNALS = 2 };

static const int NUMBERS[SIGNALS] = {SIGSEGV, SIGBUS};
static struct sigaction before[SIGNALS];
static char words[PATH_MAX + 256];

// What was wrong happens again when this returns, and is then handled as if this had never been.
static void say(int number) {
    (void)!write(STDERR_FILENO, words, strlen(words));
    for (int i = 0; i < SIGNALS; i++) {
        if (NUMBERS[i] == number) {
            sigaction(number, &before[i], NULL);
        }
    }
}

void ss_last_words_prepare(const char *data) {
    snprintf(words, sizeof(words),
             "the agent crashed; what it had acknowledged is on the disk. When it does so again at its start, its records are damaged:\n"
             "`scenesync doctor --data %s` says what can be done\n",
             data);
    const struct sigaction action = {.sa_handler = say};
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(NUMBERS[i], &action, &before[i]);
    }
}
