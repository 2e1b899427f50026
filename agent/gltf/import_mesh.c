// SPDX-License-Identifier: Apache-2.0
// Meshes: all primitives become one mesh, with a material slot each.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gltf/blobs.h"
#include "gltf/import.h"
#include "gltf/weld.h"

enum { F32 = 1, I32 = 3, U8 = 4, TRIANGLES = 4, STRIP = 5, FAN = 6, LINES = 1, LOOP = 2, LINE_STRIP = 3, PLACES_MAX = 1 << 28 };

struct primitive {
    int mode;
    int material; // in the file; -1: none
    size_t places, count;
    float *positions, *normals, *uv[SS_UV_MAPS], *colors; // a vertex; all but the first may be absent
    uint32_t *indices;                                    // NULL: all in order
};

struct parts {
    struct ss_import *import;
    struct primitive *list;
    size_t count, uv_count;
    bool colors;
};

// ---- Reading ----------------------------------------------------------------------------------------------------------------------------

// An attribute of as many vertices as there are places, or NULL.
static float *attribute(const struct ss_source *source, const cJSON *attributes, const char *name, size_t components, size_t places) {
    size_t count = 0;
    float *numbers = ss_source_floats(source, ss_source_index(attributes, name), components, &count);
    if (numbers && count != places) {
        free(numbers);
        numbers = NULL;
    }
    return numbers;
}

static bool indices_fit(const struct primitive *primitive) {
    for (size_t i = 0; primitive->indices && i < primitive->count; i++) {
        if (primitive->indices[i] >= primitive->places) {
            return false;
        }
    }
    return true;
}

static bool read_primitive(struct parts *parts, const cJSON *item, struct primitive *primitive) {
    const struct ss_source *source = &parts->import->source;
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(item, "attributes");
    primitive->mode = cJSON_HasObjectItem(item, "mode") ? ss_source_index(item, "mode") : TRIANGLES;
    primitive->material = ss_source_index(item, "material");
    primitive->positions = ss_source_floats(source, ss_source_index(attributes, "POSITION"), 3, &primitive->places);
    primitive->count = primitive->places;
    if (!primitive->positions || primitive->places > PLACES_MAX) {
        return false;
    }
    if (cJSON_HasObjectItem(item, "indices")) {
        primitive->indices = ss_source_indices(source, ss_source_index(item, "indices"), &primitive->count);
        if (!primitive->indices || primitive->count > PLACES_MAX || !indices_fit(primitive)) {
            return false;
        }
    }
    primitive->normals = attribute(source, attributes, "NORMAL", 3, primitive->places);
    primitive->colors = attribute(source, attributes, "COLOR_0", 4, primitive->places);
    for (size_t i = 0; i < SS_UV_MAPS; i++) {
        char name[32];
        snprintf(name, sizeof name, "TEXCOORD_%zu", i);
        primitive->uv[i] = attribute(source, attributes, name, 2, primitive->places);
        parts->uv_count = primitive->uv[i] && i + 1 > parts->uv_count ? i + 1 : parts->uv_count;
    }
    parts->colors = parts->colors || primitive->colors;
    return true;
}

static void free_parts(struct parts *parts) {
    for (size_t i = 0; i < parts->count; i++) {
        struct primitive *primitive = &parts->list[i];
        free(primitive->positions);
        free(primitive->normals);
        free(primitive->colors);
        free(primitive->indices);
        for (size_t map = 0; map < SS_UV_MAPS; map++) {
            free(primitive->uv[map]);
        }
    }
    free(parts->list);
}

static void read_parts(struct parts *parts, const cJSON *mesh) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(mesh, "primitives");
    parts->list = ss_memory(calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *parts->list));
    cJSON_ArrayForEach(item, list) {
        if (!read_primitive(parts, item, &parts->list[parts->count++])) {
            parts->list[parts->count - 1].count = 0;
            ss_import_leave_out(parts->import, "meshes have parts that cannot be read", mesh);
        }
        if (cJSON_HasObjectItem(item, "targets")) {
            ss_import_leave_out(parts->import, "meshes lost their morph targets", mesh);
        }
    }
}

