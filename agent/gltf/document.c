// SPDX-License-Identifier: Apache-2.0
#include "gltf/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

enum { HEADER = 12, CHUNK = 8 };
static const uint32_t MAGIC = 0x46546c67, JSON_CHUNK = 0x4e4f534a, BINARY_CHUNK = 0x004e4942;
static const size_t SIZE_MAX_GLB = UINT32_MAX - 64;

void ss_document_init(struct ss_document *document, const char *generator) {
    *document = (struct ss_document){.root = ss_memory(cJSON_CreateObject())};
    cJSON *asset = cJSON_AddObjectToObject(document->root, "asset");
    cJSON_AddStringToObject(asset, "version", "2.0");
    cJSON_AddStringToObject(asset, "generator", generator);
}

void ss_document_finish(struct ss_document *document) {
    cJSON_Delete(document->root);
    free(document->bytes);
    *document = (struct ss_document){0};
}

static cJSON *list_of(cJSON *owner, const char *name) {
    cJSON *list = cJSON_GetObjectItemCaseSensitive(owner, name);
    return ss_memory(list ? list : cJSON_AddArrayToObject(owner, name));
}

// The lists are long, and cJSON counts by walking, so each keeps its length in the number that a list does not use.
int ss_document_add(struct ss_document *document, const char *list, cJSON *item) {
    cJSON *items = list_of(document->root, list);
    cJSON_AddItemToArray(items, ss_memory(item));
    return items->valueint++;
}

cJSON *ss_document_item(const struct ss_document *document, const char *list, int index) {
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(document->root, list), index);
}

static void note_use(cJSON *root, const char *name) {
    cJSON *used = list_of(root, "extensionsUsed");
    const cJSON *each;
    cJSON_ArrayForEach(each, used) {
        if (strcmp(each->valuestring, name) == 0) {
            return;
        }
    }
    cJSON_AddItemToArray(used, ss_memory(cJSON_CreateString(name)));
}

cJSON *ss_document_extension(struct ss_document *document, cJSON *owner, const char *name) {
    note_use(document->root, name);
    cJSON *extensions = cJSON_GetObjectItemCaseSensitive(owner, "extensions");
    extensions = ss_memory(extensions ? extensions : cJSON_AddObjectToObject(owner, "extensions"));
    cJSON *extension = cJSON_GetObjectItemCaseSensitive(extensions, name);
    return ss_memory(extension ? extension : cJSON_AddObjectToObject(extensions, name));
}

// ---- The binary chunk -------------------------------------------------------------------------------------------------------------------

static void append(struct ss_document *document, const void *data, size_t size) {
    if (size > SIZE_MAX_GLB - document->size) {
        exit(ss_fail("the scene has more bytes than a .glb can hold (4 GiB)"));
    }
    if (document->size + size > document->capacity) {
        document->capacity = (document->size + size) * 3 / 2 + 4096;
        document->bytes = ss_memory(realloc(document->bytes, document->capacity));
    }
    if (size > 0) {
        memcpy(document->bytes + document->size, data, size);
    }
    document->size += size;
}

int ss_document_view(struct ss_document *document, const void *data, size_t size, int target) {
    append(document, "\0\0\0", -document->size & 3);
    cJSON *view = cJSON_CreateObject();
    cJSON_AddNumberToObject(view, "buffer", 0);
    cJSON_AddNumberToObject(view, "byteOffset", (double)document->size);
    cJSON_AddNumberToObject(view, "byteLength", (double)size);
    if (target) {
        cJSON_AddNumberToObject(view, "target", target);
    }
    append(document, data, size);
    return ss_document_add(document, "bufferViews", view);
}

static cJSON *create_accessor(int view, int component, size_t count, const char *type) {
    cJSON *accessor = cJSON_CreateObject();
    cJSON_AddNumberToObject(accessor, "bufferView", view);
    cJSON_AddNumberToObject(accessor, "componentType", component);
    cJSON_AddNumberToObject(accessor, "count", (double)count);
    cJSON_AddStringToObject(accessor, "type", type);
    return accessor;
}

static void add_bounds(cJSON *accessor, const float *data, size_t count, int components) {
    double least[4], most[4];
    for (int i = 0; i < components; i++) {
        least[i] = most[i] = (double)data[i];
        for (size_t at = 1; at < count; at++) {
            double value = (double)data[at * (size_t)components + (size_t)i];
            least[i] = value < least[i] ? value : least[i];
            most[i] = value > most[i] ? value : most[i];
        }
    }
    ss_add_numbers(accessor, "min", least, components);
    ss_add_numbers(accessor, "max", most, components);
}

