// SPDX-License-Identifier: Apache-2.0
// Images: PNG and JPEG files as they are, in the binary chunk. glTF knows no others.
#include <stdlib.h>
#include <string.h>

#include "gltf/export.h"
#include "gltf/media.h"

static const char *const NO_FILE = "images are no PNG or JPEG file (save them as one)";

static int add(struct ss_export *export, const struct ss_known *image, const uint8_t *data, size_t size, const char *type) {
    cJSON *made = cJSON_CreateObject();
    ss_add_text(made, "name", ss_text(image, "name"));
    cJSON_AddStringToObject(made, "mimeType", type);
    cJSON_AddNumberToObject(made, "bufferView", ss_document_view(&export->document, data, size, 0));
    cJSON *texture = cJSON_CreateObject();
    cJSON_AddNumberToObject(texture, "source", ss_document_add(&export->document, "images", made));
    return ss_document_add(&export->document, "textures", texture);
}

static int create(struct ss_export *export, const struct ss_known *image) {
    size_t size;
    uint8_t *data = ss_load_file(export->cli, ss_known_value(image, "file"), &size);
    const char *type = data ? ss_media_type(data, size) : NULL;
    int index = type ? add(export, image, data, size, type) : -1;
    if (!type) {
        ss_leave_out(export, NO_FILE, image);
    }
    free(data);
    return index;
}

int ss_export_texture(struct ss_export *export, const struct ss_known *image) {
    char key[SS_MADE_KEY];
    int index;
    ss_made_key(image, key);
    return ss_made_find(export, key, &index) ? index : ss_made_add(export, key, create(export, image));
}
