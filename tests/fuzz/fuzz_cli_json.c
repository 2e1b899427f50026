// SPDX-License-Identifier: Apache-2.0
// The reader of FIELD=JSON arguments: the input is KIND, a NUL, FIELD, a NUL, JSON. What is read prints as JSON that reads as the same value.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static char *print(const struct ss_schema_field *field, struct scenesync_bytes value) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    ss_json_value(memory, field, value);
    fclose(memory);
    return text;
}

static void run(const struct ss_schema_field *field, const char *name, const char *json) {
    struct scenesync_writer *writer = scenesync_writer_create();
    struct scenesync_bytes value;
    if (ss_json_read(field, true, name, json, writer) && scenesync_writer_take(writer, &value)) {
        char *once = print(field, value);
        must(ss_json_read(field, true, name, once, writer) && scenesync_writer_take(writer, &value));
        char *twice = print(field, value);
        must(strcmp(once, twice) == 0);
        free(once);
        free(twice);
    }
    scenesync_writer_destroy(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *nowhere;
    if (!nowhere) {
        stderr = nowhere = fopen("/dev/null", "w"); // a thousand complaints a second help nobody; sanitizers write past it
    }
    char *text = malloc(size + 3);
    memcpy(text, data, size);
    memset(text + size, 0, 3);
    const char *kind = text, *name = kind + strlen(kind) + 1;
    if (name < text + size) {
        const char *json = name + strlen(name) + 1;
        run(ss_json_field(kind, name, strlen(name)), name, json < text + size + 2 ? json : "");
    }
    free(text);
    return 0;
}
