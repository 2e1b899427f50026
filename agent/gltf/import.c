// SPDX-License-Identifier: Apache-2.0
// `scenesync import SCENE FILE`
#include "gltf/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "gltf/gltf.h"
#include "util/bytes.h"
#include "wire/canonical.h"

enum { NAME_MAX_BYTES = 255 };

size_t ss_import_name_size(const char *name, size_t most) {
    size_t size = strnlen(name, most);
    for (size_t i = 0; i < 3 && size == most - i && !ss_is_utf8(ss_slice_of(name, size)); i++) {
        size--;
    }
    return ss_is_utf8(ss_slice_of(name, size)) ? size : 0;
}

void ss_import_begin(struct ss_import *import, struct ss_draft *draft, const char *kind, const cJSON *item) {
    struct scenesync_uuid id;
    if (!scenesync_uuid_random(&id)) {
        exit(ss_fail("the system has no randomness for a new id"));
    }
    const char *name = ss_source_text(item, "name", "");
    ss_draft_begin(draft, import->cli, kind, &id);
    size_t size = ss_import_name_size(name, NAME_MAX_BYTES);
    if (size > 0) {
        scenesync_write_string(draft->writer, name, size);
        ss_draft_put(draft, "name");
    }
}

static void drain(struct ss_import *import) {
    struct scenesync_event event;
    int error;
    while ((error = scenesync_next(import->cli->client, &event, 0)) == SCENESYNC_OK) {
        if (event.type == SCENESYNC_REFUSAL && import->refused++ == 0) {
            ss_fail("%.*s", (int)event.refusal.text.size, (const char *)event.refusal.text.data);
        }
    }
    import->failed = error != SCENESYNC_TIMEOUT && !ss_cli_check(import->cli, error);
}

void ss_import_send(struct ss_import *import, struct ss_draft *draft) {
    import->failed = import->failed || !ss_draft_send(draft);
    ss_draft_finish(draft);
    if (!import->failed) {
        import->entities++;
        drain(import);
    }
}

bool ss_import_once(struct ss_imported *imported, size_t count, int index, bool *fresh) {
    if (index < 0 || (size_t)index >= count) {
        return false;
    }
    if (!imported->ids) {
        imported->ids = ss_memory(calloc(count, sizeof *imported->ids));
        imported->made = ss_memory(calloc(count, sizeof *imported->made));
    }
    *fresh = !imported->made[index];
    imported->made[index] = true;
    return true;
}

void ss_import_leave_out(struct ss_import *import, const char *what, const cJSON *item) {
    const char *name = ss_source_text(item, "name", "");
    ss_left_out_add(&import->left_out, what, name, strlen(name));
}

// ---- The command ------------------------------------------------------------------------------------------------------------------------

static void tell_lists(struct ss_import *import) {
    static const char *const lists[][2] = {{"animations", "animations were left out"}, {"skins", "skins were left out"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (int at = 0; at < ss_source_count(&import->source, lists[i][0]); at++) {
            ss_import_leave_out(import, lists[i][1], ss_source_item(&import->source, lists[i][0], at));
        }
    }
}

static void finish(struct ss_import *import) {
    struct ss_imported *all[] = {&import->meshes, &import->materials, &import->images, &import->lights, &import->cameras};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]->ids);
        free(all[i]->made);
    }
    ss_left_out_finish(&import->left_out);
    ss_source_finish(&import->source);
}

// How long a metre is there.
static bool read_units(struct ss_cli *cli, double *units) {
    struct ss_replica replica = {0};
    struct scenesync_uuid id;
    bool ok = ss_replica_load(cli, cli->arguments[0], "scene", false, &replica);
    scenesync_uuid_singleton(cli->arguments[0], "scene", &id);
    double metres = ss_number(ss_replica_find(&replica, "scene", &id), "units/scale_length", 1);
    *units = metres > 0 ? 1 / metres : 1;
    ss_replica_finish(&replica);
    return ok;
}

static int import_source(struct ss_import *import) {
    if (!read_units(import->cli, &import->units) || !ss_import_nodes(import) || import->failed) {
        return SS_EXIT_FAILED;
    }
    tell_lists(import);
    if (!ss_cli_check(import->cli, scenesync_sync(import->cli->client, import->cli->timeout_ms))) {
        return SS_EXIT_FAILED;
    }
    drain(import);
    if (import->failed || import->refused > 0) {
        return SS_EXIT_FAILED;
    }
    printf(import->cli->json ? "{\"entities\": %zu}\n" : "%zu entities\n", import->entities);
    return SS_EXIT_OK;
}

static int run(struct ss_cli *cli) {
    struct ss_import import = {.cli = cli};
    int status = ss_source_open(cli->arguments[1], &import.source) ? import_source(&import) : SS_EXIT_FAILED;
    finish(&import);
    return status;
}

const struct ss_command ss_command_import = {
    .name = "import",
    .usage = "import SCENE FILE.glb|FILE.gltf [--json]",
    .help =
        "Adds what a glTF 2.0 file shows to a scene: hierarchy, meshes, materials, images, cameras and lights. Vertices at the same place become one. What\n"
        "is left out is told on stderr.\n",
    .least = 2,
    .most = 2,
    .run = run,
};
