// SPDX-License-Identifier: Apache-2.0
// The reader of configuration files and of the URLs in them: what is read has sound values, and what is not is told.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/url.h"
#include "util/bytes.h"
#include "wire/topics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

// A URL that was taken has no login, names host and port, has nothing that would end a line or a request, and is taken again as it is.
static void check_url(const char *url, const char *const *schemes) {
    char *again = strdup(url), *user = NULL, *password = NULL, why[SS_URL_WHY];
    const char *host = strstr(url, "://") + 3, *end = host + strcspn(host, "/"), *colon = memrchr(host, ':', (size_t)(end - host));
    for (const char *at = url; *at != '\0'; at++) {
        must((unsigned char)*at > ' ' && *at != 0x7f);
    }
    must(host + strcspn(host, "?#@\\") >= end);
    must(colon > host && colon + 1 < end && colon + 1 + strspn(colon + 1, "0123456789") == end && (*host != '[' || colon[-1] == ']'));
    must(ss_url_take(&again, &user, &password, schemes, why) && strcmp(again, url) == 0 && user == NULL && password == NULL);
    free(again);
}

static void check_keep(const char *keep) {
    for (const char *at = keep; *(at += strspn(at, SS_KEEP_BETWEEN)) != '\0'; at += strcspn(at, SS_KEEP_BETWEEN)) {
        const struct ss_slice name = ss_slice_of((const uint8_t *)at, strcspn(at, SS_KEEP_BETWEEN));
        must(ss_is_scene(name) || ss_slice_equal(name, ss_slice_text("*")));
    }
}

static void check(const struct ss_config *config) {
    must(*config->data != '\0' && *config->socket != '\0');
    must(ss_is_user(ss_slice_text(config->user)) && ss_is_prefix(ss_slice_text(config->prefix)));
    must(config->tcp_port >= -1 && config->tcp_port <= 65535);
    must(config->checkpoint_s > 0 && config->keep_alive_s > 0 && config->leave_after_s > 0);
    must(!config->store_sigv4 ||
         (config->store && config->store_user && config->store_password && strchr(strstr(config->store, "://") + 3, '/')));
    if (config->broker) {
        check_url(config->broker, (const char *[]){"mqtt", "mqtts", "ws", "wss", NULL});
    }
    if (config->store) {
        check_url(config->store, (const char *[]){"http", "https", NULL});
    }
    if (config->keep) {
        check_keep(config->keep);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int file;
    static char path[32];
    char problem[512] = "";
    char *words[] = {"--config", path};
    struct ss_config config;
    if (file == 0) {
        clearenv(); // of SCENESYNC_BROKER and others
        file = memfd_create("config", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    if (ss_config_read(&config, sizeof(words) / sizeof(words[0]), words, true, problem, sizeof(problem))) {
        check(&config);
    } else {
        must(problem[0] != '\0');
    }
    ss_config_finish(&config);
    return 0;
}
