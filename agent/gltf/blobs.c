// SPDX-License-Identifier: Apache-2.0
#include "gltf/blobs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/scratch_file.h"
#include "scenesync_schema.h"

static size_t element_size(int ext) {
    static const size_t sizes[] = {0, 4, 8, 4, 1, 2, 8, 2};
    return ext >= 1 && ext <= 7 ? sizes[ext] : 0;
}

// ---- Reading ----------------------------------------------------------------------------------------------------------------------------

static bool read_blob(struct ss_cli *cli, struct scenesync_bytes name, uint8_t *to, size_t size) {
    struct scenesync_sha256 sha256;
    char path[PATH_MAX];
    if (name.size != sizeof sha256.b) {
        return false;
    }
    memcpy(sha256.b, name.data, sizeof sha256.b);
    if (!ss_cli_check(cli, scenesync_blob_get(cli->client, &sha256, path, sizeof path, cli->timeout_ms))) {
        return false;
    }
    FILE *file = fopen(path, "rb");
    bool ok = file && fread(to, 1, size, file) == size;
    if (file) {
        fclose(file);
    }
    return ok;
}

// The item of a map, at which `reader` then stands; false when there is none.
static bool find_key(struct scenesync_bytes map, const char *key, struct scenesync_reader *reader, struct scenesync_item *item) {
    struct scenesync_item name;
    *reader = scenesync_reader_of(map);
    if (!scenesync_read(reader, item) || item->type != SCENESYNC_MAP) {
        return false;
    }
    for (size_t pairs = item->count; pairs > 0; pairs--) {
        if (!scenesync_read(reader, &name) || !scenesync_read(reader, item)) {
            return false;
        }
        if (name.bytes.size == strlen(key) && memcmp(name.bytes.data, key, name.bytes.size) == 0) {
            return true;
        }
        for (size_t left = item->type == SCENESYNC_LIST ? item->count : 0; left > 0; left--) {
            if (!scenesync_read(reader, &name)) {
                return false;
            }
        }
    }
    return false;
}

static bool find_size(struct scenesync_bytes map, const char *key, size_t *size) {
    struct scenesync_reader reader;
    struct scenesync_item item;
    bool ok = find_key(map, key, &reader, &item) && item.type == SCENESYNC_INTEGER && !item.negative && item.uint <= UINT32_MAX;
    *size = ok ? (size_t)item.uint : 0;
    return ok;
}

static bool read_pages(struct ss_cli *cli, struct scenesync_bytes value, uint8_t *to, size_t size) {
    struct scenesync_reader reader;
    struct scenesync_item item;
    size_t page;
    if (!find_size(value, "page", &page) || page == 0 || !find_key(value, "pages", &reader, &item) || item.type != SCENESYNC_LIST) {
        return false;
    }
    size_t pages = item.count, done = 0;
    for (; pages > 0 && done < size; pages--) {
        size_t part = size - done < page ? size - done : page;
        if (!scenesync_read(&reader, &item) || item.type != SCENESYNC_BINARY || !read_blob(cli, item.bytes, to + done, part)) {
            return false;
        }
        done += part;
    }
    return pages == 0 && done == size;
}

void *ss_load_array(struct ss_cli *cli, struct scenesync_bytes value, int ext, size_t count) {
    struct scenesync_reader reader = scenesync_reader_of(value);
    struct scenesync_item item;
    size_t size = count * element_size(ext), paged_size, paged_ext;
    if (!scenesync_read(&reader, &item)) {
        return NULL;
    }
    bool is_inline = item.type == SCENESYNC_EXTENDED && item.ext == ext && item.bytes.size == size;
    bool is_paged = item.type == SCENESYNC_MAP && find_size(value, "size", &paged_size) && paged_size == size &&
                    find_size(value, "ext", &paged_ext) && paged_ext == (size_t)ext;
    if (!is_inline && !is_paged) {
        return NULL;
    }
    uint8_t *data = ss_memory(malloc(size + 1));
    if (is_inline && size > 0) {
        memcpy(data, item.bytes.data, size);
    }
    if (is_paged && !read_pages(cli, value, data, size)) {
        free(data);
        return NULL;
    }
    return data;
}

