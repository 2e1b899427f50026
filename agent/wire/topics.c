// SPDX-License-Identifier: Apache-2.0
#include "wire/topics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/core.h"
#include "wire/canonical.h"
#include "wire/reader.h"

// What follows <prefix>/v1/<scene>/: a letter for each level after the first.
//   k kind  u uuid  p part (may be missing)  U user  o origin  n name  s the word "set"
static const struct form {
    const char *word;
    const char *levels;
} forms[] = {
    [SS_TOPIC_STATE] = {"state", "kup"},        [SS_TOPIC_LIVE] = {"live", "k"},
    [SS_TOPIC_PEER] = {"peer", "Uo"},           [SS_TOPIC_ONLINE] = {"online", "Uo"},
    [SS_TOPIC_PRESENCE] = {"presence", "Uo"},   [SS_TOPIC_FRAME] = {"frame", "Un"},
    [SS_TOPIC_CALL] = {"call", "on"},           [SS_TOPIC_REPLY] = {"reply", "Uo"},
    [SS_TOPIC_JSON] = {"json", "ku"},           [SS_TOPIC_JSON_SET] = {"json", "kus"},
    [SS_TOPIC_CHECKPOINT] = {"checkpoint", ""},
};
enum { FORM_COUNT = sizeof forms / sizeof *forms };

// ---- Levels -----------------------------------------------------------------------------------------------------------------------------

static bool is_level_char(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_level(struct ss_slice text, size_t max) {
    for (size_t i = 0; i < text.len; i++) {
        if (!is_level_char(text.data[i])) {
            return false;
        }
    }
    return text.len > 0 && text.len <= max;
}

bool ss_is_user(struct ss_slice text) { return is_level(text, SS_MAX_USER); }

bool ss_is_scene(struct ss_slice text) {
    if (!is_level(text, SS_MAX_SCENE) || text.data[0] == '_' || text.data[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') {
            return false;
        }
    }
    return true;
}

// Takes the next level off the front of `rest`; false when there is none.
static bool next_level(struct ss_slice *rest, struct ss_slice *level) {
    if (!rest->data) {
        return false;
    }
    const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
    size_t len = slash ? (size_t)(slash - rest->data) : rest->len;
    *level = (struct ss_slice){rest->data, len};
    *rest = slash ? (struct ss_slice){slash + 1, rest->len - len - 1} : (struct ss_slice){0};
    return true;
}

bool ss_is_prefix(struct ss_slice text) {
    struct ss_slice rest = text, level;
    bool ok = text.len > 0 && text.len <= SS_MAX_PREFIX;
    while (ok && next_level(&rest, &level)) {
        ok = is_level(level, SS_MAX_PREFIX);
    }
    return ok;
}

// ---- Hexadecimal ------------------------------------------------------------------------------------------------------------------------

void ss_hex_format(const uint8_t *bytes, size_t len, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * len] = '\0';
}