// ---- Putting together -------------------------------------------------------------------------------------------------------------------

static size_t width_of(const struct parts *parts) { return 3 + 2 * parts->uv_count + (parts->colors ? 4 : 0); }

static void fill_corner(const struct parts *parts, const struct primitive *primitive, size_t at, float *to) {
    static const float white[4] = {1, 1, 1, 1};
    memset(to, 0, width_of(parts) * sizeof *to);
    if (primitive->normals) {
        const float *normal = primitive->normals + 3 * at;
        to[0] = normal[0];
        to[1] = -normal[2];
        to[2] = normal[1];
    }
    to += 3;
    for (size_t i = 0; i < parts->uv_count; i++, to += 2) {
        if (primitive->uv[i]) {
            to[0] = primitive->uv[i][2 * at];
            to[1] = 1 - primitive->uv[i][2 * at + 1];
        }
    }
    if (parts->colors) {
        memcpy(to, primitive->colors ? primitive->colors + 4 * at : white, sizeof white);
    }
}

static size_t index_at(const struct primitive *primitive, size_t i) { return primitive->indices ? primitive->indices[i] : i; }

static int32_t weld_at(const struct parts *parts, struct ss_weld *weld, const struct primitive *primitive, size_t at) {
    const float *from = primitive->positions + 3 * at;
    float units = (float)parts->import->units;
    const float position[3] = {from[0] * units, -from[2] * units, from[1] * units};
    return ss_weld_vertex(weld, position);
}

static void add_triangle(const struct parts *parts, struct ss_weld *weld, const struct primitive *primitive, const size_t corners[3],
                         int32_t slot) {
    float numbers[3][3 + 2 * SS_UV_MAPS + 4];
    int32_t vertices[3];
    for (int i = 0; i < 3; i++) {
        size_t at = index_at(primitive, corners[i]);
        vertices[i] = weld_at(parts, weld, primitive, at);
        fill_corner(parts, primitive, at, numbers[i]);
    }
    ss_weld_triangle(weld, vertices, (const float *const[3]){numbers[0], numbers[1], numbers[2]}, slot);
}

// Specification section 3.7.2.1: of a strip every other triangle is turned over.
static void add_triangles(const struct parts *parts, struct ss_weld *weld, const struct primitive *primitive, int32_t slot) {
    size_t step = primitive->mode == TRIANGLES ? 3 : 1;
    for (size_t i = 0; i + 2 < primitive->count; i += step) {
        bool over = primitive->mode == STRIP && i % 2 == 1;
        const size_t corners[3] = {primitive->mode == FAN ? 0 : i, over ? i + 2 : i + 1, over ? i + 1 : i + 2};
        add_triangle(parts, weld, primitive, corners, slot);
    }
}

static void add_lines(const struct parts *parts, struct ss_weld *weld, const struct primitive *primitive) {
    size_t step = primitive->mode == LINES ? 2 : 1, last = primitive->mode == LOOP ? 0 : 1;
    for (size_t i = 0; i + last < primitive->count; i += step) {
        int32_t a = weld_at(parts, weld, primitive, index_at(primitive, i));
        ss_weld_line(weld, a, weld_at(parts, weld, primitive, index_at(primitive, (i + 1) % primitive->count)));
    }
}

static void weld_parts(const struct parts *parts, struct ss_weld *weld) {
    size_t places = 0, corners = 0;
    for (size_t i = 0; i < parts->count; i++) {
        places += parts->list[i].places;
        corners += 3 * parts->list[i].count; // a strip has three corners an index
    }
    ss_weld_init(weld, places, corners, corners, width_of(parts));
    for (size_t i = 0; i < parts->count; i++) {
        const struct primitive *primitive = &parts->list[i];
        if (primitive->mode >= TRIANGLES && primitive->mode <= FAN) {
            add_triangles(parts, weld, primitive, (int32_t)i);
        } else if (primitive->mode >= LINES && primitive->mode <= LINE_STRIP) {
            add_lines(parts, weld, primitive);
        }
        for (size_t at = 0; primitive->mode == 0 && at < primitive->count; at++) {
            weld_at(parts, weld, primitive, index_at(primitive, at));
        }
    }
}

