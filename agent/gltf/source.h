// SPDX-License-Identifier: Apache-2.0
// A glTF 2.0 file that is read, .glb or .gltf. It is a stranger's: every index, offset and length is checked before it is followed.
#ifndef SS_GLTF_SOURCE_H
#define SS_GLTF_SOURCE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ss_source_buffer {
    uint8_t *data;
    size_t size;
};

struct ss_source {
    cJSON *root;
    char *folder; // where the file is; ends with a slash
    struct ss_source_buffer *buffers;
    size_t buffer_count;
};

// ss_source_open reads a file and what it refers to: data: URIs, and files in its folder or below. Errors: false, with the reason on stderr. Finish it in any case.
bool ss_source_open(const char *path, struct ss_source *source);

// ss_source_parse is ss_source_open of bytes; other files are not read without a `folder`.
bool ss_source_parse(const uint8_t *data, size_t size, const char *folder, struct ss_source *source, const char **why);
void ss_source_finish(struct ss_source *source);

// ss_source_list is a list of the root, ss_source_item an item of it: NULL when there is none.
// ss_source_index reads an index from an object, -1 when it has none.
const cJSON *ss_source_list(const struct ss_source *source, const char *name);
const cJSON *ss_source_item(const struct ss_source *source, const char *list, int index);
int ss_source_count(const struct ss_source *source, const char *list);
int ss_source_index(const cJSON *object, const char *name);

double ss_source_number(const cJSON *object, const char *name, double fallback);
const char *ss_source_text(const cJSON *object, const char *name, const char *fallback);

// ss_source_numbers fills a list of finite numbers; false, and as it was, when there is none of that length.
bool ss_source_numbers(const cJSON *object, const char *name, double *numbers, int count);

// ss_source_floats and ss_source_indices give an accessor's items; to be freed. NULL when it is absent or wrong. Of floats, `components` a row: what an item lacks
// is 1, as the alpha of a colour.
float *ss_source_floats(const struct ss_source *source, int accessor, size_t components, size_t *count);
uint32_t *ss_source_indices(const struct ss_source *source, int accessor, size_t *count);

// ss_source_image gives the bytes of an image; to be freed. NULL when there are none.
uint8_t *ss_source_image(const struct ss_source *source, const cJSON *image, size_t *size);

#endif
