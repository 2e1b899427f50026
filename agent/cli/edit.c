// SPDX-License-Identifier: Apache-2.0
#include "cli/edit.h"
#include "cli/replica.h"

#include <stdlib.h>
#include <string.h>

void ss_assignments_add(struct ss_assignments *assignments, const char *name, struct scenesync_bytes value) {
    size_t count = assignments->count + 1;
    assignments->names = ss_memory(realloc(assignments->names, count * sizeof *assignments->names));
    assignments->values = ss_memory(realloc(assignments->values, count * sizeof *assignments->values));
    assignments->names[assignments->count] = (struct scenesync_bytes){(const uint8_t *)name, strlen(name)};
    assignments->values[assignments->count] = value;
    assignments->count = count;
}

void ss_assignments_finish(struct ss_assignments *assignments) {
    free(assignments->names);
    free(assignments->values);
    scenesync_writer_destroy(assignments->writer);
    *assignments = (struct ss_assignments){0};
}

static const struct scenesync_bytes *value_of(const struct ss_assignments *assignments, const char *name) {
    for (size_t i = 0; i < assignments->count; i++) {
        if (assignments->names[i].size == strlen(name) && memcmp(assignments->names[i].data, name, strlen(name)) == 0) {
            return &assignments->values[i];
        }
    }
    return NULL;
}

const char *ss_assignments_lack(const struct ss_assignments *assignments) {
    const struct ss_schema_kind *kind = ss_schema_kind(assignments->kind, strlen(assignments->kind));
    for (size_t i = 0; kind && i < kind->field_count; i++) {
        if (kind->fields[i].required && !value_of(assignments, kind->fields[i].name)) {
            return kind->fields[i].name;
        }
    }
    return NULL;
}

void ss_assignments_place(struct ss_assignments *transform) {
    static const struct {
        const char *name;
        double number;
    } fields[] = {{"location", 0}, {"rotation_euler", 0}, {"scale", 1}};
    *transform = (struct ss_assignments){.kind = "transform", .writer = ss_memory(scenesync_writer_create())};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct scenesync_bytes value = {0};
        scenesync_write_list(transform->writer, 3);
        for (int axis = 0; axis < 3; axis++) {
            scenesync_write_number(transform->writer, fields[i].number);
        }
        if (scenesync_writer_take(transform->writer, &value)) {
            ss_assignments_add(transform, fields[i].name, value);
        }
    }
}

static void list_fields(const struct ss_schema_kind *kind) {
    fprintf(stderr, "scenesync: fields of %s:", kind->name);
    for (size_t i = 0; i < kind->field_count; i++) {
        fprintf(stderr, " %s", kind->fields[i].name);
    }
    fputc('\n', stderr);
}

static bool is_known(const struct ss_cli *cli, const char *kind, const char *field) {
    const struct ss_schema_kind *known = ss_schema_kind(kind, strlen(kind));
    if (cli->force || (known && ss_schema_field(known, field, strlen(field)))) {
        return true;
    }
    if (!known) {
        ss_fail("%s: this version knows no such kind; --force sets it all the same", kind);
    } else {
        ss_fail("%s: this version knows no such field of %s; --force sets it all the same", field, kind);
        list_fields(known);
    }
    return false;
}

static int read_one(const struct ss_cli *cli, char *argument, struct ss_assignments *assignments) {
    char *equals = strchr(argument, '=');
    if (!equals || equals == argument) {
        return ss_usage(cli->command, "expected FIELD=JSON, as in 'location=[0, 0, 1]' or 'name=\"Lamp\"', not `%s`", argument);
    }
    *equals = '\0';
    const struct ss_schema_field *field = ss_json_field(assignments->kind, argument, strlen(argument));
    struct scenesync_bytes value;
    if (value_of(assignments, argument)) {
        return ss_usage(cli->command, "%s is given twice", argument);
    }
    if (!is_known(cli, assignments->kind, argument) || !ss_json_read(field, cli->force, argument, equals + 1, assignments->writer)) {
        return SS_EXIT_FAILED;
    }
    if (!scenesync_writer_take(assignments->writer, &value)) {
        return ss_fail("%s: the value is too large; larger things are blobs", argument);
    }
    ss_assignments_add(assignments, argument, value);
    return SS_EXIT_OK;
}

