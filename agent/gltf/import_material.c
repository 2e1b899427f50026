// SPDX-License-Identifier: Apache-2.0
// Materials: their summary, and, where images are used, the nodes that show them, for a summary alone says of images only what they are.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gltf/blobs.h"
#include "gltf/import.h"
#include "gltf/media.h"

// ---- Images -----------------------------------------------------------------------------------------------------------------------------

static void name_file(const cJSON *image, const char *type, char path[64]) {
    const char *name = ss_source_text(image, "name", "");
    int size = (int)ss_import_name_size(name, 40);
    snprintf(path, 64, "//textures/%.*s%s", size > 0 ? size : (int)strlen("image"), size > 0 ? name : "image",
             strcmp(type, "image/png") == 0 ? ".png" : ".jpg");
}

static bool send_image(struct ss_import *import, const cJSON *image, bool is_color, struct scenesync_uuid *id) {
    size_t size;
    uint8_t *data = ss_source_image(&import->source, image, &size);
    const char *type = data ? ss_media_type(data, size) : NULL;
    struct ss_draft draft;
    if (!type) {
        ss_import_leave_out(import, "images are no PNG or JPEG, or not there", image);
        free(data);
        return false;
    }
    ss_import_begin(import, &draft, "image", image);
    *id = draft.id;
    char path[64];
    name_file(image, type, path);
    ss_draft_text(&draft, "source", "FILE");
    ss_draft_text(&draft, "filepath", path);
    ss_draft_text(&draft, "color_space", is_color ? "sRGB" : "Non-Color");
    import->failed = import->failed || !ss_write_file(import->cli, draft.writer, data, size, type);
    if (!import->failed) {
        ss_draft_put(&draft, "file");
    }
    ss_import_send(import, &draft);
    free(data);
    return true;
}

// The colour space is that of the first use.
bool ss_import_image(struct ss_import *import, int texture, bool is_color, struct scenesync_uuid *id) {
    const struct ss_source *source = &import->source;
    int index = ss_source_index(ss_source_item(source, "textures", texture), "source");
    bool fresh;
    if (!ss_import_once(&import->images, (size_t)ss_source_count(source, "images"), index, &fresh)) {
        return false;
    }
    if (fresh && !send_image(import, ss_source_item(source, "images", index), is_color, &import->images.ids[index])) {
        memset(&import->images.ids[index], 0, sizeof *id);
    }
    static const struct scenesync_uuid none;
    *id = import->images.ids[index];
    return memcmp(id, &none, sizeof none) != 0;
}

// ---- Nodes ------------------------------------------------------------------------------------------------------------------------------

struct tree {
    struct ss_import *import;
    struct ss_draft draft;
    bool has_nodes;
    double row; // where the next image stands in the editor
};

// Ids as schemas/kinds/material.yaml has those of the nodes that every material has.
static void node_id(const struct tree *tree, const char *what, char id[9]) {
    char text[33 + 64];
    struct scenesync_sha256 hash;
    for (int i = 0; i < 16; i++) {
        snprintf(text + 2 * i, 3, "%02x", tree->draft.id.b[i]);
    }
    snprintf(text + 32, 64, "%s", what);
    scenesync_sha256(text, strlen(text), &hash);
    for (int i = 0; i < 4; i++) {
        snprintf(id + 2 * i, 3, "%02x", hash.b[i]);
    }
}

static void put_node(struct tree *tree, const char *id, const char *type, const char *name, double x, double y) {
    char path[64];
    const double location[2] = {x, y};
    snprintf(path, sizeof path, "nodes/%s", id);
    ss_draft_text(&tree->draft, path, type);
    snprintf(path, sizeof path, "nodes/%s/name", id);
    ss_draft_text(&tree->draft, path, name);
    snprintf(path, sizeof path, "nodes/%s/location", id);
    ss_draft_numbers(&tree->draft, path, location, 2);
}

