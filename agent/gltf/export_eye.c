// SPDX-License-Identifier: Apache-2.0
// Cameras, and lights by KHR_lights_punctual. Both look along -Z in Blender and in glTF; only their objects differ in axes.
#include <math.h>
#include <string.h>

#include "gltf/export.h"
#include "gltf/units.h"

// ---- Cameras ----------------------------------------------------------------------------------------------------------------------------

static double picture_aspect(const struct ss_known *scene) {
    double x = ss_number(scene, "render/resolution_x", 1920) * ss_number(scene, "render/pixel_aspect_x", 1);
    double y = ss_number(scene, "render/resolution_y", 1080) * ss_number(scene, "render/pixel_aspect_y", 1);
    return x > 0 && y > 0 ? x / y : 16.0 / 9.0;
}

static double positive(double value, double fallback) { return value > 0 ? value : fallback; }

// Half of what is seen upwards: the tangent of half the angle, or half the height of what is parallel.
static double half_height(const struct ss_known *camera, double aspect, bool parallel) {
    bool vertical = ss_text_is(camera, "sensor_fit", "VERTICAL");
    bool across = !vertical && (ss_text_is(camera, "sensor_fit", "HORIZONTAL") || aspect >= 1);
    double sensor = vertical ? ss_number(camera, "sensor_height", 24) : ss_number(camera, "sensor_width", 36);
    double half = parallel ? ss_number(camera, "ortho_scale", 6) / 2 : sensor / (2 * positive(ss_number(camera, "lens", 50), 50));
    return positive(half, 1) / (across ? aspect : 1);
}

static cJSON *create_camera(struct ss_export *export, const struct ss_known *camera) {
    bool parallel = ss_text_is(camera, "type", "ORTHO");
    double aspect = picture_aspect(export->settings), half = half_height(camera, aspect, parallel), metres = export->metres;
    double near = positive(ss_number(camera, "clip_start", 0.1), 0.1) * metres, far = ss_number(camera, "clip_end", 1000) * metres;
    cJSON *made = ss_memory(cJSON_CreateObject());
    ss_add_text(made, "name", ss_text(camera, "name"));
    cJSON_AddStringToObject(made, "type", parallel ? "orthographic" : "perspective");
    cJSON *lens = cJSON_AddObjectToObject(made, parallel ? "orthographic" : "perspective");
    if (parallel) {
        cJSON_AddNumberToObject(lens, "xmag", half * aspect * metres);
        cJSON_AddNumberToObject(lens, "ymag", half * metres);
    } else {
        cJSON_AddNumberToObject(lens, "aspectRatio", aspect);
        cJSON_AddNumberToObject(lens, "yfov", 2 * atan(half));
    }
    cJSON_AddNumberToObject(lens, "znear", near);
    cJSON_AddNumberToObject(lens, "zfar", far > near ? far : near * 10000);
    return made;
}

int ss_export_camera(struct ss_export *export, const struct ss_known *camera) {
    char key[SS_MADE_KEY];
    int index;
    ss_made_key(camera, key);
    if (ss_made_find(export, key, &index)) {
        return index;
    }
    if (!ss_text_is(camera, "type", "PERSP") && !ss_text_is(camera, "type", "ORTHO")) {
        ss_leave_out(export, "cameras are neither perspective nor orthographic and became perspective ones", camera);
    }
    if (ss_number(camera, "shift_x", 0) != 0 || ss_number(camera, "shift_y", 0) != 0) {
        ss_leave_out(export, "cameras lost their shift", camera);
    }
    return ss_made_add(export, key, ss_document_add(&export->document, "cameras", create_camera(export, camera)));
}

// ---- Lights -----------------------------------------------------------------------------------------------------------------------------

static void add_color(const struct ss_known *light, cJSON *made, double *power) {
    double color[3] = {1, 1, 1}, most = 1;
    ss_numbers(light, "color", color, 3);
    for (int i = 0; i < 3; i++) {
        color[i] = color[i] < 0 ? 0 : color[i];
        most = color[i] > most ? color[i] : most;
    }
    for (int i = 0; i < 3; i++) {
        color[i] /= most;
    }
    *power *= most;
    ss_add_numbers(made, "color", color, 3);
}

static void add_cone(cJSON *made, double outer, double inner) {
    cJSON *spot = cJSON_AddObjectToObject(made, "spot");
    cJSON_AddNumberToObject(spot, "innerConeAngle", inner);
    cJSON_AddNumberToObject(spot, "outerConeAngle", outer);
}

static void add_shape(struct ss_export *export, const struct ss_known *light, cJSON *made, double power) {
    double candela = power * SS_LUMENS_PER_WATT / (4 * SS_PI) * export->metres * export->metres;
    if (ss_text_is(light, "type", "SUN")) {
        cJSON_AddStringToObject(made, "type", "directional");
        cJSON_AddNumberToObject(made, "intensity", power * SS_LUMENS_PER_WATT);
    } else if (ss_text_is(light, "type", "SPOT")) {
        double outer = fmin(ss_number(light, "spot_size", SS_PI / 4), SS_PI) / 2, blend = ss_number(light, "spot_blend", 0.15);
        cJSON_AddStringToObject(made, "type", "spot");
        cJSON_AddNumberToObject(made, "intensity", candela);
        outer = fmax(outer, 0.001);
        add_cone(made, outer, outer * fmin(fmax(1 - blend, 0), 0.999));
    } else if (ss_text_is(light, "type", "AREA")) {
        ss_leave_out(export, "area lights became spots as wide as can be", light);
        cJSON_AddStringToObject(made, "type", "spot");
        cJSON_AddNumberToObject(made, "intensity", 4 * candela); // straight ahead a surface shines with P/π, a ball with P/4π
        add_cone(made, SS_PI / 2, 0);
    } else {
        cJSON_AddStringToObject(made, "type", "point");
        cJSON_AddNumberToObject(made, "intensity", candela);
    }
}

static cJSON *create_light(struct ss_export *export, const struct ss_known *light) {
    cJSON *made = ss_memory(cJSON_CreateObject());
    double power = fmax(ss_number(light, "energy", 10), 0) * exp2(ss_number(light, "exposure", 0));
    ss_add_text(made, "name", ss_text(light, "name"));
    add_color(light, made, &power);
    add_shape(export, light, made, power);
    if (ss_flag(light, "use_custom_distance", false) && ss_number(light, "cutoff_distance", 40) > 0 && !ss_text_is(light, "type", "SUN")) {
        cJSON_AddNumberToObject(made, "range", ss_number(light, "cutoff_distance", 40) * export->metres);
    }
    if (ss_flag(light, "use_temperature", false)) {
        ss_leave_out(export, "lights lost their colour temperature", light);
    }
    return made;
}

int ss_export_light(struct ss_export *export, const struct ss_known *light) {
    char key[SS_MADE_KEY];
    int index;
    ss_made_key(light, key);
    if (ss_made_find(export, key, &index)) {
        return index;
    }
    cJSON *extension = ss_document_extension(&export->document, export->document.root, "KHR_lights_punctual");
    cJSON *lights = cJSON_GetObjectItemCaseSensitive(extension, "lights");
    lights = ss_memory(lights ? lights : cJSON_AddArrayToObject(extension, "lights"));
    index = cJSON_GetArraySize(lights);
    cJSON_AddItemToArray(lights, create_light(export, light));
    return ss_made_add(export, key, index);
}
