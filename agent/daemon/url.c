// SPDX-License-Identifier: Apache-2.0
#include "daemon/url.h"

#include "edges/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme, *port, *path;
} DEFAULTS[] = {
    {"mqtt", "1883", ""}, {"mqtts", "8883", ""}, {"ws", "80", "/mqtt"}, {"wss", "443", "/mqtt"},
    {"http", "80", ""},   {"https", "443", ""},  {"s3+http", "80", ""}, {"s3+https", "443", ""},
};

static size_t find_scheme(const char *url, const char *const *schemes) {
    for (size_t i = 0; i < sizeof(DEFAULTS) / sizeof(DEFAULTS[0]); i++) {
        size_t len = strlen(DEFAULTS[i].scheme);
        bool allowed = false;
        for (size_t j = 0; schemes[j] != NULL; j++) {
            allowed |= strcmp(schemes[j], DEFAULTS[i].scheme) == 0;
        }
        if (allowed && strncmp(url, DEFAULTS[i].scheme, len) == 0 && strncmp(url + len, "://", 3) == 0) {
            return i;
        }
    }
    return sizeof(DEFAULTS) / sizeof(DEFAULTS[0]);
}

static int digit(char c) {
    const char *digits = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static char *decode(const char *from, size_t len) {
    char *text = ss_copy_text(from, len), *to = text;
    for (size_t i = 0; i < len; i++) {
        const bool escaped = from[i] == '%' && i + 2 < len && digit(from[i + 1]) >= 0 && digit(from[i + 2]) >= 0;
        const char byte = escaped ? (char)(digit(from[i + 1]) * 16 + digit(from[i + 2])) : from[i];
        *to++ = byte != '\0' ? byte : from[i]; // a NUL would end the text
        i += escaped && byte != '\0' ? 2 : 0;
    }
    *to = '\0';
    return text;
}

static void replace(char **to, char *value) {
    free(*to);
    *to = value;
}

static const char *take_login(const char *authority, size_t len, char **user, char **password) {
    const char *at = NULL;
    for (size_t i = 0; i < len; i++) {
        at = authority[i] == '@' ? authority + i : at; // the last one: a password may have one
    }
    if (at == NULL) {
        return authority;
    }
    const char *colon = memchr(authority, ':', (size_t)(at - authority));
    const char *user_end = colon != NULL ? colon : at;
    replace(user, decode(authority, (size_t)(user_end - authority)));
    if (colon != NULL) {
        replace(password, decode(colon + 1, (size_t)(at - colon - 1)));
    }
    return at + 1;
}

// What a URL may begin with: "mqtt://, mqtts://, ws:// or wss://".
static void list_schemes(const char *const *schemes, char *text, size_t size) {
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; schemes[i] != NULL && len < size; i++) {
        const char *between = i == 0 ? "" : schemes[i + 1] == NULL ? " or " : ", ";
        len += (size_t)snprintf(text + len, size - len, "%s%s://", between, schemes[i]);
    }
}

// host, host:port, [ipv6] or [ipv6]:port, and a path. Returns what is wrong, or NULL.
static const char *check_host(const char *host, size_t len, bool *has_port) {
    const char *close = len > 0 && host[0] == '[' ? memchr(host, ']', len) : NULL;
    const char *rest = close != NULL ? close + 1 : host;
    const char *colon = memchr(rest, ':', len - (size_t)(rest - host));
    size_t name = colon != NULL ? (size_t)(colon - host) : len;
    *has_port = colon != NULL;
    if (name == 0 || (host[0] == '[' && close != host + name - 1)) {
        return "there is no host";
    }
    for (const char *at = host; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f || (at < host + len && strchr("?#\\", *at) != NULL)) {
            return "there is a character that neither a host nor a path has";
        }
    }
    if (colon == NULL) {
        return NULL;
    }
    const long port = strtol(colon + 1, NULL, 10);
    const bool digits = colon + 1 + strspn(colon + 1, "0123456789") == host + len;
    return digits && port > 0 && port < 65536 ? NULL : "the port is not a number from 1 to 65535";
}

bool ss_url_take(char **url, char **user, char **password, const char *const *schemes, char why[SS_URL_WHY]) {
    size_t scheme = find_scheme(*url, schemes);
    if (scheme == sizeof(DEFAULTS) / sizeof(DEFAULTS[0])) {
        const char *end = strstr(*url, "://"); // what follows may be a password
        char list[128];
        list_schemes(schemes, list, sizeof(list));
        snprintf(why, SS_URL_WHY, "the URL must begin with %s, not with `%.*s`", list,
                 end != NULL ? (int)(end + 3 - *url) : (int)strcspn(*url, ":@"), *url);
        return false;
    }
    const char *authority = *url + strlen(DEFAULTS[scheme].scheme) + 3;
    size_t len = strcspn(authority, "/");
    const char *path = authority + len, *host = take_login(authority, len, user, password);
    bool has_port;
    len = (size_t)(path - host);
    const char *wrong = check_host(host, len, &has_port);
    if (wrong != NULL) {
        snprintf(why, SS_URL_WHY,
                 "%s; after %s:// and a login there is to be host or host:port; in a login write / as %%2F, @ as %%40, %% as %%25", wrong,
                 DEFAULTS[scheme].scheme); // what is there may be half a password
        return false;
    }
    size_t path_len = strlen(path);
    while (path_len > 0 && path[path_len - 1] == '/') {
        path_len--;
    }
    size_t room = strlen(*url) + 32;
    char *whole = ss_new(room);
    snprintf(whole, room, "%s://%.*s%s%s%.*s%s", DEFAULTS[scheme].scheme, (int)len, host, has_port ? "" : ":",
             has_port ? "" : DEFAULTS[scheme].port, (int)path_len, path, path_len == 0 ? DEFAULTS[scheme].path : "");
    replace(url, whole);
    return true;
}