uint8_t *ss_load_file(struct ss_cli *cli, struct scenesync_bytes value, size_t *size) {
    struct scenesync_reader reader = scenesync_reader_of(value);
    struct scenesync_item item;
    if (!scenesync_read(&reader, &item)) {
        return NULL;
    }
    if (item.type == SCENESYNC_BINARY) {
        uint8_t *copy = ss_memory(malloc(item.bytes.size + 1));
        memcpy(copy, item.bytes.data, item.bytes.size);
        *size = item.bytes.size;
        return copy;
    }
    if (!find_size(value, "size", size) || !find_key(value, "sha256", &reader, &item) || item.type != SCENESYNC_BINARY) {
        return NULL;
    }
    uint8_t *data = ss_memory(malloc(*size + 1));
    if (!read_blob(cli, item.bytes, data, *size)) {
        free(data);
        return NULL;
    }
    return data;
}

// ---- Writing ----------------------------------------------------------------------------------------------------------------------------

static bool give(struct ss_cli *cli, const uint8_t *data, size_t size, const char *type, struct scenesync_sha256 *sha256) {
    struct ss_scratch_file scratch = {.file = -1};
    bool ok =
        ss_scratch_file_open(&scratch) && ss_scratch_file_write(&scratch, data, size) && ss_scratch_file_give(&scratch, cli, type, sha256);
    ss_scratch_file_close(&scratch);
    return ok;
}

static void write_key(struct scenesync_writer *writer, const char *key) { scenesync_write_string(writer, key, strlen(key)); }

static bool give_pages(struct ss_cli *cli, const uint8_t *data, size_t size, struct scenesync_sha256 *pages) {
    for (size_t done = 0; done < size; done += SS_SCHEMA_PAGE_SIZE) {
        size_t part = size - done < SS_SCHEMA_PAGE_SIZE ? size - done : SS_SCHEMA_PAGE_SIZE;
        if (!give(cli, data + done, part, NULL, pages++)) {
            return false;
        }
    }
    return true;
}

static void write_paged(struct scenesync_writer *writer, int ext, size_t size, const struct scenesync_sha256 *pages, size_t count) {
    scenesync_write_map(writer, 4);
    write_key(writer, "ext");
    scenesync_write_number(writer, ext);
    write_key(writer, "page");
    scenesync_write_number(writer, SS_SCHEMA_PAGE_SIZE);
    write_key(writer, "pages");
    scenesync_write_list(writer, count);
    for (size_t i = 0; i < count; i++) {
        scenesync_write_binary(writer, pages[i].b, sizeof pages[i].b);
    }
    write_key(writer, "size");
    scenesync_write_number(writer, (double)size);
}

bool ss_write_array(struct ss_cli *cli, struct scenesync_writer *writer, int ext, const void *data, size_t count) {
    size_t size = count * element_size(ext);
    if (size <= SS_SCHEMA_MAX_INLINE) {
        scenesync_write_extended(writer, ext, data, size);
        return true;
    }
    size_t page_count = (size + SS_SCHEMA_PAGE_SIZE - 1) / SS_SCHEMA_PAGE_SIZE;
    struct scenesync_sha256 *pages = ss_memory(calloc(page_count, sizeof *pages));
    bool ok = give_pages(cli, data, size, pages);
    if (ok) {
        write_paged(writer, ext, size, pages, page_count);
    }
    free(pages);
    return ok;
}

bool ss_write_file(struct ss_cli *cli, struct scenesync_writer *writer, const void *data, size_t size, const char *type) {
    struct scenesync_sha256 sha256;
    if (size <= SS_SCHEMA_MAX_INLINE) {
        scenesync_write_binary(writer, data, size);
        return true;
    }
    if (!give(cli, data, size, type, &sha256)) {
        return false;
    }
    scenesync_write_map(writer, 3);
    write_key(writer, "sha256");
    scenesync_write_binary(writer, sha256.b, sizeof sha256.b);
    write_key(writer, "size");
    scenesync_write_number(writer, (double)size);
    write_key(writer, "type");
    write_key(writer, type);
    return true;
}