static void put_input(struct tree *tree, const char *node, const char *socket, const double *numbers, size_t count) {
    char path[96];
    snprintf(path, sizeof path, "nodes/%s/inputs/%s", node, socket);
    if (count == 1) {
        ss_draft_number(&tree->draft, path, *numbers);
    } else {
        ss_draft_numbers(&tree->draft, path, numbers, count);
    }
}

static void write_pair(struct scenesync_writer *writer, const char *key, const char *text) {
    scenesync_write_string(writer, key, strlen(key));
    scenesync_write_string(writer, text, strlen(text));
}

// A link's id is the first 8 bytes of the SHA-256 of where it leads (schemas/shared/node_tree.yaml).
static void put_link(struct tree *tree, const char *from, const char *output, const char *to, const char *input) {
    char text[96], path[32] = "links/";
    struct scenesync_sha256 hash;
    snprintf(text, sizeof text, "%s/%s", to, input);
    scenesync_sha256(text, strlen(text), &hash);
    for (int i = 0; i < 8; i++) {
        snprintf(path + 6 + 2 * i, 3, "%02x", hash.b[i]);
    }
    scenesync_write_map(tree->draft.writer, 4);
    write_pair(tree->draft.writer, "from_node", from);
    write_pair(tree->draft.writer, "from_socket", output);
    write_pair(tree->draft.writer, "to_node", to);
    write_pair(tree->draft.writer, "to_socket", input);
    ss_draft_put(&tree->draft, path);
}

static void put_image_node(struct tree *tree, const char *what, const struct scenesync_uuid *image, char id[9]) {
    char path[64];
    node_id(tree, what, id);
    put_node(tree, id, "ShaderNodeTexImage", what, -700, tree->row);
    tree->row -= 300;
    snprintf(path, sizeof path, "nodes/%s/props/image", id);
    ss_draft_reference(&tree->draft, path, image);
}

// ---- The surface ------------------------------------------------------------------------------------------------------------------------

struct surface {
    const cJSON *item, *pbr;
    double base[4], metallic, roughness, emission[3], strength, ior, normal_strength;
    int base_texture, metal_texture, normal_texture, emission_texture;
    bool blends, masks;
};

static int texture_of(struct ss_import *import, const cJSON *owner, const char *name) {
    const cJSON *info = cJSON_GetObjectItemCaseSensitive(owner, name);
    if (ss_source_number(info, "texCoord", 0) != 0 || cJSON_HasObjectItem(info, "extensions")) {
        ss_import_leave_out(import, "materials place images by another UV map or transform, which was left out", owner);
    }
    return ss_source_index(info, "index");
}

static void read_surface(struct ss_import *import, const cJSON *item, struct surface *surface) {
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(item, "extensions");
    const cJSON *normal = cJSON_GetObjectItemCaseSensitive(item, "normalTexture");
    const char *mode = ss_source_text(item, "alphaMode", "OPAQUE");
    *surface = (struct surface){.item = item, .base = {1, 1, 1, 1}};
    surface->pbr = cJSON_GetObjectItemCaseSensitive(item, "pbrMetallicRoughness");
    ss_source_numbers(surface->pbr, "baseColorFactor", surface->base, 4);
    surface->metallic = ss_source_number(surface->pbr, "metallicFactor", 1);
    surface->roughness = ss_source_number(surface->pbr, "roughnessFactor", 1);
    ss_source_numbers(item, "emissiveFactor", surface->emission, 3);
    const cJSON *strength = cJSON_GetObjectItemCaseSensitive(extensions, "KHR_materials_emissive_strength");
    surface->strength = ss_source_number(strength, "emissiveStrength", 1);
    surface->ior = ss_source_number(cJSON_GetObjectItemCaseSensitive(extensions, "KHR_materials_ior"), "ior", 1.5);
    surface->normal_strength = ss_source_number(normal, "scale", 1);
    surface->base_texture = texture_of(import, surface->pbr, "baseColorTexture");
    surface->metal_texture = texture_of(import, surface->pbr, "metallicRoughnessTexture");
    surface->normal_texture = texture_of(import, item, "normalTexture");
    surface->emission_texture = texture_of(import, item, "emissiveTexture");
    surface->blends = strcmp(mode, "BLEND") == 0;
    surface->masks = strcmp(mode, "MASK") == 0;
    surface->base[3] = surface->blends || surface->masks ? surface->base[3] : 1;
    if (cJSON_HasObjectItem(item, "occlusionTexture")) {
        ss_import_leave_out(import, "materials lost their occlusion", item);
    }
}

