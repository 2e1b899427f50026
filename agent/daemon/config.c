// SPDX-License-Identifier: Apache-2.0
#include "daemon/config.h"

#include "daemon/url.h"
#include "edges/memory.h"
#include "util/bytes.h"
#include "wire/topics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char ss_config_usage[] =
    "usage: scenesync agent --data DIR --socket PATH [--broker URL] [--store URL] [--tcp PORT] [--name NAME] [--config FILE]\n"
    "  --broker URL   mqtt, mqtts, ws or wss://[user[:password]@]host[:port][/path]\n"
    "  --store URL    http or https://[user[:password]@]host[:port][/path]; a bucket of an S3 store:\n"
    "                 s3+http or s3+https://[key[:secret]@]host[:port]/bucket[/path]\n"
    "  --data DIR     the agent's own directory, made when it is missing\n"
    "  --socket PATH  the socket at which programs on this machine find the agent\n"
    "  --tcp PORT     serve 127.0.0.1:PORT instead (0: any free port); PATH is then a file that says where, and a token\n"
    "  --durability full|relaxed\n"
    "                 what is acknowledged survives everything (full, the default), or everything but the machine going down, which may take\n"
    "                 the last second (relaxed)\n"
    "  --name NAME    what other people see\n"
    "  --metrics ADDR numbers for Prometheus at http://ADDR/metrics: PORT of this machine, or ADDRESS:PORT\n"
    "  --config FILE  lines `key = value`: any of the above, and user, password, store_user, store_password,\n"
    "                 store_region, prefix, ca_file, tls_verify, cache_bytes, blob_bytes, snapshot_bytes, checkpoint,\n"
    "                 keep_alive, linger, keep, leave_after\n"
    "Environment: SCENESYNC_BROKER, SCENESYNC_STORE, SCENESYNC_SOCKET, SCENESYNC_USER, SCENESYNC_PASSWORD,\n"
    "SCENESYNC_STORE_USER, SCENESYNC_STORE_PASSWORD, SCENESYNC_STORE_REGION, SCENESYNC_LINGER.\n";

enum ss_kind { SS_TEXT, SS_BYTES, SS_SECONDS, SS_PORT, SS_YES_NO, SS_DURABILITY };

// Where each setting comes from; a flag or variable is NULL where there is none.
static const struct ss_setting {
    const char *key, *flag, *variable;
    enum ss_kind kind;
    size_t offset;
} SETTINGS[] = {
    {"broker", "--broker", "SCENESYNC_BROKER", SS_TEXT, offsetof(struct ss_config, broker)},
    {"user", NULL, "SCENESYNC_USER", SS_TEXT, offsetof(struct ss_config, broker_user)},
    {"password", NULL, "SCENESYNC_PASSWORD", SS_TEXT, offsetof(struct ss_config, broker_password)},
    {"store", "--store", "SCENESYNC_STORE", SS_TEXT, offsetof(struct ss_config, store)},
    {"store_user", NULL, "SCENESYNC_STORE_USER", SS_TEXT, offsetof(struct ss_config, store_user)},
    {"store_password", NULL, "SCENESYNC_STORE_PASSWORD", SS_TEXT, offsetof(struct ss_config, store_password)},
    {"store_region", NULL, "SCENESYNC_STORE_REGION", SS_TEXT, offsetof(struct ss_config, store_region)},
    {"data", "--data", NULL, SS_TEXT, offsetof(struct ss_config, data)},
    {"socket", "--socket", "SCENESYNC_SOCKET", SS_TEXT, offsetof(struct ss_config, socket)},
    {"tcp", "--tcp", NULL, SS_PORT, offsetof(struct ss_config, tcp_port)},
    {"durability", "--durability", NULL, SS_DURABILITY, offsetof(struct ss_config, relaxed)},
    {"metrics", "--metrics", NULL, SS_TEXT, offsetof(struct ss_config, metrics)},
    {"name", "--name", NULL, SS_TEXT, offsetof(struct ss_config, name)},
    {"prefix", NULL, NULL, SS_TEXT, offsetof(struct ss_config, prefix)},
    {"ca_file", NULL, NULL, SS_TEXT, offsetof(struct ss_config, ca_file)},
    {"tls_verify", NULL, NULL, SS_YES_NO, offsetof(struct ss_config, tls_verify)},
    {"cache_bytes", NULL, NULL, SS_BYTES, offsetof(struct ss_config, cache_bytes)},
    {"blob_bytes", NULL, NULL, SS_BYTES, offsetof(struct ss_config, blob_bytes)},
    {"snapshot_bytes", NULL, NULL, SS_BYTES, offsetof(struct ss_config, snapshot_bytes)},
    {"checkpoint", NULL, NULL, SS_SECONDS, offsetof(struct ss_config, checkpoint_s)},
    {"keep_alive", NULL, NULL, SS_SECONDS, offsetof(struct ss_config, keep_alive_s)},
    {"keep", NULL, NULL, SS_TEXT, offsetof(struct ss_config, keep)},
    {"leave_after", NULL, NULL, SS_SECONDS, offsetof(struct ss_config, leave_after_s)},
    {"linger", NULL, "SCENESYNC_LINGER", SS_SECONDS, offsetof(struct ss_config, linger_s)},
};
enum { SETTING_COUNT = sizeof(SETTINGS) / sizeof(SETTINGS[0]) };

