// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli/json.h"

// One value on its way in: what was allocated for it, and the first thing that was wrong with it.
struct parse {
    void **blocks;
    size_t count;
    const char *wrong;
};

// What strings stand for, by where they are.
enum place { ANYWHERE, REFERENCE, IN_BLOB, SHA256, ARRAY };

static bool convert(struct parse *parse, const cJSON *json, enum place place, const struct ss_schema_field *field,
                    struct ss_schema_value *value);

static void *take(struct parse *parse, size_t count, size_t size) {
    parse->blocks = ss_memory(realloc(parse->blocks, (parse->count + 1) * sizeof *parse->blocks));
    return parse->blocks[parse->count++] = ss_memory(calloc(count + 1, size));
}

static bool wrong(struct parse *parse, const char *why) {
    parse->wrong = why;
    return false;
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_hex(struct parse *parse, const cJSON *json, struct ss_schema_value *value) {
    const char *text = cJSON_IsString(json) ? json->valuestring : "?";
    size_t size = strlen(text) / 2;
    char *bytes = take(parse, size, 1);
    for (size_t i = 0; i < strlen(text); i++) {
        if (digit(text[i]) < 0 || strlen(text) % 2 != 0) {
            return wrong(parse, "expected pairs of hexadecimal digits");
        }
        bytes[i / 2] = (char)(bytes[i / 2] << 4 | digit(text[i]));
    }
    value->bytes = bytes;
    value->size = size;
    return true;
}

static bool take_bytes(struct parse *parse, const cJSON *json, struct ss_schema_value *value) {
    value->type = SS_SCHEMA_VALUE_BYTES;
    return take_hex(parse, json, value);
}

static bool take_ext(struct parse *parse, const cJSON *json, struct ss_schema_value *value) {
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) != 2 || !cJSON_IsNumber(json->child)) {
        return wrong(parse, "$ext: expected [type, \"hex\"]");
    }
    double type = json->child->valuedouble;
    if (!(type >= -128 && type <= 127 && type == floor(type))) {
        return wrong(parse, "$ext: expected a type from -128 to 127");
    }
    value->type = SS_SCHEMA_VALUE_EXT;
    value->number = type;
    return take_hex(parse, json->child->next, value);
}

static bool take_float(struct parse *parse, const cJSON *json, struct ss_schema_value *value) {
    static const struct {
        const char *word;
        double number;
    } words[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}, {"-0", -0.0}};
    value->type = SS_SCHEMA_VALUE_NUMBER;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (cJSON_IsString(json) && strcmp(json->valuestring, words[i].word) == 0) {
            value->number = words[i].number;
            return true;
        }
    }
    return wrong(parse, "$float: expected nan, inf, -inf or -0");
}

static bool take_number(struct parse *parse, const cJSON *json, struct ss_schema_value *value) {
    value->type = SS_SCHEMA_VALUE_NUMBER;
    value->number = json->valuedouble;
    double size = fabs(value->number);
    if (!isfinite(size)) {
        return wrong(parse, "expected a number that 64 bits can hold, or {\"$float\": \"inf\"}");
    }
    bool exact = size <= 0x1p53 || size >= 0x1p64; // beyond 64 bits it is a float
    return exact || wrong(parse, "expected integers of at most 2^53, which JSON's numbers hold exactly (the client library takes more)");
}

static bool take_string(struct parse *parse, const cJSON *json, enum place place, struct ss_schema_value *value) {
    struct scenesync_uuid uuid;
    size_t size = strlen(json->valuestring);
    if (place == SHA256) {
        return take_bytes(parse, json, value);
    }
    *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_STRING, .bytes = json->valuestring, .size = size};
    if (place == REFERENCE) {
        if (!scenesync_uuid_parse(json->valuestring, size, &uuid)) {
            return wrong(parse, "expected the UUID of another entity, as `scenesync ls` prints it");
        }
        char *bytes = take(parse, sizeof uuid.b, 1);
        memcpy(bytes, uuid.b, sizeof uuid.b);
        *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_BYTES, .bytes = bytes, .size = sizeof uuid.b};
    }
    return true;
}

// The number is within the bounds of its element. Integers are little endian, as all of v1's machines are.
static void put_integer(int64_t number, size_t size, char *at) { memcpy(at, &number, size); }

static void put_element(enum ss_schema_element element, double number, size_t size, char *at) {
    if (element == SS_SCHEMA_ELEMENT_F64) {
        memcpy(at, &number, sizeof number);
    } else if (element == SS_SCHEMA_ELEMENT_F32) {
        float f32 = (float)number;
        memcpy(at, &f32, sizeof f32);
    } else {
        put_integer((int64_t)number, size, at);
    }
}