// The image of a part, named in the summary. Numbers that an image is multiplied by are lost.
static bool put_part(struct tree *tree, const struct surface *surface, const char *field, int texture, bool is_color, bool factors,
                     struct scenesync_uuid *image) {
    char name[32];
    if (texture < 0 || !ss_import_image(tree->import, texture, is_color, image)) {
        return false;
    }
    if (factors) {
        ss_import_leave_out(tree->import, "materials lost numbers that images were multiplied by", surface->item);
    }
    snprintf(name, sizeof name, "%s_image", field);
    ss_draft_reference(&tree->draft, name, image);
    tree->has_nodes = true;
    return true;
}

static void put_base(struct tree *tree, const struct surface *surface, const char *shader) {
    struct scenesync_uuid image;
    char id[9];
    const double *base = surface->base;
    bool factors = base[0] != 1 || base[1] != 1 || base[2] != 1;
    if (!put_part(tree, surface, "base_color", surface->base_texture, true, factors, &image)) {
        ss_draft_numbers(&tree->draft, "base_color", base, 3);
        ss_draft_number(&tree->draft, "alpha", base[3]);
        return;
    }
    put_image_node(tree, "Base Color", &image, id);
    put_link(tree, id, "Color", shader, "Base Color");
    if (surface->blends || surface->masks) {
        ss_draft_reference(&tree->draft, "alpha_image", &image);
        ss_draft_text(&tree->draft, "alpha_channel", "A");
        put_link(tree, id, "Alpha", shader, "Alpha");
    } else {
        ss_draft_number(&tree->draft, "alpha", 1);
    }
}

// Roughness in green, metallic in blue.
static void put_metal(struct tree *tree, const struct surface *surface, const char *shader) {
    struct scenesync_uuid image;
    char id[9], split[9];
    bool metal = surface->metallic != 0, factors = (metal && surface->metallic != 1) || surface->roughness != 1;
    if (!put_part(tree, surface, "roughness", surface->metal_texture, false, factors, &image)) {
        ss_draft_number(&tree->draft, "metallic", surface->metallic);
        ss_draft_number(&tree->draft, "roughness", surface->roughness);
        return;
    }
    put_image_node(tree, "Metallic Roughness", &image, id);
    node_id(tree, "Separate", split);
    put_node(tree, split, "ShaderNodeSeparateColor", "Separate Color", -300, tree->row + 300);
    put_link(tree, id, "Color", split, "Color");
    put_link(tree, split, "Green", shader, "Roughness");
    ss_draft_text(&tree->draft, "roughness_channel", "G");
    if (metal) {
        ss_draft_reference(&tree->draft, "metallic_image", &image);
        ss_draft_text(&tree->draft, "metallic_channel", "B");
        put_link(tree, split, "Blue", shader, "Metallic");
    } else {
        ss_draft_number(&tree->draft, "metallic", 0);
    }
}

static void put_normal(struct tree *tree, const struct surface *surface, const char *shader) {
    struct scenesync_uuid image;
    char id[9], map[9];
    if (put_part(tree, surface, "normal", surface->normal_texture, false, false, &image)) {
        ss_draft_number(&tree->draft, "normal_strength", surface->normal_strength);
        put_image_node(tree, "Normal", &image, id);
        node_id(tree, "Normal Map", map);
        put_node(tree, map, "ShaderNodeNormalMap", "Normal Map", -300, tree->row + 300);
        put_input(tree, map, "Strength", &surface->normal_strength, 1);
        put_link(tree, id, "Color", map, "Color");
        put_link(tree, map, "Normal", shader, "Normal");
    }
}

