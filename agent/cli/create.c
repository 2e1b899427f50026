// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/edit.h"

// What an object stands at when it is new: the schema's defaults of a transform.
static void read_transform(const struct ss_cli *cli, struct ss_assignments *transform) {
    char location[] = "location=[0, 0, 0]", rotation[] = "rotation_euler=[0, 0, 0]", scale[] = "scale=[1, 1, 1]";
    const char *names[] = {"location", "rotation_euler", "scale"};
    char *arguments[] = {location, rotation, scale};
    ss_assignments_read(cli, "transform", 3, arguments, transform);
    for (size_t i = 0; i < transform->count; i++) {
        transform->names[i].data = (const uint8_t *)names[i]; // the arguments end with this function
    }
}

static bool has(const struct ss_assignments *assignments, const char *name) {
    for (size_t i = 0; i < assignments->count; i++) {
        if (assignments->names[i].size == strlen(name) && memcmp(assignments->names[i].data, name, strlen(name)) == 0) {
            return true;
        }
    }
    return false;
}

// Without these it would be kept, but shown by nobody.
static bool is_complete(const struct ss_assignments *assignments) {
    const struct ss_schema_kind *kind = ss_schema_kind(assignments->kind, strlen(assignments->kind));
    for (size_t i = 0; kind && i < kind->field_count; i++) {
        if (kind->fields[i].required && !has(assignments, kind->fields[i].name)) {
            ss_fail("%s: a new %s needs it; add '%s=…'", kind->fields[i].name, kind->name, kind->fields[i].name);
            return false;
        }
    }
    return true;
}

static bool choose_id(const char *scene, const char *kind, struct scenesync_uuid *id) {
    const struct ss_schema_kind *known = ss_schema_kind(kind, strlen(kind));
    if (known && known->singleton) {
        scenesync_uuid_singleton(scene, kind, id);
        return true;
    }
    if (!scenesync_uuid_random(id)) {
        ss_fail("the system has no randomness for a new id");
        return false;
    }
    return true;
}

static void print_id(const struct ss_cli *cli, const struct scenesync_uuid *id) {
    char text[37];
    scenesync_uuid_format(id, text);
    printf(cli->json ? "{\"kind\": \"%s\", \"id\": \"%s\"}\n" : "%.0s%s\n", cli->arguments[1], text);
}

static int create(struct ss_cli *cli, const char *kind, struct ss_assignments assignments[2]) {
    struct scenesync_uuid id;
    size_t count = strcmp(kind, "object") == 0 ? 2 : 1;
    if (!is_complete(&assignments[0]) || !choose_id(cli->arguments[0], kind, &id) || !ss_cli_join(cli, cli->arguments[0])) {
        return SS_EXIT_FAILED;
    }
    if (count == 2) {
        read_transform(cli, &assignments[1]);
    }
    int status = ss_edit(cli, &id, assignments, count);
    if (status == SS_EXIT_OK) {
        print_id(cli, &id);
    }
    return status;
}

static int run(struct ss_cli *cli) {
    const char *kind = cli->arguments[1];
    struct ss_assignments assignments[2] = {0};
    int status = ss_assignments_read(cli, kind, cli->count - 2, cli->arguments + 2, &assignments[0]);
    status = status == SS_EXIT_OK ? create(cli, kind, assignments) : status;
    ss_assignments_finish(&assignments[0]);
    ss_assignments_finish(&assignments[1]);
    return status;
}

const struct ss_command ss_command_create = {
    .name = "create",
    .usage = "create SCENE KIND FIELD=JSON…",
    .help = "Makes an entity and prints its id: `scenesync create demo light 'type=\"POINT\"' 'name=\"Lamp\"' energy=100`.\n"
            "An object gets a transform at the origin with it. FIELD=JSON as for `set`.\n",
    .least = 3,
    .most = -1,
    .run = run,
};
