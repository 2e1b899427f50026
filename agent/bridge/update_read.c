// SPDX-License-Identifier: Apache-2.0
#include "bridge/update_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

bool ss_update_wrong(struct ss_update_wrong *wrong, const char *error, const char *field, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    wrong->error = error;
    snprintf(wrong->field, sizeof wrong->field, "%s", field ? field : "");
    vsnprintf(wrong->text, sizeof wrong->text, format, arguments);
    va_end(arguments);
    return false;
}

// cJSON ends a string at an escaped NUL and would lose the rest of it; real ones end the text.
static bool has_nul(struct ss_slice payload) {
    for (size_t i = 0; i < payload.len; i++) {
        bool escape = payload.data[i] == '\\';
        if (payload.data[i] == 0 || (escape && payload.len - i >= 6 && memcmp(payload.data + i, "\\u0000", 6) == 0)) {
            return true;
        }
        i += escape;
    }
    return false;
}

static bool parse(struct ss_slice payload, struct ss_update_read *update, struct ss_update_wrong *wrong) {
    if (payload.len > SS_SCHEMA_MAX_MESSAGE) {
        return ss_update_wrong(wrong, "limit", NULL, "an update has at most %d bytes; larger things are blobs", SS_SCHEMA_MAX_MESSAGE);
    }
    if (has_nul(payload)) {
        return ss_update_wrong(wrong, "json", NULL, "text must not have NUL characters");
    }
    char *text = ss_memory(malloc(payload.len + 1));
    if (payload.len > 0) {
        memcpy(text, payload.data, payload.len);
    }
    text[payload.len] = '\0';
    const char *end = text;
    update->json = cJSON_ParseWithOpts(text, &end, true);
    if (!update->json) {
        ss_update_wrong(wrong, "json", NULL, "not JSON from byte %zu: %.40s", (size_t)(end - text), end);
    }
    free(text);
    return update->json;
}

static bool is_repeated(const cJSON *fields, const cJSON *field) {
    for (const cJSON *other = fields->child; other != field; other = other->next) {
        if (strcmp(other->string, field->string) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_field(const struct ss_schema_kind *kind, const cJSON *fields, const cJSON *json, struct ss_update_read *update,
                       struct ss_update_wrong *wrong) {
    const char *name = json->string;
    const struct ss_schema_field *field = ss_schema_field(kind, name, strlen(name));
    char why[512] = "";
    struct scenesync_bytes value;
    if (!field) {
        return ss_update_wrong(wrong, "field", name, "%.200s: the bridge knows no such field of %s; docs/protocol.md lists them", name,
                               kind->name);
    }
    if (is_repeated(fields, json)) {
        return ss_update_wrong(wrong, "field", name, "%.200s: given twice", name);
    }
    if (!ss_json_convert(field, false, json, NULL, update->fields.writer, why, sizeof why)) {
        return ss_update_wrong(wrong, "value", name, "%.100s: %s", name, why);
    }
    if (!scenesync_writer_take(update->fields.writer, &value)) {
        return ss_update_wrong(wrong, "limit", name, "%.200s: the value is too large; larger things are blobs", name);
    }
    ss_assignments_add(&update->fields, name, value);
    return true;
}

static bool take_call(const cJSON *call, struct ss_update_read *update, struct ss_update_wrong *wrong) {
    if (call && (!cJSON_IsString(call) || strlen(call->valuestring) >= sizeof update->call)) {
        return ss_update_wrong(wrong, "call", NULL, "call: expected a string of at most %zu bytes", sizeof update->call - 1);
    }
    snprintf(update->call, sizeof update->call, "%s", call ? call->valuestring : "");
    return true;
}

bool ss_update_read(const char *kind, struct ss_slice payload, struct ss_update_read *update, struct ss_update_wrong *wrong) {
    *update = (struct ss_update_read){.fields = {.kind = kind, .writer = ss_memory(scenesync_writer_create())}};
    const struct ss_schema_kind *known = ss_schema_kind(kind, strlen(kind));
    if (!parse(payload, update, wrong) || !take_call(cJSON_GetObjectItemCaseSensitive(update->json, "call"), update, wrong)) {
        return false;
    }
    if (!known) {
        return ss_update_wrong(wrong, "kind", NULL, "%s: the bridge knows no such kind; docs/protocol.md lists them", kind);
    }
    const cJSON *fields = cJSON_GetObjectItemCaseSensitive(update->json, "fields");
    if (!cJSON_IsObject(fields) || !fields->child) {
        return ss_update_wrong(wrong, "json", NULL, "expected {\"fields\": {name: value, …}}");
    }
    int count = cJSON_GetArraySize(fields);
    if (count > SS_UPDATE_FIELDS) {
        return ss_update_wrong(wrong, "limit", NULL, "an update has at most %d fields; send several", SS_UPDATE_FIELDS);
    }
    for (const cJSON *field = fields->child; field; field = field->next) {
        if (!take_field(known, fields, field, update, wrong)) {
            return false;
        }
    }
    return true;
}

void ss_update_read_finish(struct ss_update_read *update) {
    ss_assignments_finish(&update->fields);
    cJSON_Delete(update->json);
}
