// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

const struct ss_schema_field *ss_json_field(const char *kind, const char *name, size_t size) {
    const struct ss_schema_kind *known = ss_schema_kind(kind, strlen(kind));
    return known ? ss_schema_field(known, name, size) : NULL;
}

void ss_json_string(FILE *out, const char *text, size_t size) {
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c == '\n') {
            fputs("\\n", out);
        } else if (c < 0x20 || c == 0x7f) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void print_hex(FILE *out, struct scenesync_bytes bytes) {
    fputc('"', out);
    for (size_t i = 0; i < bytes.size; i++) {
        fprintf(out, "%02x", bytes.data[i]);
    }
    fputc('"', out);
}

// The fewest digits that read back as the same number.
static void print_float(FILE *out, double number) {
    if (isnan(number) || isinf(number) || (number == 0 && signbit(number))) {
        fprintf(out, "{\"$float\": \"%s\"}", isnan(number) ? "nan" : number == 0 ? "-0" : number > 0 ? "inf" : "-inf");
        return;
    }
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    fputs(text, out);
}

// What bytes stand for, by where they are.
enum place { ANYWHERE, REFERENCE, IN_BLOB, IN_PAGES };

enum { BRIEF = 64 }; // bytes that even a brief print shows

struct print {
    FILE *out;
    bool brief;
};

static void print_item(const struct print *print, struct scenesync_reader *reader, enum place place);

// Of what is left out: how much it is, and its hash, by which a change shows.
static void print_omitted(FILE *out, const struct scenesync_item *item) {
    struct scenesync_sha256 sha256;
    scenesync_sha256(item->bytes.data, item->bytes.size, &sha256);
    fprintf(out, "{\"$omitted\": {\"size\": %zu, \"sha256\": ", item->bytes.size);
    print_hex(out, (struct scenesync_bytes){sha256.b, sizeof sha256.b});
    if (item->type == SCENESYNC_EXTENDED) {
        fprintf(out, ", \"ext\": %d", item->ext);
    }
    fputs("}}", out);
}

static void print_binary(FILE *out, struct scenesync_bytes bytes, enum place place) {
    struct scenesync_uuid uuid;
    if (place == REFERENCE && bytes.size == sizeof uuid.b) {
        char text[37];
        memcpy(uuid.b, bytes.data, sizeof uuid.b);
        scenesync_uuid_format(&uuid, text);
        fprintf(out, "\"%s\"", text);
    } else if ((place == IN_BLOB || place == IN_PAGES) && bytes.size == sizeof(struct scenesync_sha256)) {
        print_hex(out, bytes);
    } else {
        fputs("{\"$bin\": ", out);
        print_hex(out, bytes);
        fputc('}', out);
    }
}

static void print_list(const struct print *print, struct scenesync_reader *reader, size_t count, enum place place) {
    FILE *out = print->out;
    fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", out);
        print_item(print, reader, place == IN_PAGES ? place : ANYWHERE);
    }
    fputc(']', out);
}

static enum place place_in_map(struct scenesync_bytes key, enum place place) {
    bool sha256 = key.size == 6 && memcmp(key.data, "sha256", 6) == 0, pages = key.size == 5 && memcmp(key.data, "pages", 5) == 0;
    return place == IN_BLOB && sha256 ? IN_BLOB : place == IN_BLOB && pages ? IN_PAGES : ANYWHERE;
}

static void print_map(const struct print *print, struct scenesync_reader *reader, size_t count, enum place place) {
    FILE *out = print->out;
    fputc('{', out);
    for (size_t i = 0; i < count; i++) {
        struct scenesync_item key = {0};
        scenesync_read(reader, &key);
        fputs(i > 0 ? ", " : "", out);
        ss_json_string(out, (const char *)key.bytes.data, key.bytes.size);
        fputs(": ", out);
        print_item(print, reader, place_in_map(key.bytes, place));
    }
    fputc('}', out);
}

static void print_item(const struct print *print, struct scenesync_reader *reader, enum place place) {
    FILE *out = print->out;
    struct scenesync_item item = {0};
    scenesync_read(reader, &item);
    if (print->brief && item.bytes.size > BRIEF && (item.type == SCENESYNC_BINARY || item.type == SCENESYNC_EXTENDED)) {
        print_omitted(out, &item);
        return;
    }
    switch (item.type) {
    case SCENESYNC_NIL: fputs("null", out); break;
    case SCENESYNC_BOOL: fputs(item.boolean ? "true" : "false", out); break;
    case SCENESYNC_INTEGER: item.negative ? fprintf(out, "%" PRId64, item.sint) : fprintf(out, "%" PRIu64, item.uint); break;
    case SCENESYNC_FLOAT: print_float(out, item.number); break;
    case SCENESYNC_STRING: ss_json_string(out, (const char *)item.bytes.data, item.bytes.size); break;
    case SCENESYNC_BINARY: print_binary(out, item.bytes, place); break;
    case SCENESYNC_LIST: print_list(print, reader, item.count, place); break;
    case SCENESYNC_MAP: print_map(print, reader, item.count, place); break;
    case SCENESYNC_EXTENDED:
        fprintf(out, "{\"$ext\": [%d, ", item.ext);
        print_hex(out, item.bytes);
        fputs("]}", out);
        break;
    }
}

static void print_value(const struct print *print, const struct ss_schema_field *field, struct scenesync_bytes value) {
    struct scenesync_reader reader = scenesync_reader_of(value);
    bool blobs = field && (field->type == SS_SCHEMA_BLOB || field->type == SS_SCHEMA_ARRAY);
    print_item(print, &reader, field && field->type == SS_SCHEMA_REF ? REFERENCE : blobs ? IN_BLOB : ANYWHERE);
}

void ss_json_value(FILE *out, const struct ss_schema_field *field, struct scenesync_bytes value) {
    print_value(&(struct print){out, false}, field, value);
}

void ss_json_brief(FILE *out, const struct ss_schema_field *field, struct scenesync_bytes value) {
    print_value(&(struct print){out, true}, field, value);
}
