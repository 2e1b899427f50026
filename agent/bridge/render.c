// SPDX-License-Identifier: Apache-2.0
#include "bridge/render.h"

#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FIELDS = 224 * 1024, MAX_NAMES = SS_SCHEMA_MAX_MESSAGE - 1024 };

static bool take_reference(const struct ss_known *entity, const struct ss_known_field *field, struct scenesync_uuid *id,
                           const char *const **kinds) {
    const struct ss_schema_field *known = ss_json_field(entity->kind, (const char *)field->name.data, field->name.size);
    struct scenesync_reader reader = scenesync_reader_of(field->value);
    struct scenesync_item item;
    if (!known || known->type != SS_SCHEMA_REF || !scenesync_read(&reader, &item) || item.type != SCENESYNC_BINARY ||
        item.bytes.size != sizeof id->b) {
        return false;
    }
    memcpy(id->b, item.bytes.data, sizeof id->b);
    *kinds = known->words;
    return true;
}

static struct scenesync_bytes name_of(const struct ss_replica *replica, const struct scenesync_uuid *id, const char *const *kinds) {
    for (; kinds && *kinds; kinds++) {
        const struct ss_known *target = ss_replica_find(replica, *kinds, id);
        if (target && ss_replica_is_there(replica, target)) {
            return ss_replica_name(replica, target);
        }
    }
    return (struct scenesync_bytes){0};
}

// An id that two fields refer to is named once: the fields are few, and so are those before it.
static bool is_named(const struct ss_known *entity, size_t before, const struct scenesync_uuid *id) {
    for (size_t i = 0; i < before; i++) {
        struct scenesync_uuid other;
        const char *const *kinds;
        if (take_reference(entity, &entity->fields[i], &other, &kinds) && memcmp(other.b, id->b, sizeof id->b) == 0) {
            return true;
        }
    }
    return false;
}

static void write_names(FILE *out, const struct ss_replica *replica, const struct ss_known *entity, size_t count) {
    bool first = true;
    fputs(", \"names\": {", out);
    for (size_t i = 0; i < count && ftello(out) < MAX_NAMES; i++) {
        struct scenesync_uuid id;
        const char *const *kinds;
        struct scenesync_bytes name = {0};
        if (take_reference(entity, &entity->fields[i], &id, &kinds) && !is_named(entity, i, &id)) {
            name = name_of(replica, &id, kinds);
        }
        if (name.data) {
            char text[37];
            scenesync_uuid_format(&id, text);
            fprintf(out, "%s\"%s\": ", first ? "" : ", ", text);
            ss_json_string(out, (const char *)name.data, name.size);
            first = false;
        }
    }
    fputc('}', out);
}

// Returns how many fields fit.
static size_t write_fields(FILE *out, const struct ss_known *entity, size_t count) {
    size_t fit = 0;
    fputs(", \"fields\": {", out);
    for (size_t i = 0; i < count; i++) {
        const struct ss_known_field *field = &entity->fields[i];
        const char *name = (const char *)field->name.data;
        fputs(i > 0 ? ", " : "", out);
        ss_json_string(out, name, field->name.size);
        fputs(": ", out);
        ss_json_brief(out, ss_json_field(entity->kind, name, field->name.size), field->value);
        fit += fit == i && ftello(out) <= MAX_FIELDS;
    }
    fputc('}', out);
    return fit;
}

static size_t write_entity(FILE *out, const struct ss_replica *replica, const struct ss_known *entity, size_t count) {
    char id[37];
    struct scenesync_bytes name = ss_replica_name(replica, entity);
    scenesync_uuid_format(&entity->id, id);
    fprintf(out, "{\"v\": 1, \"kind\": \"%s\", \"id\": \"%s\"", entity->kind, id);
    if (name.data) {
        fputs(", \"name\": ", out);
        ss_json_string(out, (const char *)name.data, name.size);
    }
    size_t fit = write_fields(out, entity, count);
    write_names(out, replica, entity, count);
    fputs(count < entity->count ? ", \"truncated\": true}" : "}", out);
    return fit;
}

static char *render(const struct ss_replica *replica, const struct ss_known *entity, size_t *count, size_t *size) {
    char *text = NULL;
    FILE *out = ss_memory(open_memstream(&text, size));
    *count = write_entity(out, replica, entity, *count);
    fclose(out);
    return ss_memory(text);
}

char *ss_render(const struct ss_replica *replica, const struct ss_known *entity, size_t *size) {
    size_t fit = entity->count;
    char *text = render(replica, entity, &fit, size);
    if (fit < entity->count) {
        free(text);
        text = render(replica, entity, &fit, size);
    }
    return text;
}