struct ss_reading {
    struct ss_config *config;
    bool given[SETTING_COUNT]; // by something that goes before what is read now
    char *problem;
    size_t problem_size;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct ss_reading *reading, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reading->problem, reading->problem_size, format, args);
    va_end(args);
    return false;
}

bool ss_parse_bytes(const char *text, uint64_t *bytes) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const char *units = "kMGT", *unit = *end != '\0' ? strchr(units, *end) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    if (text[0] < '0' || text[0] > '9' || errno != 0 || (unit != NULL ? end[1] : end[0]) != '\0' || number > UINT64_MAX >> shift) {
        return false;
    }
    *bytes = (uint64_t)number << shift;
    return true;
}

static bool parse_yes_no(const char *text, bool *yes) {
    *yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *yes || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static bool parse_durability(const char *text, bool *relaxed) {
    *relaxed = strcmp(text, "relaxed") == 0;
    return *relaxed || strcmp(text, "full") == 0;
}

static bool assign(struct ss_reading *reading, size_t i, const char *value, const char *where) {
    void *to = (char *)reading->config + SETTINGS[i].offset;
    uint64_t number = 0;
    switch (SETTINGS[i].kind) {
    case SS_TEXT:
        free(*(char **)to);
        *(char **)to = ss_copy_text(value, strlen(value));
        return true;
    case SS_BYTES:
        return ss_parse_bytes(value, to) ||
               wrong(reading, "%s: `%s` must be a number of bytes such as 500M or 20G, not `%s`", where, SETTINGS[i].key, value);
    case SS_SECONDS:
        if (!ss_parse_bytes(value, &number) || number < 1 || number > 65535) {
            return wrong(reading, "%s: `%s` must be 1 to 65535 seconds, not `%s`", where, SETTINGS[i].key, value);
        }
        *(unsigned *)to = (unsigned)number;
        return true;
    case SS_PORT:
        if (!ss_parse_bytes(value, &number) || number > 65535) {
            return wrong(reading, "%s: `%s` must be a port, 0 to 65535, not `%s`", where, SETTINGS[i].key, value);
        }
        *(int *)to = (int)number;
        return true;
    case SS_YES_NO: return parse_yes_no(value, to) || wrong(reading, "%s: `%s` must be yes or no, not `%s`", where, SETTINGS[i].key, value);
    case SS_DURABILITY:
        return parse_durability(value, to) || wrong(reading, "%s: `%s` must be full or relaxed, not `%s`", where, SETTINGS[i].key, value);
    }
    return false;
}

// ---- Flags ------------------------------------------------------------------------------------------------------------------------------

static bool read_flags(struct ss_reading *reading, int count, char **words, const char **file) {
    for (int at = 0; at < count; at += 2) {
        size_t i = 0;
        while (i < SETTING_COUNT && (SETTINGS[i].flag == NULL || strcmp(SETTINGS[i].flag, words[at]) != 0)) {
            i++;
        }
        bool is_file = strcmp(words[at], "--config") == 0;
        if (i == SETTING_COUNT && !is_file) {
            return wrong(reading, "unknown option %s", words[at]);
        }
        if (at + 1 == count) {
            return wrong(reading, "%s needs a value", words[at]);
        }
        if (is_file) {
            *file = words[at + 1];
        } else if (!assign(reading, i, words[at + 1], words[at])) {
            return false;
        } else {
            reading->given[i] = true;
        }
    }
    return true;
}

static bool read_environment(struct ss_reading *reading) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *value = SETTINGS[i].variable != NULL && !reading->given[i] ? getenv(SETTINGS[i].variable) : NULL;
        if (value != NULL && value[0] != '\0') {
            reading->given[i] = true;
            if (!assign(reading, i, value, SETTINGS[i].variable)) {
                return false;
            }
        }
    }
    return true;
}

// ---- The file ---------------------------------------------------------------------------------------------------------------------------

static char *trim(char *text) {
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        text[--len] = '\0';
    }
    return text;
}

static bool read_line(struct ss_reading *reading, char *line, const char *where) {
    char *key = trim(line), *equals = strchr(key, '=');
    if (key[0] == '\0' || key[0] == '#' || key[0] == ';') {
        return true;
    }
    if (equals == NULL) {
        return wrong(reading, "%s: expected `key = value`, found `%s`", where, key);
    }
    *equals = '\0';
    key = trim(key);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(SETTINGS[i].key, key) == 0) {
            return reading->given[i] || assign(reading, i, trim(equals + 1), where);
        }
    }
    return wrong(reading, "%s: unknown key `%s`; `scenesync agent --help` lists them", where, key);
}