static const struct element {
    size_t size;
    bool whole;
    double least, most;
} elements[] = {
    [SS_SCHEMA_ELEMENT_F32] = {4, false, -0x1.fffffep127, 0x1.fffffep127},
    [SS_SCHEMA_ELEMENT_F64] = {8, false, -INFINITY, INFINITY},
    [SS_SCHEMA_ELEMENT_I32] = {4, true, INT32_MIN, INT32_MAX},
    [SS_SCHEMA_ELEMENT_U8] = {1, true, 0, 255},
    [SS_SCHEMA_ELEMENT_U16] = {2, true, 0, 65535},
    [SS_SCHEMA_ELEMENT_I64] = {8, true, -0x1p53, 0x1p53},
};

// A plain list of numbers where the schema has an array.
static bool take_array(struct parse *parse, const cJSON *json, enum ss_schema_element element, struct ss_schema_value *value) {
    size_t count = (size_t)cJSON_GetArraySize(json), i = 0;
    struct element form = element < sizeof elements / sizeof *elements ? elements[element] : (struct element){0};
    if (!form.size) {
        return wrong(parse, "expected {\"$ext\": [type, \"hex\"]}: numbers of this size have no plain form");
    }
    char *bytes = take(parse, count, form.size);
    for (const cJSON *item = json->child; item; item = item->next, i++) {
        bool fits = cJSON_IsNumber(item) && item->valuedouble >= form.least && item->valuedouble <= form.most;
        if (!fits || (form.whole && item->valuedouble != floor(item->valuedouble))) {
            return wrong(parse, "expected a list of numbers that fit the array's elements");
        }
        put_element(element, item->valuedouble, form.size, bytes + i * form.size);
    }
    *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_EXT, .number = element, .bytes = bytes, .size = count * form.size};
    return true;
}

static bool take_list(struct parse *parse, const cJSON *json, enum place place, struct ss_schema_value *value) {
    size_t count = (size_t)cJSON_GetArraySize(json), i = 0;
    struct ss_schema_value *items = take(parse, count, sizeof *items);
    *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_LIST, .size = count, .items = items};
    for (const cJSON *item = json->child; item; item = item->next) {
        if (!convert(parse, item, place == SHA256 ? SHA256 : ANYWHERE, NULL, &items[i++])) {
            return false;
        }
    }
    return true;
}

static enum place place_in_map(const char *key, enum place place) {
    bool names_blobs = (place == IN_BLOB || place == ARRAY) && (strcmp(key, "sha256") == 0 || strcmp(key, "pages") == 0);
    return names_blobs ? SHA256 : ANYWHERE;
}

static bool take_map(struct parse *parse, const cJSON *json, enum place place, struct ss_schema_value *value) {
    size_t count = (size_t)cJSON_GetArraySize(json), i = 0;
    struct ss_schema_value *items = take(parse, 2 * count, sizeof *items);
    *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_MAP, .size = count, .items = items};
    for (const cJSON *item = json->child; item; item = item->next, i += 2) {
        items[i] = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_STRING, .bytes = item->string, .size = strlen(item->string)};
        if (!convert(parse, item, place_in_map(item->string, place), NULL, &items[i + 1])) {
            return false;
        }
    }
    return true;
}

static bool take_object(struct parse *parse, const cJSON *json, enum place place, struct ss_schema_value *value) {
    const cJSON *only = json->child && !json->child->next ? json->child : NULL;
    if (only && strcmp(only->string, "$bin") == 0) {
        return take_bytes(parse, only, value);
    }
    if (only && strcmp(only->string, "$ext") == 0) {
        return take_ext(parse, only, value);
    }
    if (only && strcmp(only->string, "$omitted") == 0) {
        return wrong(parse, "expected the data, which $omitted stands for; leave out what is not to change");
    }
    return only && strcmp(only->string, "$float") == 0 ? take_float(parse, only, value) : take_map(parse, json, place, value);
}

static bool convert(struct parse *parse, const cJSON *json, enum place place, const struct ss_schema_field *field,
                    struct ss_schema_value *value) {
    if (cJSON_IsBool(json)) {
        *value = (struct ss_schema_value){.type = SS_SCHEMA_VALUE_BOOL, .number = cJSON_IsTrue(json)};
        return true;
    }
    if (cJSON_IsNumber(json)) {
        return take_number(parse, json, value);
    }
    if (cJSON_IsString(json)) {
        return take_string(parse, json, place, value);
    }
    if (cJSON_IsArray(json)) {
        return place == ARRAY ? take_array(parse, json, field->element, value) : take_list(parse, json, place, value);
    }
    return cJSON_IsNull(json) || take_object(parse, json, place, value);
}

