// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

void ss_print_heading(FILE *out, const struct ss_replica *replica, const struct ss_known *entity) {
    char id[37];
    struct scenesync_bytes name = ss_replica_name(replica, entity);
    scenesync_uuid_format(&entity->id, id);
    fprintf(out, "%s/%s", entity->kind, id);
    if (name.size > 0) {
        fputc(' ', out);
        ss_json_string(out, (const char *)name.data, name.size);
    }
}

void ss_print_field(FILE *out, const char *kind, const struct ss_known_field *field) {
    const char *name = (const char *)field->name.data;
    fprintf(out, "%.*s=", (int)field->name.size, name);
    ss_json_value(out, ss_json_field(kind, name, field->name.size), field->value);
}

static void print_fields(FILE *out, const struct ss_known *entity) {
    fputs(", \"fields\": {", out);
    for (size_t i = 0; i < entity->count; i++) {
        const struct ss_known_field *field = &entity->fields[i];
        const char *name = (const char *)field->name.data;
        fputs(i > 0 ? ", " : "", out);
        ss_json_string(out, name, field->name.size);
        fputs(": ", out);
        ss_json_value(out, ss_json_field(entity->kind, name, field->name.size), field->value);
    }
    fputc('}', out);
}

void ss_print_object(FILE *out, const struct ss_replica *replica, const struct ss_known *entity, bool fields) {
    char id[37];
    struct scenesync_bytes name = ss_replica_name(replica, entity);
    scenesync_uuid_format(&entity->id, id);
    fprintf(out, "{\"kind\": \"%s\", \"id\": \"%s\", \"name\": ", entity->kind, id);
    if (name.data) {
        ss_json_string(out, (const char *)name.data, name.size);
    } else {
        fputs("null", out);
    }
    if (fields) {
        print_fields(out, entity);
    }
    fputc('}', out);
}