static void put_emission(struct tree *tree, const struct surface *surface, const char *shader) {
    struct scenesync_uuid image;
    char id[9];
    const double *color = surface->emission;
    bool dark = color[0] == 0 && color[1] == 0 && color[2] == 0, factors = color[0] != 1 || color[1] != 1 || color[2] != 1;
    ss_draft_number(&tree->draft, "emission_strength", dark ? 0 : surface->strength);
    if (!dark && put_part(tree, surface, "emission", surface->emission_texture, true, factors, &image)) {
        put_image_node(tree, "Emission", &image, id);
        put_link(tree, id, "Color", shader, "Emission Color");
    } else {
        ss_draft_numbers(&tree->draft, "emission", color, 3);
    }
}

// The nodes that every material has, with the numbers of the summary.
static void put_shader(struct tree *tree, const struct surface *surface, const char *shader) {
    char output[9];
    bool dark = surface->emission[0] == 0 && surface->emission[1] == 0 && surface->emission[2] == 0;
    const double strength = dark ? 0 : surface->strength,
                 emission[4] = {surface->emission[0], surface->emission[1], surface->emission[2], 1};
    const double base[4] = {surface->base[0], surface->base[1], surface->base[2], 1};
    node_id(tree, "ShaderNodeOutputMaterial", output);
    put_node(tree, output, "ShaderNodeOutputMaterial", "Material Output", 300, 300);
    put_node(tree, shader, "ShaderNodeBsdfPrincipled", "Principled BSDF", 10, 300);
    put_input(tree, shader, "Base Color", base, 4);
    put_input(tree, shader, "Metallic", &surface->metallic, 1);
    put_input(tree, shader, "Roughness", &surface->roughness, 1);
    put_input(tree, shader, "IOR", &surface->ior, 1);
    put_input(tree, shader, "Alpha", &surface->base[3], 1);
    put_input(tree, shader, "Emission Color", emission, 4);
    put_input(tree, shader, "Emission Strength", &strength, 1);
    put_link(tree, shader, "BSDF", output, "Surface");
    ss_draft_flag(&tree->draft, "use_nodes", true);
}

static void put_blending(struct tree *tree, const struct surface *surface) {
    if (surface->blends) {
        ss_draft_text(&tree->draft, "blend_method", "BLEND");
        ss_draft_text(&tree->draft, "surface_render_method", "BLENDED");
    } else if (surface->masks) {
        ss_draft_text(&tree->draft, "blend_method", "CLIP");
        ss_draft_number(&tree->draft, "alpha_threshold", ss_source_number(surface->item, "alphaCutoff", 0.5));
    }
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(surface->item, "doubleSided"))) {
        ss_draft_flag(&tree->draft, "use_backface_culling", true);
    }
}

static void send_material(struct ss_import *import, const cJSON *item, struct scenesync_uuid *id) {
    struct tree tree = {.import = import, .row = 300};
    struct surface surface;
    char shader[9];
    read_surface(import, item, &surface);
    ss_import_begin(import, &tree.draft, "material", item);
    *id = tree.draft.id;
    node_id(&tree, "ShaderNodeBsdfPrincipled", shader);
    put_base(&tree, &surface, shader);
    put_metal(&tree, &surface, shader);
    put_normal(&tree, &surface, shader);
    put_emission(&tree, &surface, shader);
    put_blending(&tree, &surface);
    ss_draft_number(&tree.draft, "ior", surface.ior);
    if (tree.has_nodes) {
        put_shader(&tree, &surface, shader);
    }
    ss_import_send(import, &tree.draft);
}

bool ss_import_material(struct ss_import *import, int index, struct scenesync_uuid *id) {
    bool fresh;
    if (!ss_import_once(&import->materials, (size_t)ss_source_count(&import->source, "materials"), index, &fresh)) {
        return false;
    }
    if (fresh) {
        send_material(import, ss_source_item(&import->source, "materials", index), &import->materials.ids[index]);
    }
    *id = import->materials.ids[index];
    return true;
}
