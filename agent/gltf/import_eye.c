// SPDX-License-Identifier: Apache-2.0
// Cameras and lights; the reverse of export_eye.c.
#include <math.h>
#include <string.h>

#include "gltf/import.h"
#include "gltf/units.h"

static const double SENSOR = 24; // mm; any will do

// What is seen upwards is what the file says for certain.
static void send_camera(struct ss_import *import, const cJSON *camera, struct scenesync_uuid *id) {
    bool parallel = strcmp(ss_source_text(camera, "type", ""), "orthographic") == 0;
    const cJSON *lens = cJSON_GetObjectItemCaseSensitive(camera, parallel ? "orthographic" : "perspective");
    double near = ss_source_number(lens, "znear", 0.1), half = tan(fmin(fmax(ss_source_number(lens, "yfov", 0.8), 0.001), 3.1) / 2);
    struct ss_draft draft;
    ss_import_begin(import, &draft, "camera", camera);
    *id = draft.id;
    ss_draft_text(&draft, "type", parallel ? "ORTHO" : "PERSP");
    ss_draft_text(&draft, "sensor_fit", "VERTICAL");
    ss_draft_number(&draft, "sensor_height", SENSOR);
    if (parallel) {
        ss_draft_number(&draft, "ortho_scale", 2 * fabs(ss_source_number(lens, "ymag", 3)) * import->units);
    } else {
        ss_draft_number(&draft, "lens", SENSOR / 2 / half);
    }
    ss_draft_number(&draft, "clip_start", near * import->units);
    ss_draft_number(&draft, "clip_end", ss_source_number(lens, "zfar", near * 10000) * import->units);
    ss_import_send(import, &draft);
}

bool ss_import_camera(struct ss_import *import, int index, struct scenesync_uuid *id) {
    bool fresh;
    if (!ss_import_once(&import->cameras, (size_t)ss_source_count(&import->source, "cameras"), index, &fresh)) {
        return false;
    }
    if (fresh) {
        send_camera(import, ss_source_item(&import->source, "cameras", index), &import->cameras.ids[index]);
    }
    *id = import->cameras.ids[index];
    return true;
}

// ---- Lights -----------------------------------------------------------------------------------------------------------------------------

static void put_cone(struct ss_draft *draft, const cJSON *light) {
    const cJSON *spot = cJSON_GetObjectItemCaseSensitive(light, "spot");
    double outer = ss_source_number(spot, "outerConeAngle", SS_PI / 4), inner = ss_source_number(spot, "innerConeAngle", 0);
    ss_draft_number(draft, "spot_size", 2 * outer);
    ss_draft_number(draft, "spot_blend", outer > 0 ? fmin(fmax(1 - inner / outer, 0), 1) : 0);
}

static void send_light(struct ss_import *import, const cJSON *light, struct scenesync_uuid *id) {
    const char *type = ss_source_text(light, "type", "point");
    bool sun = strcmp(type, "directional") == 0, spot = strcmp(type, "spot") == 0;
    double color[3] = {1, 1, 1}, intensity = fmax(ss_source_number(light, "intensity", 1), 0) / SS_LUMENS_PER_WATT;
    double range = ss_source_number(light, "range", 0) * import->units;
    struct ss_draft draft;
    ss_import_begin(import, &draft, "light", light);
    *id = draft.id;
    ss_source_numbers(light, "color", color, 3);
    ss_draft_text(&draft, "type", sun ? "SUN" : spot ? "SPOT" : "POINT");
    ss_draft_numbers(&draft, "color", color, 3);
    ss_draft_number(&draft, "energy", sun ? intensity : intensity * 4 * SS_PI * import->units * import->units);
    if (spot) {
        put_cone(&draft, light);
    }
    if (range > 0 && !sun) {
        ss_draft_flag(&draft, "use_custom_distance", true);
        ss_draft_number(&draft, "cutoff_distance", range);
    }
    ss_import_send(import, &draft);
}

// The lights are a list of the extension, not of the root.
static const cJSON *lights_of(const struct ss_source *source) {
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(source->root, "extensions");
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(extensions, "KHR_lights_punctual"), "lights");
}

bool ss_import_light(struct ss_import *import, int index, struct scenesync_uuid *id) {
    const cJSON *lights = lights_of(&import->source),
                *light = cJSON_IsArray(lights) && index >= 0 ? cJSON_GetArrayItem(lights, index) : NULL;
    bool fresh;
    if (!light || !ss_import_once(&import->lights, (size_t)cJSON_GetArraySize(lights), index, &fresh)) {
        return false;
    }
    if (fresh) {
        send_light(import, light, &import->lights.ids[index]);
    }
    *id = import->lights.ids[index];
    return true;
}