static int digit(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool ss_hex_parse(struct ss_slice text, uint8_t *bytes, size_t len) {
    if (text.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int high = digit(text.data[2 * i]), low = digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const uint8_t uuid_groups[] = {4, 2, 2, 2, 6};

void ss_uuid_format(const struct ss_uuid *uuid, char text[37]) {
    const uint8_t *from = uuid->b;
    char *to = text;
    for (size_t i = 0; i < sizeof uuid_groups; i++) {
        ss_hex_format(from, uuid_groups[i], to);
        from += uuid_groups[i];
        to += 2 * uuid_groups[i];
        *to++ = '-';
    }
    text[36] = '\0';
}

bool ss_uuid_parse(struct ss_slice text, struct ss_uuid *uuid) {
    if (text.len != 36) {
        return false;
    }
    const uint8_t *from = text.data;
    uint8_t *to = uuid->b;
    for (size_t i = 0; i < sizeof uuid_groups; i++) {
        if (i > 0 && *from++ != '-') {
            return false;
        }
        if (!ss_hex_parse((struct ss_slice){from, 2U * uuid_groups[i]}, to, uuid_groups[i])) {
            return false;
        }
        from += 2 * uuid_groups[i];
        to += uuid_groups[i];
    }
    return true;
}

// ---- Building ---------------------------------------------------------------------------------------------------------------------------

static bool put_slice(struct ss_slice text, bool valid, char level[SS_MAX_PREFIX]) {
    if (valid) {
        memcpy(level, text.data, text.len);
        level[text.len] = '\0';
    }
    return valid;
}

// Writes one level; an empty one is left out.
static bool put_level(const struct ss_topic *topic, char letter, char level[SS_MAX_PREFIX]) {
    level[0] = '\0';
    switch (letter) {
    case 'k': return put_slice(topic->kind, ss_is_kind(topic->kind), level);
    case 'U': return put_slice(topic->user, ss_is_user(topic->user), level);
    case 'n': return put_slice(topic->name, is_level(topic->name, SS_MAX_METHOD), level);
    case 'u': ss_uuid_format(&topic->uuid, level); return true;
    case 'o': ss_hex_format(topic->origin.b, sizeof topic->origin.b, level); return true;
    case 's': snprintf(level, SS_MAX_PREFIX, "set"); return true;
    default:
        if (topic->part >= 0) {
            snprintf(level, SS_MAX_PREFIX, "%02x", (unsigned)topic->part & 0xff);
        }
        return topic->part >= -1 && topic->part <= 0xff;
    }
}

__attribute__((format(printf, 2, 3))) static bool append(char text[SS_MAX_TOPIC], const char *format, ...) {
    size_t len = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(text + len, SS_MAX_TOPIC - len, format, arguments);
    va_end(arguments);
    return more >= 0 && (size_t)more < SS_MAX_TOPIC - len;
}

static bool put_root(const char *prefix, const struct ss_topic *topic, char text[SS_MAX_TOPIC]) {
    text[0] = '\0';
    bool valid = ss_is_prefix((struct ss_slice){(const uint8_t *)prefix, strlen(prefix)}) && ss_is_scene(topic->scene);
    return valid && append(text, "%s/v1/%.*s/%s", prefix, (int)topic->scene.len, (const char *)topic->scene.data, forms[topic->type].word);
}

bool ss_topic_build(const char *prefix, const struct ss_topic *topic, char text[SS_MAX_TOPIC]) {
    bool ok = put_root(prefix, topic, text);
    for (const char *letter = forms[topic->type].levels; ok && *letter; letter++) {
        char level[SS_MAX_PREFIX];
        ok = put_level(topic, *letter, level) && (!*level || append(text, "/%s", level));
    }
    return ok;
}

bool ss_topic_filter(const char *prefix, const struct ss_topic *topic, char text[SS_MAX_TOPIC]) {
    if (topic->type == SS_TOPIC_REPLY) {
        return ss_topic_build(prefix, topic, text);
    }
    bool ok = put_root(prefix, topic, text);
    if (topic->type == SS_TOPIC_CALL) {
        char origin[17];
        ss_hex_format(topic->origin.b, sizeof topic->origin.b, origin);
        return ok && append(text, "/%s/+", origin);
    }
    return ok && (!*forms[topic->type].levels || append(text, "/#"));
}

// ---- Reading ----------------------------------------------------------------------------------------------------------------------------

static bool read_part(struct ss_slice level, int *part) {
    uint8_t byte;
    bool ok = ss_hex_parse(level, &byte, 1);
    *part = ok ? byte : -1;
    return ok;
}

static bool read_level(struct ss_slice level, char letter, struct ss_topic *topic) {
    switch (letter) {
    case 'k': topic->kind = level; return ss_is_kind(level);
    case 'U': topic->user = level; return ss_is_user(level);
    case 'n': topic->name = level; return is_level(level, SS_MAX_METHOD);
    case 'u': return ss_uuid_parse(level, &topic->uuid);
    case 'o': return ss_hex_parse(level, topic->origin.b, sizeof topic->origin.b);
    case 's': return level.len == 3 && memcmp(level.data, "set", 3) == 0;
    default: return read_part(level, &topic->part);
    }
}

static bool read_levels(const char *letters, struct ss_slice rest, struct ss_topic *topic) {
    struct ss_slice level;
    for (; *letters; letters++) {
        if (!next_level(&rest, &level)) {
            return *letters == 'p';
        }
        if (!read_level(level, *letters, topic)) {
            return false;
        }
    }
    return !rest.data;
}

static bool is_word(struct ss_slice level, const char *word) {
    return level.len == strlen(word) && memcmp(level.data, word, level.len) == 0;
}

static bool read_form(struct ss_slice word, struct ss_slice rest, struct ss_topic *topic) {
    const struct ss_topic empty = *topic;
    for (int type = 0; type < FORM_COUNT; type++) {
        *topic = empty;
        topic->type = (enum ss_topic_type)type;
        if (is_word(word, forms[type].word) && read_levels(forms[type].levels, rest, topic)) {
            return true;
        }
    }
    return false;
}

bool ss_topic_parse(const char *prefix, struct ss_slice text, struct ss_topic *topic) {
    size_t prefix_len = strlen(prefix);
    struct ss_slice version, word;
    *topic = (struct ss_topic){.part = -1};
    if (text.len >= SS_MAX_TOPIC || text.len <= prefix_len || memcmp(text.data, prefix, prefix_len) != 0 || text.data[prefix_len] != '/') {
        return false;
    }
    struct ss_slice rest = {text.data + prefix_len + 1, text.len - prefix_len - 1};
    return next_level(&rest, &version) && is_word(version, "v1") && next_level(&rest, &topic->scene) && ss_is_scene(topic->scene) &&
           next_level(&rest, &word) && read_form(word, rest, topic);
}
