// SPDX-License-Identifier: Apache-2.0
#include "gltf/mesh_fields.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "gltf/blobs.h"

enum { F32 = 1, I32 = 3, U8 = 4, NAME = 256 };

struct loading {
    struct ss_cli *cli;
    const struct ss_known *mesh;
    struct ss_mesh_fields *fields;
    struct scenesync_bytes topology;
};

// An array that fits the topology, or NULL.
static void *load(struct loading *loading, const char *name, int ext, size_t count) {
    char path[NAME + 64];
    snprintf(path, sizeof path, "at/%.*s/%s", (int)loading->topology.size, (const char *)loading->topology.data, name);
    void *data = ss_load_array(loading->cli, ss_known_value(loading->mesh, path), ext, count);
    if (data) {
        loading->fields->arrays[loading->fields->count++] = data;
    }
    return data;
}

static bool load_counts(struct loading *loading, struct ss_shape *shape) {
    char path[NAME];
    double counts[4];
    snprintf(path, sizeof path, "at/%.*s/counts", (int)loading->topology.size, (const char *)loading->topology.data);
    if (!ss_numbers(loading->mesh, path, counts, 4)) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        if (!(counts[i] >= 0 && counts[i] < INT32_MAX)) {
            return false;
        }
    }
    shape->vertices = (size_t)counts[0];
    shape->edges = (size_t)counts[1];
    shape->corners = (size_t)counts[2];
    shape->faces = (size_t)counts[3];
    return true;
}

static void make_finite(float *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        numbers[i] = isfinite(numbers[i]) ? numbers[i] : 0;
    }
}

// A layer's name as a level of a field's name (schemas/README.md, "A kind").
static void encode_level(struct scenesync_bytes name, char level[NAME]) {
    size_t len = 0;
    level[0] = '\0';
    for (size_t i = 0; i < name.size && len + 4 < NAME; i++) {
        uint8_t c = name.data[i];
        len += (size_t)snprintf(level + len, NAME - len, c < 0x20 || c == 0x7f || c == '%' || c == '/' ? "%%%02X" : "%c", c);
    }
}

// ---- Layers of corners ------------------------------------------------------------------------------------------------------------------

static void load_uv(struct loading *loading, struct scenesync_bytes name) {
    struct ss_shape *shape = &loading->fields->shape;
    char level[NAME], path[NAME + 8];
    encode_level(name, level);
    snprintf(path, sizeof path, "uv/%s", level);
    float *uv = shape->uv_count < SS_UV_MAPS ? load(loading, path, F32, 2 * shape->corners) : NULL;
    if (uv) {
        make_finite(uv, 2 * shape->corners);
        shape->uv[shape->uv_count++] = uv;
    }
}

// The map that is rendered comes first, as materials use it; the others in their order.
static void load_uvs(struct loading *loading) {
    struct scenesync_bytes first = ss_text(loading->mesh, "render_uv");
    struct scenesync_reader reader = scenesync_reader_of(ss_known_value(loading->mesh, "uv_order"));
    struct scenesync_item item;
    if (first.data) {
        load_uv(loading, first);
    }
    bool ok = scenesync_read(&reader, &item) && item.type == SCENESYNC_LIST;
    for (size_t left = ok ? item.count : 0; left > 0 && scenesync_read(&reader, &item); left--) {
        bool is_first = item.bytes.size == first.size && first.size > 0 && memcmp(item.bytes.data, first.data, first.size) == 0;
        if (item.type == SCENESYNC_STRING && !is_first) {
            load_uv(loading, item.bytes);
        }
    }
}

static float linear(uint8_t byte) {
    double s = byte / 255.0;
    return (float)(s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4));
}

static float *from_bytes(const uint8_t *bytes, size_t count) {
    float *colors = ss_memory(malloc((4 * count + 1) * sizeof *colors));
    for (size_t i = 0; i < 4 * count; i++) {
        colors[i] = i % 4 == 3 ? (float)(bytes[i] / 255.0) : linear(bytes[i]);
    }
    return colors;
}

static const float *spread(struct loading *loading, float *colors, bool points) {
    const struct ss_shape *shape = &loading->fields->shape;
    float *corners = ss_memory(malloc((4 * shape->corners + 1) * sizeof *corners));
    for (size_t i = 0; i < 4 * shape->corners; i++) {
        size_t from = points ? 4 * (size_t)shape->corner_verts[i / 4] + i % 4 : i;
        float value = isfinite(colors[from]) ? colors[from] : 0;
        corners[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    loading->fields->arrays[loading->fields->count++] = corners;
    return corners;
}

// A colour attribute lies on points or corners, as floats or as bytes of sRGB.
static void load_colors(struct loading *loading) {
    struct ss_shape *shape = &loading->fields->shape;
    struct scenesync_bytes name = ss_text(loading->mesh, "render_color");
    char level[NAME], path[NAME + 40];
    encode_level(name, level);
    for (int i = 0; name.data && !shape->colors && i < 4; i++) {
        bool points = i & 1, bytes = i & 2;
        size_t count = points ? shape->vertices : shape->corners;
        snprintf(path, sizeof path, "attributes/%s/%s/%s", points ? "point" : "corner", bytes ? "byte_color" : "float_color", level);
        void *data = load(loading, path, bytes ? U8 : F32, 4 * count);
        float *floats = data && bytes ? from_bytes(data, count) : NULL;
        if (data) {
            shape->colors = spread(loading, floats ? floats : data, points);
        }
        free(floats);
    }
}

// ---- All --------------------------------------------------------------------------------------------------------------------------------

static bool load_topology(struct loading *loading, struct ss_shape *shape) {
    float *positions = load(loading, "positions", F32, 3 * shape->vertices);
    shape->positions = positions;
    shape->edge_verts = load(loading, "edges", I32, 2 * shape->edges);
    shape->corner_verts = load(loading, "corner_verts", I32, shape->corners);
    shape->corner_edges = load(loading, "corner_edges", I32, shape->corners);
    shape->face_offsets = load(loading, "face_offsets", I32, shape->faces + 1);
    if (!positions || !shape->corner_verts || !shape->face_offsets || ss_shape_problem(shape)) {
        return false;
    }
    make_finite(positions, 3 * shape->vertices);
    return true;
}

static void load_shading(struct loading *loading, struct ss_shape *shape) {
    shape->material_index = load(loading, "material_index", I32, shape->faces);
    shape->smooth = load(loading, "smooth", U8, shape->faces);
    shape->sharp_edges = load(loading, "sharp_edges", U8, shape->edges);
    shape->custom_normals = load(loading, "custom_normals", F32, 3 * shape->corners);
    bool automatic = ss_flag(loading->mesh, "use_auto_smooth", false);
    shape->sharp_cosine = automatic ? cos(ss_number(loading->mesh, "auto_smooth_angle", 0.5235987901687622)) : -2;
}

bool ss_mesh_fields_load(struct ss_cli *cli, const struct ss_known *mesh, struct ss_mesh_fields *fields) {
    *fields = (struct ss_mesh_fields){.count = 0};
    struct loading loading = {cli, mesh, fields, ss_text(mesh, "topology")};
    if (!loading.topology.data || !load_counts(&loading, &fields->shape) || !load_topology(&loading, &fields->shape)) {
        return false;
    }
    load_shading(&loading, &fields->shape);
    load_uvs(&loading);
    load_colors(&loading);
    return true;
}

void ss_mesh_fields_finish(struct ss_mesh_fields *fields) {
    for (size_t i = 0; i < fields->count; i++) {
        free(fields->arrays[i]);
    }
}
