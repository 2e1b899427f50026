// SPDX-License-Identifier: Apache-2.0
// `scenesync export SCENE FILE.glb`
#include "gltf/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gltf/gltf.h"

// ---- What is in the document already ----------------------------------------------------------------------------------------------------

struct ss_made {
    char *key;
    int index;
    UT_hash_handle hh;
};

bool ss_made_find(const struct ss_export *export, const char *key, int *index) {
    const struct ss_made *made;
    HASH_FIND_STR(export->made, key, made);
    if (made) {
        *index = made->index;
    }
    return made != NULL;
}

int ss_made_add(struct ss_export *export, const char *key, int index) {
    struct ss_made *made = ss_memory(calloc(1, sizeof *made));
    made->key = ss_memory(strdup(key));
    made->index = index;
    HASH_ADD_KEYPTR(hh, export->made, made->key, strlen(made->key), made);
    return index;
}

void ss_made_key(const struct ss_known *entity, char key[SS_MADE_KEY]) { scenesync_uuid_format(&entity->id, key); }

// ---- What was left out ------------------------------------------------------------------------------------------------------------------

void ss_leave_out(struct ss_export *export, const char *what, const struct ss_known *entity) {
    struct scenesync_bytes name = ss_text(entity, "name");
    ss_left_out_add(&export->left_out, what, (const char *)name.data, name.size);
}

// ---- The command ------------------------------------------------------------------------------------------------------------------------

static void finish(struct ss_export *export) {
    struct ss_made *made, *next_made;
    HASH_ITER(hh, export->made, made, next_made) {
        HASH_DEL(export->made, made);
        free(made->key);
        free(made);
    }
    ss_left_out_finish(&export->left_out);
    ss_export_meshes_finish(export);
    ss_document_finish(&export->document);
}

static int list_length(const struct ss_export *export, const char *list) {
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(export->document.root, list));
}

static void tell(const struct ss_export *export) {
    int nodes = list_length(export, "nodes"), meshes = list_length(export, "meshes"), materials = list_length(export, "materials");
    printf(export->cli->json ? "{\"nodes\": %d, \"meshes\": %d, \"materials\": %d, \"bytes\": %zu}\n"
                             : "%d nodes, %d meshes, %d materials, %zu bytes of arrays and images\n",
           nodes, meshes, materials, export->document.size);
}

static int export_scene(struct ss_cli *cli, const struct ss_replica *replica) {
    struct scenesync_uuid id;
    scenesync_uuid_singleton(cli->arguments[0], "scene", &id);
    struct ss_export export = {
        .cli = cli, .replica = replica, .scene = cli->arguments[0], .settings = ss_replica_find(replica, "scene", &id)};
    export.metres = ss_number(export.settings, "units/scale_length", 1);
    export.metres = export.metres > 0 ? export.metres : 1;
    ss_document_init(&export.document, "scenesync");
    ss_export_nodes(&export);
    int status = ss_document_save(&export.document, cli->arguments[1]);
    if (status == SS_EXIT_OK) {
        tell(&export);
    }
    finish(&export);
    return status;
}

static int run(struct ss_cli *cli) {
    struct ss_replica replica = {0};
    bool ok = ss_replica_load(cli, cli->arguments[0], NULL, true, &replica);
    int status = ok ? export_scene(cli, &replica) : SS_EXIT_FAILED;
    ss_replica_finish(&replica);
    return status;
}

const struct ss_command ss_command_export = {
    .name = "export",
    .usage = "export SCENE FILE.glb [--json]",
    .help =
        "Writes what is shown of a scene as glTF 2.0, in metres and with Y up: hierarchy, meshes with normals, UV maps and colours, materials by their\n"
        "summary, PNG and JPEG images, cameras, lights, and copies of instanced collections. What glTF cannot say is told on stderr.\n",
    .least = 2,
    .most = 2,
    .run = run,
};