// ---- Sending ----------------------------------------------------------------------------------------------------------------------------

struct sending {
    struct ss_import *import;
    struct ss_draft draft;
    char topology[17];
};

static void put_array(struct sending *sending, const char *name, int ext, const void *data, size_t count) {
    struct ss_import *import = sending->import;
    char path[128];
    snprintf(path, sizeof path, "at/%s/%s", sending->topology, name);
    import->failed = import->failed || !ss_write_array(import->cli, sending->draft.writer, ext, data, count);
    if (!import->failed) {
        ss_draft_put(&sending->draft, path);
    }
}

// The first 8 bytes of the SHA-256 over the counts and the arrays (schemas/kinds/mesh.yaml).
static void name_topology(const struct ss_shape *shape, char topology[17]) {
    const uint32_t counts[4] = {(uint32_t)shape->vertices, (uint32_t)shape->edges, (uint32_t)shape->corners, (uint32_t)shape->faces};
    const struct {
        const void *data;
        size_t size;
    } parts[] = {{counts, sizeof counts},
                 {shape->edge_verts, 8 * shape->edges},
                 {shape->corner_verts, 4 * shape->corners},
                 {shape->corner_edges, 4 * shape->corners},
                 {shape->face_offsets, 4 * (shape->faces + 1)}};
    size_t size = 0, at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size += parts[i].size;
    }
    uint8_t *all = ss_memory(malloc(size));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; at += parts[i++].size) {
        memcpy(all + at, parts[i].data, parts[i].size);
    }
    struct scenesync_sha256 hash;
    scenesync_sha256(all, size, &hash);
    free(all);
    for (int i = 0; i < 8; i++) {
        snprintf(topology + 2 * i, 3, "%02x", hash.b[i]);
    }
}

static void put_topology(struct sending *sending, const struct ss_shape *shape) {
    const double counts[4] = {(double)shape->vertices, (double)shape->edges, (double)shape->corners, (double)shape->faces};
    char path[64];
    name_topology(shape, sending->topology);
    snprintf(path, sizeof path, "at/%s/counts", sending->topology);
    ss_draft_text(&sending->draft, "topology", sending->topology);
    ss_draft_numbers(&sending->draft, path, counts, 4);
    put_array(sending, "edges", I32, shape->edge_verts, 2 * shape->edges);
    put_array(sending, "corner_verts", I32, shape->corner_verts, shape->corners);
    put_array(sending, "corner_edges", I32, shape->corner_edges, shape->corners);
    put_array(sending, "face_offsets", I32, shape->face_offsets, shape->faces + 1);
    put_array(sending, "positions", F32, shape->positions, 3 * shape->vertices);
}

static void put_bounds(struct sending *sending, const struct ss_shape *shape) {
    double bounds[6] = {0};
    for (size_t i = 0; i < 3 * shape->vertices; i++) {
        double value = (double)shape->positions[i];
        bounds[i % 3] = i < 3 || value < bounds[i % 3] ? value : bounds[i % 3];
        bounds[3 + i % 3] = i < 3 || value > bounds[3 + i % 3] ? value : bounds[3 + i % 3];
    }
    ss_draft_numbers(&sending->draft, "bounds", bounds, 6);
}

// Blender before 4.1 shows neither sharp borders of flat faces nor custom normals without use_auto_smooth.
static void put_shading(struct sending *sending, const struct ss_welded *welded) {
    if (welded->smooth) {
        put_array(sending, "smooth", U8, welded->smooth, welded->shape.faces);
        ss_draft_flag(&sending->draft, "use_auto_smooth", true);
        ss_draft_number(&sending->draft, "auto_smooth_angle", 3.1415927410125732);
    }
    if (welded->needs_custom) {
        put_array(sending, "custom_normals", F32, welded->normals, 3 * welded->shape.corners);
    }
}

