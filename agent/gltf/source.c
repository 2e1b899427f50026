// SPDX-License-Identifier: Apache-2.0
#include "gltf/source.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

static const uint32_t MAGIC = 0x46546c67, JSON_CHUNK = 0x4e4f534a, BINARY_CHUNK = 0x004e4942;
enum { HEADER = 12, CHUNK = 8 };

// Those that change nothing for who does not know them, and those that are read.
static const char *const KNOWN[] = {"KHR_lights_punctual", "KHR_materials_emissive_strength", "KHR_materials_ior", NULL};

// ---- JSON -------------------------------------------------------------------------------------------------------------------------------

const cJSON *ss_source_list(const struct ss_source *source, const char *name) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(source->root, name);
    return cJSON_IsArray(list) ? list : NULL;
}

const cJSON *ss_source_item(const struct ss_source *source, const char *list, int index) {
    const cJSON *items = ss_source_list(source, list);
    return items && index >= 0 ? cJSON_GetArrayItem(items, index) : NULL;
}

int ss_source_count(const struct ss_source *source, const char *list) { return cJSON_GetArraySize(ss_source_list(source, list)); }

double ss_source_number(const cJSON *object, const char *name, double fallback) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : fallback;
}

int ss_source_index(const cJSON *object, const char *name) {
    double number = ss_source_number(object, name, -1);
    return number >= 0 && number < INT_MAX && number == floor(number) ? (int)number : -1;
}

const char *ss_source_text(const cJSON *object, const char *name, const char *fallback) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : fallback;
}

bool ss_source_numbers(const cJSON *object, const char *name, double *numbers, int count) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name), *item;
    double read[16];
    int at = 0;
    if (!cJSON_IsArray(list) || count > 16 || cJSON_GetArraySize(list) != count) {
        return false;
    }
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
            return false;
        }
        read[at++] = item->valuedouble;
    }
    memcpy(numbers, read, (size_t)count * sizeof *read);
    return true;
}

// A length or an offset; SIZE_MAX, which nothing has room for, for what is none.
static size_t size_of(const cJSON *object, const char *name, double fallback) {
    double number = ss_source_number(object, name, fallback);
    return number >= 0 && number <= UINT32_MAX && number == floor(number) ? (size_t)number : SIZE_MAX;
}

// ---- Buffers ----------------------------------------------------------------------------------------------------------------------------

static bool read_file(const char *path, struct ss_source_buffer *buffer) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    size_t capacity = 0, got;
    do {
        capacity = capacity * 2 + 65536;
        buffer->data = ss_memory(realloc(buffer->data, capacity));
        got = fread(buffer->data + buffer->size, 1, capacity - buffer->size, file);
        buffer->size += got;
    } while (buffer->size == capacity);
    bool ok = !ferror(file);
    fclose(file);
    return ok;
}