int ss_assignments_read(const struct ss_cli *cli, const char *kind, int count, char **arguments, struct ss_assignments *assignments) {
    *assignments = (struct ss_assignments){.kind = kind, .writer = ss_memory(scenesync_writer_create())};
    int status = SS_EXIT_OK;
    for (int i = 0; status == SS_EXIT_OK && i < count; i++) {
        status = read_one(cli, arguments[i], assignments);
    }
    return status;
}

static void print_edited(const char *kind, const struct scenesync_uuid *id) {
    char text[37];
    scenesync_uuid_format(id, text);
    fputs("{\"kind\": ", stdout);
    ss_json_string(stdout, kind, strlen(kind));
    printf(", \"id\": \"%s\"}\n", text);
}

int ss_edit(struct ss_cli *cli, const struct scenesync_uuid *id, const struct ss_assignments *assignments, size_t count) {
    struct scenesync_batch *batches = ss_memory(calloc(count, sizeof *batches));
    for (size_t i = 0; i < count; i++) {
        const struct ss_assignments *from = &assignments[i];
        batches[i].kind = (struct scenesync_bytes){(const uint8_t *)from->kind, strlen(from->kind)};
        batches[i].rows = 1;
        batches[i].columns = from->count;
        batches[i].ids = id;
        batches[i].names = from->names;
        batches[i].values = from->values;
    }
    uint64_t edit = 0;
    int error = scenesync_edit(cli->client, batches, count, false, &edit, cli->timeout_ms);
    error = error ? error : scenesync_wait_ack(cli->client, edit, cli->timeout_ms);
    free(batches);
    if (!ss_cli_check(cli, error)) {
        return SS_EXIT_FAILED;
    }
    if (cli->json) {
        print_edited(assignments[0].kind, id);
    }
    return SS_EXIT_OK;
}

static bool brings_back(const struct ss_assignments *assignments) {
    static const uint8_t no[] = {0xc2};
    const struct scenesync_bytes *value = value_of(assignments, "deleted");
    return value && value->size == sizeof no && value->data[0] == no[0];
}

// What an object hangs on by way of others, only the scene as all have it in the end can tell; of a circle so made all cut the same edge.
static bool hangs_on_itself(const struct ss_known *entity, const struct ss_assignments *assignments) {
    const struct scenesync_bytes *value = strcmp(entity->kind, "object") == 0 ? value_of(assignments, "parent") : NULL;
    struct scenesync_reader reader = scenesync_reader_of(value ? *value : (struct scenesync_bytes){0});
    struct scenesync_item item;
    return scenesync_read(&reader, &item) && item.type == SCENESYNC_BINARY && item.bytes.size == sizeof entity->id.b &&
           memcmp(item.bytes.data, entity->id.b, sizeof entity->id.b) == 0;
}

static int edit_known(struct ss_cli *cli, const struct ss_replica *replica, const char *text, const struct ss_assignments *assignments) {
    const struct ss_known *entity = ss_replica_resolve(replica, assignments->kind, text);
    if (!entity) {
        return SS_EXIT_FAILED;
    }
    if (!cli->force && hangs_on_itself(entity, assignments)) {
        return ss_fail("parent: the object would hang on itself; --force sets it all the same");
    }
    return ss_edit(cli, &entity->id, assignments, 1);
}

int ss_edit_named(struct ss_cli *cli, const char *text, const struct ss_assignments *assignments) {
    struct scenesync_uuid id;
    if (brings_back(assignments) && scenesync_uuid_parse(text, strlen(text), &id)) {
        return ss_cli_join(cli, cli->arguments[0]) ? ss_edit(cli, &id, assignments, 1) : SS_EXIT_FAILED;
    }
    struct ss_replica replica = {0};
    int status = SS_EXIT_FAILED;
    if (ss_replica_load(cli, cli->arguments[0], assignments->kind, false, &replica)) {
        status = edit_known(cli, &replica, text, assignments);
    }
    ss_replica_finish(&replica);
    return status;
}