static void put_column(struct sending *sending, const struct ss_weld *weld, const char *name, size_t from, size_t components) {
    float *column = ss_memory(malloc((weld->corners * components + 1) * sizeof *column));
    for (size_t i = 0; i < weld->corners; i++) {
        memcpy(column + i * components, weld->numbers + i * weld->width + from, components * sizeof *column);
    }
    put_array(sending, name, F32, column, weld->corners * components);
    free(column);
}

static void uv_name(size_t map, char name[32]) { snprintf(name, 32, map == 0 ? "UVMap" : "UVMap.%03zu", map); }

static void put_layers(struct sending *sending, const struct parts *parts, const struct ss_weld *weld) {
    struct ss_draft *draft = &sending->draft;
    for (size_t i = 0; i < parts->uv_count; i++) {
        char name[32], path[40];
        uv_name(i, name);
        snprintf(path, sizeof path, "uv/%s", name);
        put_column(sending, weld, path, 3 + 2 * i, 2);
    }
    if (parts->uv_count > 0) {
        scenesync_write_list(draft->writer, parts->uv_count);
        for (size_t i = 0; i < parts->uv_count; i++) {
            char name[32];
            uv_name(i, name);
            scenesync_write_string(draft->writer, name, strlen(name));
        }
        ss_draft_put(draft, "uv_order");
        ss_draft_text(draft, "active_uv", "UVMap");
        ss_draft_text(draft, "render_uv", "UVMap");
    }
    if (parts->colors) {
        put_column(sending, weld, "attributes/corner/float_color/Color", 3 + 2 * parts->uv_count, 4);
        ss_draft_text(draft, "active_color", "Color");
        ss_draft_text(draft, "render_color", "Color");
    }
}

// A slot per primitive, in their order.
static void put_slots(struct sending *sending, const struct parts *parts, const struct ss_weld *weld) {
    bool several = false;
    for (size_t i = 0; i < weld->corners / 3; i++) {
        several = several || weld->slots[i] != 0;
    }
    if (several) {
        put_array(sending, "material_index", I32, weld->slots, weld->corners / 3);
    }
    ss_draft_number(&sending->draft, "material_count", (double)parts->count);
    for (size_t i = 0; i < parts->count; i++) {
        char name[32];
        struct scenesync_uuid id;
        snprintf(name, sizeof name, "materials/%zu", i);
        if (ss_import_material(sending->import, parts->list[i].material, &id)) {
            ss_draft_reference(&sending->draft, name, &id);
        }
    }
}

static void send_mesh(struct ss_import *import, const cJSON *mesh, struct scenesync_uuid *id) {
    struct parts parts = {.import = import};
    struct sending sending = {.import = import};
    struct ss_weld weld;
    struct ss_welded welded;
    read_parts(&parts, mesh);
    weld_parts(&parts, &weld);
    ss_welded_make(&weld, &welded);
    ss_import_begin(import, &sending.draft, "mesh", mesh);
    *id = sending.draft.id;
    put_topology(&sending, &welded.shape);
    put_bounds(&sending, &welded.shape);
    put_shading(&sending, &welded);
    put_layers(&sending, &parts, &weld);
    put_slots(&sending, &parts, &weld);
    ss_import_send(import, &sending.draft);
    ss_welded_finish(&welded);
    ss_weld_finish(&weld);
    free_parts(&parts);
}

bool ss_import_mesh(struct ss_import *import, int index, struct scenesync_uuid *id) {
    bool fresh;
    if (!ss_import_once(&import->meshes, (size_t)ss_source_count(&import->source, "meshes"), index, &fresh)) {
        return false;
    }
    if (fresh) {
        send_mesh(import, ss_source_item(&import->source, "meshes", index), &import->meshes.ids[index]);
    }
    *id = import->meshes.ids[index];
    return true;
}
