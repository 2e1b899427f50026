// SPDX-License-Identifier: Apache-2.0
// The reader of glTF files: whatever the bytes, every accessor and image is within them or not there at all.
#include <stdlib.h>

#include "gltf/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Looks at every number, so that sanitizers see what is read.
static void read_accessor(const struct ss_source *source, int index) {
    volatile double sum = 0;
    size_t count;
    for (size_t components = 1; components <= 4; components++) {
        float *numbers = ss_source_floats(source, index, components, &count);
        for (size_t i = 0; numbers && i < count * components; i++) {
            sum = sum + (double)numbers[i];
        }
        free(numbers);
    }
    uint32_t *indices = ss_source_indices(source, index, &count);
    for (size_t i = 0; indices && i < count; i++) {
        sum = sum + indices[i];
    }
    free(indices);
}

static void read_image(const struct ss_source *source, int index) {
    size_t size;
    volatile uint8_t last = 0;
    uint8_t *data = ss_source_image(source, ss_source_item(source, "images", index), &size);
    if (data && size > 0) {
        last = data[size - 1];
    }
    (void)last;
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ss_source source;
    const char *why;
    if (ss_source_parse(data, size, NULL, &source, &why)) {
        for (int i = 0; i < 8 && i < ss_source_count(&source, "accessors"); i++) {
            read_accessor(&source, i);
        }
        for (int i = 0; i < 8 && i < ss_source_count(&source, "images"); i++) {
            read_image(&source, i);
        }
    }
    ss_source_finish(&source);
    return 0;
}
