// SPDX-License-Identifier: Apache-2.0
// Materials from their summary (schemas/kinds/material.yaml): numbers and images of a physically based surface.
#include <stdio.h>
#include <string.h>

#include "gltf/export.h"

static const char *const UNSAID = "materials have images in places that glTF has not";

static double clamp(double value) { return value < 0 ? 0 : value > 1 ? 1 : value; }

static void add_factor(cJSON *object, const char *name, double value, double fallback) {
    if (value != fallback) {
        cJSON_AddNumberToObject(object, name, value);
    }
}

static cJSON *add_texture(cJSON *object, const char *name, int texture) {
    cJSON *info = cJSON_AddObjectToObject(object, name);
    cJSON_AddNumberToObject(info, "index", texture);
    return info;
}

// ---- Images -----------------------------------------------------------------------------------------------------------------------------

// What feeds one number or colour of the summary: an image, and which of its channels.
struct feed {
    const struct ss_known *image;
    char channel; // '\0': all of them
};

static struct feed feed_of(const struct ss_export *export, const struct ss_known *material, const char *name) {
    char field[48];
    snprintf(field, sizeof field, "%s_image", name);
    struct feed feed = {.image = ss_referred(export->replica, material, field, "image")};
    snprintf(field, sizeof field, "%s_channel", name);
    struct scenesync_bytes channel = ss_text(material, field);
    feed.channel = channel.size == 1 ? (char)channel.data[0] : '\0';
    return feed;
}

static bool is_channel(const struct feed *feed, char channel) { return feed->channel == '\0' || feed->channel == channel; }

static void texture_for(struct ss_export *export, const struct ss_known *image, cJSON *object, const char *name) {
    int texture = image ? ss_export_texture(export, image) : -1;
    if (texture >= 0) {
        add_texture(object, name, texture);
    }
}

// ---- The parts --------------------------------------------------------------------------------------------------------------------------

static void add_base(struct ss_export *export, const struct ss_known *material, cJSON *pbr) {
    struct feed color = feed_of(export, material, "base_color"), alpha = feed_of(export, material, "alpha");
    double factor[4] = {1, 1, 1, 1}, shown[4] = {0.8, 0.8, 0.8, 1};
    ss_numbers(material, "display/diffuse_color", shown, 4);
    if (!color.image && !ss_numbers(material, "base_color", factor, 3)) {
        memcpy(factor, shown, 3 * sizeof *factor);
    }
    factor[3] = alpha.image ? 1 : ss_number(material, "alpha", 1);
    for (int i = 0; i < 4; i++) {
        factor[i] = clamp(factor[i]);
    }
    if (factor[0] < 1 || factor[1] < 1 || factor[2] < 1 || factor[3] < 1) {
        ss_add_numbers(pbr, "baseColorFactor", factor, 4);
    }
    texture_for(export, color.image, pbr, "baseColorTexture");
}

// glTF takes the roughness from green and the metallic value from blue of one image, and multiplies both by numbers.
static void add_metal(struct ss_export *export, const struct ss_known *material, cJSON *pbr) {
    struct feed metallic = feed_of(export, material, "metallic"), roughness = feed_of(export, material, "roughness");
    double metal = clamp(ss_number(material, "metallic", 0)), rough = clamp(ss_number(material, "roughness", 0.5));
    const struct ss_known *image = metallic.image ? metallic.image : roughness.image;
    bool fits = (!metallic.image || is_channel(&metallic, 'B')) && (!roughness.image || is_channel(&roughness, 'G')) &&
                (!metallic.image || !roughness.image || metallic.image == roughness.image) && (metallic.image || metal == 0) &&
                (roughness.image || rough == 0);
    int texture = image && fits ? ss_export_texture(export, image) : -1;
    if (image && !fits) {
        ss_leave_out(export, UNSAID, material);
    }
    if (texture >= 0) {
        add_texture(pbr, "metallicRoughnessTexture", texture);
        metal = metallic.image ? 1 : metal;
        rough = roughness.image ? 1 : rough;
    }
    add_factor(pbr, "metallicFactor", metal, 1);
    add_factor(pbr, "roughnessFactor", rough, 1);
}