static bool read_file(struct ss_reading *reading, const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return wrong(reading, "cannot read %s: %s", path, strerror(errno));
    }
    char *line = NULL, where[4200];
    size_t size = 0;
    ssize_t len;
    bool ok = true;
    for (unsigned number = 1; ok && (len = getline(&line, &size, file)) >= 0; number++) {
        snprintf(where, sizeof(where), "%s:%u", path, number);
        ok = strlen(line) == (size_t)len ? read_line(reading, line, where) : wrong(reading, "%s: this is no text: a byte is 0", where);
    }
    free(line);
    fclose(file);
    return ok;
}

// ---- All of it --------------------------------------------------------------------------------------------------------------------------

#define S3 "s3+"

static char *text(const char *value) { return ss_copy_text(value, strlen(value)); }

static const char *const BROKER_SCHEMES[] = {"mqtt", "mqtts", "ws", "wss", NULL};
static const char *const STORE_SCHEMES[] = {"http", "https", S3 "http", S3 "https", NULL};

// The topic level is the broker's user, because brokers authorize by it.
static bool check_names(struct ss_reading *reading) {
    struct ss_config *config = reading->config;
    const char *user = config->broker_user != NULL ? config->broker_user : "anonymous";
    if (!ss_is_user(ss_slice_text(user))) {
        return wrong(reading, "the user `%s` cannot be a level of a topic: use 1 to 64 of A-Z a-z 0-9 _ -", user);
    }
    config->user = ss_copy_text(user, strlen(user));
    if (!ss_is_prefix(ss_slice_text(config->prefix))) {
        return wrong(reading, "prefix must be topic levels of A-Z a-z 0-9 _ -, not `%s`", config->prefix);
    }
    for (const char *at = config->keep; at != NULL && *(at += strspn(at, SS_KEEP_BETWEEN)) != '\0'; at += strcspn(at, SS_KEEP_BETWEEN)) {
        struct ss_slice name = {(const uint8_t *)at, strcspn(at, SS_KEEP_BETWEEN)};
        if (!ss_slice_equal(name, ss_slice_text("*")) && !ss_is_scene(name)) {
            return wrong(reading, "keep must be * or names of scenes (a-z 0-9 _ -) with commas between, not `%s`", config->keep);
        }
    }
    return true;
}

// An S3 store is an HTTP server that wants signatures.
static bool take_s3(struct ss_reading *reading) {
    struct ss_config *config = reading->config;
    char way[128];
    memmove(config->store, config->store + strlen(S3), strlen(config->store + strlen(S3)) + 1);
    if (strchr(strstr(config->store, "://") + 3, '/') == NULL) {
        return wrong(reading, "--store: an S3 store's URL names the bucket: " S3 "https://host/bucket");
    }
    if (config->store_user == NULL || config->store_password == NULL) {
        return wrong(reading, "--store: an S3 store wants a key and its secret, as store_user and store_password");
    }
    snprintf(way, sizeof(way), "aws:amz:%.64s:s3", config->store_region);
    config->store_sigv4 = text(way);
    return true;
}

static bool is_something(const char *value) { return value != NULL && value[0] != '\0'; }

static bool check(struct ss_reading *reading, bool agent) {
    struct ss_config *config = reading->config;
    if (agent && (!is_something(config->data) || !is_something(config->socket))) {
        return wrong(reading, "%s is missing", is_something(config->data) ? "--socket PATH" : "--data DIR");
    }
    char why[256];
    if (config->broker != NULL && !ss_url_take(&config->broker, &config->broker_user, &config->broker_password, BROKER_SCHEMES, why)) {
        return wrong(reading, "--broker: %s", why);
    }
    if (config->store != NULL && !ss_url_take(&config->store, &config->store_user, &config->store_password, STORE_SCHEMES, why)) {
        return wrong(reading, "--store: %s", why);
    }
    return (config->store == NULL || strncmp(config->store, S3, strlen(S3)) != 0 || take_s3(reading)) && check_names(reading);
}

bool ss_config_read(struct ss_config *config, int count, char **words, bool agent, char *problem, size_t problem_size) {
    *config = (struct ss_config){.tcp_port = -1,
                                 .tls_verify = true,
                                 .cache_bytes = (uint64_t)20 << 30,
                                 .blob_bytes = (uint64_t)16 << 30,
                                 .snapshot_bytes = 4 << 20,
                                 .checkpoint_s = 60,
                                 .keep_alive_s = 20,
                                 .leave_after_s = 300,
                                 .store_region = text("us-east-1"),
                                 .prefix = text("scenesync")};
    struct ss_reading reading = {.config = config, .problem = problem, .problem_size = problem_size};
    const char *file = NULL;
    return read_flags(&reading, count, words, &file) && read_environment(&reading) && (file == NULL || read_file(&reading, file)) &&
           check(&reading, agent);
}

void ss_config_finish(struct ss_config *config) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (SETTINGS[i].kind == SS_TEXT) {
            free(*(char **)(void *)((char *)config + SETTINGS[i].offset));
        }
    }
    free(config->user);
    free(config->store_sigv4);
    *config = (struct ss_config){0};
}