static void write(struct scenesync_writer *writer, const struct ss_schema_value *value) {
    switch (value->type) {
    case SS_SCHEMA_VALUE_NIL: scenesync_write_nil(writer); break;
    case SS_SCHEMA_VALUE_BOOL: scenesync_write_bool(writer, value->number != 0); break;
    case SS_SCHEMA_VALUE_NUMBER: scenesync_write_number(writer, value->number); break;
    case SS_SCHEMA_VALUE_STRING: scenesync_write_string(writer, value->bytes, value->size); break;
    case SS_SCHEMA_VALUE_BYTES: scenesync_write_binary(writer, value->bytes, value->size); break;
    case SS_SCHEMA_VALUE_EXT: scenesync_write_extended(writer, (int)value->number, value->bytes, value->size); break;
    case SS_SCHEMA_VALUE_LIST:
        scenesync_write_list(writer, value->size);
        for (size_t i = 0; i < value->size; i++) {
            write(writer, &value->items[i]);
        }
        break;
    case SS_SCHEMA_VALUE_MAP:
        scenesync_write_map(writer, value->size);
        for (size_t i = 0; i < 2 * value->size; i++) {
            write(writer, &value->items[i]);
        }
        break;
    }
}

static enum place place_of(const struct ss_schema_field *field) {
    switch (field ? field->type : SS_SCHEMA_ANY) {
    case SS_SCHEMA_REF: return REFERENCE;
    case SS_SCHEMA_BLOB: return IN_BLOB;
    case SS_SCHEMA_ARRAY: return ARRAY;
    default: return ANYWHERE;
    }
}

// Other programs may know more words than this version does, but a person has more likely mistyped.
static bool is_known_word(const struct ss_schema_field *field, const struct ss_schema_value *value, char *why, size_t size) {
    if (!field || field->type != SS_SCHEMA_ENUM || value->type != SS_SCHEMA_VALUE_STRING) {
        return true;
    }
    size_t len = (size_t)snprintf(why, size, "wants one of");
    for (const char *const *word = field->words; *word; word++) {
        if (value->size == strlen(*word) && memcmp(value->bytes, *word, value->size) == 0) {
            return true;
        }
        int more = len < size ? snprintf(why + len, size - len, " %s", *word) : 0;
        len += (size_t)more;
    }
    return false;
}

// Those who show an entity would keep the old value, and nobody else would show it.
static bool can_do_without(const struct ss_schema_field *field, const struct ss_schema_value *value, char *why, size_t size) {
    bool ok = !field || !field->required || value->type != SS_SCHEMA_VALUE_NIL;
    if (!ok) {
        snprintf(why, size, "wants a value, without which nobody is shown the entity");
    }
    return ok;
}

// What was given is shown beside what was wanted, as far as it fits a line.
static void add_given(const cJSON *json, const char *given, char *why, size_t size) {
    char *printed = given ? NULL : cJSON_PrintUnformatted(json);
    const char *text = given ? given : printed ? printed : "";
    size_t len = strlen(why);
    snprintf(why + len, size - len, ", not %.60s%s", text, strlen(text) > 60 ? "…" : "");
    cJSON_free(printed);
}

bool ss_json_convert(const struct ss_schema_field *field, bool any_word, const cJSON *json, const char *given,
                     struct scenesync_writer *writer, char *why, size_t why_size) {
    struct parse parse = {0};
    struct ss_schema_value value = {.type = SS_SCHEMA_VALUE_NIL};
    bool ok = convert(&parse, json, place_of(field), field, &value) && (!field || ss_schema_check(field, &value, why, why_size)) &&
              (any_word || is_known_word(field, &value, why, why_size)) && can_do_without(field, &value, why, why_size);
    if (ok) {
        write(writer, &value);
    } else {
        if (parse.wrong) {
            snprintf(why, why_size, "%s", parse.wrong);
        }
        add_given(json, given, why, why_size);
    }
    for (size_t i = 0; i < parse.count; i++) {
        free(parse.blocks[i]);
    }
    free(parse.blocks);
    return ok;
}

static void say_not_json(const char *name, const char *json, const char *end) {
    if (!*json) {
        ss_fail("%s: a value is missing after the =", name);
    } else if (end && !*end) {
        ss_fail("%s: the JSON ends too early: %.60s (put single quotes around it for the shell: '%s=[1, 2]')", name, json, name);
    } else {
        ss_fail("%s: not JSON from here: %.40s (write text in double quotes, inside single quotes for the shell: '%s=\"text\"')", name,
                end ? end : json, name);
    }
}

bool ss_json_read(const struct ss_schema_field *field, bool any_word, const char *name, const char *json, struct scenesync_writer *writer) {
    const char *end = json;
    cJSON *parsed = cJSON_ParseWithOpts(json, &end, true);
    if (!parsed) {
        say_not_json(name, json, end);
        return false;
    }
    char why[512];
    bool ok = ss_json_convert(field, any_word, parsed, json, writer, why, sizeof why);
    if (!ok) {
        ss_fail("%s: %s", name, why);
    }
    cJSON_Delete(parsed);
    return ok;
}