static void add_normal(struct ss_export *export, const struct ss_known *material, cJSON *made) {
    struct feed normal = feed_of(export, material, "normal");
    int texture = normal.image ? ss_export_texture(export, normal.image) : -1;
    if (texture >= 0) {
        add_factor(add_texture(made, "normalTexture", texture), "scale", ss_number(material, "normal_strength", 1), 1);
    }
}

// Strengths up to 1 go into the factor, which every program knows; greater ones into the extension for them.
static void add_emission(struct ss_export *export, const struct ss_known *material, cJSON *made) {
    struct feed emission = feed_of(export, material, "emission");
    double factor[3] = {emission.image ? 1 : 0, emission.image ? 1 : 0, emission.image ? 1 : 0};
    double strength = ss_number(material, "emission_strength", 0), most = 1;
    if (!emission.image) {
        ss_numbers(material, "emission", factor, 3);
    }
    for (int i = 0; i < 3; i++) {
        factor[i] = factor[i] < 0 ? 0 : factor[i];
        most = factor[i] > most ? factor[i] : most;
    }
    strength *= most;
    for (int i = 0; i < 3; i++) {
        factor[i] = factor[i] / most * (strength < 1 ? strength : 1);
    }
    if (!(strength > 0) || (factor[0] == 0 && factor[1] == 0 && factor[2] == 0)) {
        return;
    }
    ss_add_numbers(made, "emissiveFactor", factor, 3);
    texture_for(export, emission.image, made, "emissiveTexture");
    if (strength > 1) {
        cJSON *extension = ss_document_extension(&export->document, made, "KHR_materials_emissive_strength");
        cJSON_AddNumberToObject(extension, "emissiveStrength", strength);
    }
}

static void add_alpha(struct ss_export *export, const struct ss_known *material, cJSON *made) {
    struct feed color = feed_of(export, material, "base_color"), alpha = feed_of(export, material, "alpha");
    if (alpha.image && (alpha.image != color.image || alpha.channel != 'A')) {
        ss_leave_out(export, UNSAID, material);
        alpha.image = NULL;
    }
    if (!alpha.image && (alpha.channel || ss_number(material, "alpha", 1) >= 1)) {
        return;
    }
    bool mask = ss_text_is(material, "blend_method", "CLIP");
    cJSON_AddStringToObject(made, "alphaMode", mask ? "MASK" : "BLEND");
    if (mask) {
        add_factor(made, "alphaCutoff", clamp(ss_number(material, "alpha_threshold", 0.5)), 0.5);
    }
}

static void add_ior(struct ss_export *export, const struct ss_known *material, cJSON *made) {
    double ior = ss_number(material, "ior", 1.5);
    if (ior != 1.5 && ior >= 1) {
        cJSON_AddNumberToObject(ss_document_extension(&export->document, made, "KHR_materials_ior"), "ior", ior);
    }
}

static cJSON *create(struct ss_export *export, const struct ss_known *material) {
    cJSON *made = ss_memory(cJSON_CreateObject());
    ss_add_text(made, "name", ss_text(material, "name"));
    cJSON *pbr = cJSON_AddObjectToObject(made, "pbrMetallicRoughness");
    add_base(export, material, pbr);
    add_metal(export, material, pbr);
    add_normal(export, material, made);
    add_emission(export, material, made);
    add_alpha(export, material, made);
    add_ior(export, material, made);
    if (!ss_flag(material, "use_backface_culling", false)) {
        cJSON_AddTrueToObject(made, "doubleSided");
    }
    return made;
}

int ss_export_material(struct ss_export *export, const struct ss_known *material) {
    char key[SS_MADE_KEY];
    int index;
    ss_made_key(material, key);
    return ss_made_find(export, key, &index)
               ? index
               : ss_made_add(export, key, ss_document_add(&export->document, "materials", create(export, material)));
}