static bool read_base64(const char *text, struct ss_source_buffer *buffer) {
    size_t len = strlen(text), padding = len > 1 ? (size_t)(text[len - 1] == '=') + (size_t)(text[len - 2] == '=') : 0;
    if (len % 4 != 0 || len > INT_MAX) {
        return false;
    }
    buffer->data = ss_memory(malloc(len / 4 * 3 + 1));
    int decoded = EVP_DecodeBlock(buffer->data, (const unsigned char *)text, (int)len);
    buffer->size = decoded > 0 ? (size_t)decoded - padding : 0;
    return decoded >= 0;
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

// A relative path of a URI with its %20s undone; NULL when it leaves the folder or names another place.
static char *path_of(const char *folder, const char *uri) {
    size_t len = strlen(folder);
    char *path = ss_memory(malloc(len + strlen(uri) + 1));
    memcpy(path, folder, len);
    for (const char *at = uri; *at; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1, low = high >= 0 ? hex_digit(at[2]) : -1;
        path[len++] = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 2 : 0;
    }
    path[len] = '\0';
    const char *name = path + strlen(folder);
    bool outside = *name == '/' || strchr(name, ':') || strncmp(name, "../", 3) == 0 || strstr(name, "/../") || strlen(path) != len;
    if (outside) {
        free(path);
    }
    return outside ? NULL : path;
}

static bool read_uri(const char *folder, const char *uri, struct ss_source_buffer *buffer) {
    const char *comma = strncmp(uri, "data:", 5) == 0 ? strstr(uri, ";base64,") : NULL;
    if (comma) {
        return read_base64(comma + strlen(";base64,"), buffer);
    }
    char *path = folder ? path_of(folder, uri) : NULL;
    bool ok = path && read_file(path, buffer);
    free(path);
    return ok;
}

// The first buffer of a .glb, which names no file, is its binary chunk.
static bool read_buffers(struct ss_source *source, const uint8_t *binary, size_t binary_size) {
    int count = ss_source_count(source, "buffers");
    source->buffers = ss_memory(calloc((size_t)count + 1, sizeof *source->buffers));
    const cJSON *item, *list = ss_source_list(source, "buffers");
    cJSON_ArrayForEach(item, list) {
        struct ss_source_buffer *buffer = &source->buffers[source->buffer_count];
        const char *uri = ss_source_text(item, "uri", NULL);
        if (uri ? !read_uri(source->folder, uri, buffer) : source->buffer_count > 0 || !binary) {
            return false;
        }
        if (!uri) {
            buffer->data = ss_memory(malloc(binary_size + 1));
            memcpy(buffer->data, binary, binary_size);
            buffer->size = binary_size;
        }
        source->buffer_count++;
    }
    return true;
}

// ---- The file ---------------------------------------------------------------------------------------------------------------------------

static uint32_t load_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

struct chunk {
    const uint8_t *data;
    size_t size;
};

static bool take_chunk(struct chunk *rest, uint32_t type, struct chunk *chunk) {
    if (rest->size < CHUNK || load_u32(rest->data + 4) != type || load_u32(rest->data) > rest->size - CHUNK) {
        return false;
    }
    *chunk = (struct chunk){rest->data + CHUNK, load_u32(rest->data)};
    rest->data += CHUNK + chunk->size;
    rest->size -= CHUNK + chunk->size;
    return true;
}

static const char *unknown_extension(const struct ss_source *source) {
    const cJSON *each, *required = cJSON_GetObjectItemCaseSensitive(source->root, "extensionsRequired");
    cJSON_ArrayForEach(each, required) {
        size_t i = 0;
        while (KNOWN[i] && !(cJSON_IsString(each) && strcmp(each->valuestring, KNOWN[i]) == 0)) {
            i++;
        }
        if (!KNOWN[i]) {
            return cJSON_IsString(each) ? each->valuestring : "?";
        }
    }
    return NULL;
}

bool ss_source_parse(const uint8_t *data, size_t size, const char *folder, struct ss_source *source, const char **why) {
    struct chunk json = {data, size}, binary = {NULL, 0};
    *source = (struct ss_source){.folder = folder ? ss_memory(strdup(folder)) : NULL};
    *why = "it is not glTF 2.0";
    if (size >= HEADER && load_u32(data) == MAGIC) {
        struct chunk rest = {data + HEADER, size - HEADER};
        if (load_u32(data + 4) != 2 || !take_chunk(&rest, JSON_CHUNK, &json)) {
            return false;
        }
        take_chunk(&rest, BINARY_CHUNK, &binary);
    }
    source->root = cJSON_ParseWithLength((const char *)json.data, json.size);
    const char *version = ss_source_text(cJSON_GetObjectItemCaseSensitive(source->root, "asset"), "version", "");
    if (!source->root || strncmp(version, "2.", 2) != 0) {
        return false;
    }
    *why = unknown_extension(source);
    if (*why) {
        return false;
    }
    *why = "its bytes, or a file that it names beside it, are not there";
    return read_buffers(source, binary.data, binary.size);
}

bool ss_source_open(const char *path, struct ss_source *source) {
    struct ss_source_buffer file = {0};
    const char *slash = strrchr(path, '/'), *why;
    char *folder = ss_memory(strndup(path, slash ? (size_t)(slash - path) + 1 : 0));
    *source = (struct ss_source){0};
    bool ok = read_file(path, &file);
    if (!ok) {
        ss_fail("%s: %s", path, strerror(errno));
    } else {
        ok = ss_source_parse(file.data, file.size, folder, source, &why);
        bool extension = !ok && source->root && unknown_extension(source) == why;
        if (!ok) {
            ss_fail(extension ? "%s: it needs an extension that is not known here: %s" : "%s: %s", path, why);
        }
    }
    free(file.data);
    free(folder);
    return ok;
}

void ss_source_finish(struct ss_source *source) {
    for (size_t i = 0; source->buffers && i <= source->buffer_count; i++) {
        free(source->buffers[i].data);
    }
    free(source->buffers);
    free(source->folder);
    cJSON_Delete(source->root);
}

// ---- Accessors --------------------------------------------------------------------------------------------------------------------------

static bool find_view(const struct ss_source *source, int index, struct chunk *chunk) {
    const cJSON *view = ss_source_item(source, "bufferViews", index);
    int number = ss_source_index(view, "buffer");
    size_t offset = size_of(view, "byteOffset", 0), size = size_of(view, "byteLength", -1);
    if (!view || number < 0 || (size_t)number >= source->buffer_count) {
        return false;
    }
    const struct ss_source_buffer *buffer = &source->buffers[number];
    if (offset > buffer->size || size > buffer->size - offset) {
        return false;
    }
    *chunk = (struct chunk){buffer->data + offset, size};
    return true;
}

struct accessor {
    const uint8_t *data; // NULL: zeros
    size_t count, stride, components;
    int type;
    bool normalized;
};

static size_t component_size(int type) {
    return type == 5120 || type == 5121 ? 1 : type == 5122 || type == 5123 ? 2 : type == 5125 || type == 5126 ? 4 : 0;
}

static size_t components_of(const char *type) {
    static const char *const types[] = {"SCALAR", "VEC2", "VEC3", "VEC4"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(type, types[i]) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool find_accessor(const struct ss_source *source, int index, struct accessor *accessor) {
    const cJSON *item = ss_source_item(source, "accessors", index);
    struct chunk view = {NULL, 0};
    *accessor = (struct accessor){.count = size_of(item, "count", -1), .type = ss_source_index(item, "componentType")};
    accessor->components = components_of(ss_source_text(item, "type", ""));
    accessor->normalized = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "normalized"));
    size_t size = component_size(accessor->type) * accessor->components, offset = size_of(item, "byteOffset", 0);
    if (!item || size == 0 || accessor->count == 0 || accessor->count > INT32_MAX || cJSON_HasObjectItem(item, "sparse")) {
        return false;
    }
    int number = ss_source_index(item, "bufferView");
    if (number < 0) {
        return accessor->count < 1 << 24 && !cJSON_HasObjectItem(item, "bufferView");
    }
    accessor->stride = size_of(ss_source_item(source, "bufferViews", number), "byteStride", (double)size);
    if (!find_view(source, number, &view) || accessor->stride < size || accessor->stride > 252 + size || offset > view.size ||
        view.size - offset < size || (view.size - offset - size) / accessor->stride < accessor->count - 1) {
        return false;
    }
    accessor->data = view.data + offset;
    return true;
}

static double component(const struct accessor *accessor, size_t row, size_t column) {
    const uint8_t *at = accessor->data + row * accessor->stride + column * component_size(accessor->type);
    float number;
    switch (accessor->type) {
    case 5120: return accessor->normalized ? fmax((int8_t)*at / 127.0, -1) : (int8_t)*at;
    case 5121: return accessor->normalized ? *at / 255.0 : *at;
    case 5122: {
        int16_t value = (int16_t)(at[0] | at[1] << 8);
        return accessor->normalized ? fmax(value / 32767.0, -1) : value;
    }
    case 5123: return (at[0] | at[1] << 8) / (accessor->normalized ? 65535.0 : 1);
    case 5125: return load_u32(at);
    default: memcpy(&number, at, sizeof number); return isfinite(number) ? (double)number : 0;
    }
}

float *ss_source_floats(const struct ss_source *source, int index, size_t components, size_t *count) {
    struct accessor accessor;
    if (!find_accessor(source, index, &accessor) || (accessor.components != components && accessor.components + 1 != components)) {
        return NULL;
    }
    float *numbers = ss_memory(malloc(accessor.count * components * sizeof *numbers));
    for (size_t i = 0; i < accessor.count * components; i++) {
        bool has = i % components < accessor.components;
        numbers[i] = !has ? 1 : accessor.data ? (float)component(&accessor, i / components, i % components) : 0;
    }
    *count = accessor.count;
    return numbers;
}

uint32_t *ss_source_indices(const struct ss_source *source, int index, size_t *count) {
    struct accessor accessor;
    if (!find_accessor(source, index, &accessor) || accessor.components != 1 ||
        (accessor.type != 5121 && accessor.type != 5123 && accessor.type != 5125)) {
        return NULL;
    }
    uint32_t *indices = ss_memory(malloc(accessor.count * sizeof *indices));
    for (size_t i = 0; i < accessor.count; i++) {
        indices[i] = accessor.data ? (uint32_t)component(&accessor, i, 0) : 0;
    }
    *count = accessor.count;
    return indices;
}

uint8_t *ss_source_image(const struct ss_source *source, const cJSON *image, size_t *size) {
    const char *uri = ss_source_text(image, "uri", NULL);
    struct ss_source_buffer buffer = {0};
    struct chunk view = {NULL, 0};
    if (uri && read_uri(source->folder, uri, &buffer)) {
        *size = buffer.size;
        return buffer.data;
    }
    free(buffer.data);
    if (uri || !find_view(source, ss_source_index(image, "bufferView"), &view)) {
        return NULL;
    }
    uint8_t *copy = ss_memory(malloc(view.size + 1));
    memcpy(copy, view.data, view.size);
    *size = view.size;
    return copy;
}