int ss_document_floats(struct ss_document *document, const float *data, size_t count, int components, bool bounds) {
    static const char *const types[] = {"SCALAR", "VEC2", "VEC3", "VEC4"};
    int view = ss_document_view(document, data, count * (size_t)components * sizeof *data, SS_GLTF_VERTICES);
    cJSON *accessor = create_accessor(view, SS_GLTF_F32, count, types[components - 1]);
    if (bounds) {
        add_bounds(accessor, data, count, components);
    }
    return ss_document_add(document, "accessors", accessor);
}

int ss_document_indices(struct ss_document *document, const uint32_t *data, size_t count, size_t vertices) {
    if (vertices > UINT16_MAX) {
        int view = ss_document_view(document, data, count * sizeof *data, SS_GLTF_INDICES);
        return ss_document_add(document, "accessors", create_accessor(view, SS_GLTF_U32, count, "SCALAR"));
    }
    uint16_t *narrow = ss_memory(malloc(count * sizeof *narrow));
    for (size_t i = 0; i < count; i++) {
        narrow[i] = (uint16_t)data[i];
    }
    int view = ss_document_view(document, narrow, count * sizeof *narrow, SS_GLTF_INDICES);
    free(narrow);
    return ss_document_add(document, "accessors", create_accessor(view, SS_GLTF_U16, count, "SCALAR"));
}

int ss_document_zeros(struct ss_document *document, int like) {
    cJSON *accessor = ss_memory(cJSON_CreateObject());
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(ss_document_item(document, "accessors", like), "count");
    cJSON_AddNumberToObject(accessor, "componentType", SS_GLTF_F32);
    cJSON_AddNumberToObject(accessor, "count", count->valuedouble);
    cJSON_AddStringToObject(accessor, "type", "VEC2");
    return ss_document_add(document, "accessors", accessor);
}

// ---- The file ---------------------------------------------------------------------------------------------------------------------------

static bool write_u32(FILE *file, uint32_t value) {
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    return fwrite(bytes, sizeof bytes, 1, file) == 1;
}

// A chunk ends at a multiple of four, after as many of `padding` as that takes.
static bool write_chunk(FILE *file, uint32_t type, const void *data, size_t size, const char *padding) {
    size_t more = -size & 3;
    return write_u32(file, (uint32_t)(size + more)) && write_u32(file, type) && fwrite(data, 1, size, file) == size &&
           fwrite(padding, 1, more, file) == more;
}

static bool write_all(FILE *file, const struct ss_document *document, const char *json) {
    size_t len = strlen(json), total = HEADER + CHUNK + len + (-len & 3);
    total += document->size > 0 ? CHUNK + document->size + (-document->size & 3) : 0;
    if (total > UINT32_MAX) {
        errno = EFBIG;
        return false;
    }
    return write_u32(file, MAGIC) && write_u32(file, 2) && write_u32(file, (uint32_t)total) &&
           write_chunk(file, JSON_CHUNK, json, len, "   ") &&
           (document->size == 0 || write_chunk(file, BINARY_CHUNK, document->bytes, document->size, "\0\0\0"));
}

static int save(const struct ss_document *document, const char *json, const char *path) {
    size_t size = strlen(path) + 8;
    char *temporary = ss_memory(malloc(size));
    snprintf(temporary, size, "%s.part", path);
    FILE *file = fopen(temporary, "wb");
    bool ok = file && write_all(file, document, json);
    ok = (!file || fclose(file) == 0) && ok && rename(temporary, path) == 0;
    int status = ok ? SS_EXIT_OK : ss_fail("%s: %s", path, strerror(errno));
    if (!ok && file) {
        unlink(temporary);
    }
    free(temporary);
    return status;
}

int ss_document_save(struct ss_document *document, const char *path) {
    if (document->size > 0) {
        cJSON *buffer = cJSON_CreateObject();
        cJSON_AddNumberToObject(buffer, "byteLength", (double)document->size);
        ss_document_add(document, "buffers", buffer);
    }
    char *json = ss_memory(cJSON_PrintUnformatted(document->root));
    int status = save(document, json, path);
    cJSON_free(json);
    return status;
}

void ss_add_numbers(cJSON *object, const char *name, const double *numbers, int count) {
    cJSON_AddItemToObject(object, name, ss_memory(cJSON_CreateDoubleArray(numbers, count)));
}

void ss_add_text(cJSON *object, const char *name, struct scenesync_bytes text) {
    if (text.size > 0) {
        char *copy = ss_memory(strndup((const char *)text.data, text.size));
        cJSON_AddStringToObject(object, name, copy);
        free(copy);
    }
}
