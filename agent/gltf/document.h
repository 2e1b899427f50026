// SPDX-License-Identifier: Apache-2.0
// A glTF 2.0 document that is being made: its JSON, and the binary chunk with accessors into it (specification sections 3.6 and 4.4).
#ifndef SS_GLTF_DOCUMENT_H
#define SS_GLTF_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SS_GLTF_U16 = 5123, SS_GLTF_U32 = 5125, SS_GLTF_F32 = 5126 }; // component types
enum { SS_GLTF_VERTICES = 34962, SS_GLTF_INDICES = 34963 };          // what a buffer view is for; 0: not told

struct ss_document {
    cJSON *root;
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

void ss_document_init(struct ss_document *document, const char *generator);
void ss_document_finish(struct ss_document *document);

// ss_document_add puts an item into a list of the root ("nodes", "meshes", …) and returns its index.
int ss_document_add(struct ss_document *document, const char *list, cJSON *item);

// ss_document_item is what ss_document_add put in.
cJSON *ss_document_item(const struct ss_document *document, const char *list, int index);

// ss_document_extension notes that the document uses an extension, and returns its object in `owner`.
cJSON *ss_document_extension(struct ss_document *document, cJSON *owner, const char *name);

// ss_document_view copies bytes into the binary chunk and returns the index of their buffer view.
int ss_document_view(struct ss_document *document, const void *data, size_t size, int target);

// ss_document_floats and ss_document_indices make accessors of `count` items; `components` is 1 to 4. With `bounds` the least and greatest are
// written, as glTF asks for positions.
int ss_document_floats(struct ss_document *document, const float *data, size_t count, int components, bool bounds);
int ss_document_indices(struct ss_document *document, const uint32_t *data, size_t count, size_t vertices);

// ss_document_zeros makes an accessor of pairs that are all zero, as many as `like` has items, and without bytes.
int ss_document_zeros(struct ss_document *document, int like);

// ss_document_save writes a .glb, beside its name first, so that nobody finds half a file. Returns an exit status, with the reason on stderr.
int ss_document_save(struct ss_document *document, const char *path);

// ss_add_numbers puts a list of numbers into an object.
void ss_add_numbers(cJSON *object, const char *name, const double *numbers, int count);

// ss_add_text puts in bytes that need not end with a NUL; nothing when there are none.
struct scenesync_bytes;
void ss_add_text(cJSON *object, const char *name, struct scenesync_bytes text);

#endif
