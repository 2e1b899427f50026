// SPDX-License-Identifier: Apache-2.0
#include "gltf/weld.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "util/bytes.h"

// Cosines of angles that nobody sees: 0.8° of a corner to its flat face, 1.8° to what is computed.
static const float FLAT = 0.9999F, SAME = 0.9995F;

static size_t power_above(size_t least) {
    size_t power = 16;
    while (power < least) {
        power *= 2;
    }
    return power;
}

void ss_weld_init(struct ss_weld *weld, size_t places, size_t corners, size_t lines, size_t width) {
    size_t slots = power_above(2 * places);
    *weld = (struct ss_weld){.width = width, .table_mask = slots - 1};
    weld->vertex_table = ss_memory(calloc(slots, sizeof *weld->vertex_table));
    weld->positions = ss_memory(malloc((3 * places + 1) * sizeof *weld->positions));
    weld->corner_verts = ss_memory(malloc((corners + 1) * sizeof *weld->corner_verts));
    weld->slots = ss_memory(malloc((corners / 3 + 1) * sizeof *weld->slots));
    weld->numbers = ss_memory(malloc((corners * width + 1) * sizeof *weld->numbers));
    weld->lines = ss_memory(malloc((2 * lines + 1) * sizeof *weld->lines));
}

void ss_weld_finish(struct ss_weld *weld) {
    free(weld->vertex_table);
    free(weld->positions);
    free(weld->corner_verts);
    free(weld->slots);
    free(weld->numbers);
    free(weld->lines);
}

int32_t ss_weld_vertex(struct ss_weld *weld, const float position[3]) {
    const float place[3] = {position[0] + 0.0F, position[1] + 0.0F, position[2] + 0.0F}; // no negative zeros
    for (size_t at = ss_hash(0, place, sizeof place);; at++) {
        uint32_t *slot = &weld->vertex_table[at & weld->table_mask];
        if (*slot == 0) {
            memcpy(weld->positions + 3 * weld->vertices, place, sizeof place);
            *slot = (uint32_t)++weld->vertices;
        }
        if (memcmp(weld->positions + 3 * (size_t)(*slot - 1), place, sizeof place) == 0) {
            return (int32_t)(*slot - 1);
        }
    }
}

void ss_weld_triangle(struct ss_weld *weld, const int32_t vertices[3], const float *const numbers[3], int32_t slot) {
    if (vertices[0] == vertices[1] || vertices[1] == vertices[2] || vertices[2] == vertices[0]) {
        return;
    }
    weld->slots[weld->corners / 3] = slot;
    for (int i = 0; i < 3; i++) {
        weld->corner_verts[weld->corners] = vertices[i];
        memcpy(weld->numbers + weld->width * weld->corners++, numbers[i], weld->width * sizeof *weld->numbers);
    }
}

void ss_weld_line(struct ss_weld *weld, int32_t a, int32_t b) {
    if (a != b) {
        weld->lines[2 * weld->line_count] = a;
        weld->lines[2 * weld->line_count++ + 1] = b;
    }
}

// ---- Edges ------------------------------------------------------------------------------------------------------------------------------

struct edges {
    int32_t *pairs;
    size_t count;
    uint32_t *table;
    size_t mask;
};

static int32_t find_edge(struct edges *edges, int32_t a, int32_t b) {
    const int32_t pair[2] = {a < b ? a : b, a < b ? b : a};
    for (size_t at = ss_hash(0, pair, sizeof pair);; at++) {
        uint32_t *slot = &edges->table[at & edges->mask];
        if (*slot == 0) {
            memcpy(edges->pairs + 2 * edges->count, pair, sizeof pair);
            *slot = (uint32_t)++edges->count;
        }
        if (memcmp(edges->pairs + 2 * (size_t)(*slot - 1), pair, sizeof pair) == 0) {
            return (int32_t)(*slot - 1);
        }
    }
}

static void make_edges(const struct ss_weld *weld, struct ss_welded *welded) {
    size_t most = weld->corners + weld->line_count, slots = power_above(2 * most);
    struct edges edges = {ss_memory(malloc((2 * most + 1) * sizeof *edges.pairs)), 0, ss_memory(calloc(slots, sizeof *edges.table)),
                          slots - 1};
    welded->corner_edges = ss_memory(malloc((weld->corners + 1) * sizeof *welded->corner_edges));
    for (size_t corner = 0; corner < weld->corners; corner++) {
        size_t next = corner % 3 == 2 ? corner - 2 : corner + 1;
        welded->corner_edges[corner] = find_edge(&edges, weld->corner_verts[corner], weld->corner_verts[next]);
    }
    for (size_t i = 0; i < weld->line_count; i++) {
        find_edge(&edges, weld->lines[2 * i], weld->lines[2 * i + 1]);
    }
    free(edges.table);
    welded->edges = edges.pairs;
    welded->shape.edges = edges.count;
}

// ---- Shading ----------------------------------------------------------------------------------------------------------------------------

static bool differ(const float *given, const float *other, float cosine) {
    float square = given[0] * given[0] + given[1] * given[1] + given[2] * given[2];
    return square > 0.5F && given[0] * other[0] + given[1] * other[1] + given[2] * other[2] < cosine;
}

// Faces are smooth where a normal that was given is not the face's own; where what Blender then computes looks different, given ones stay.
static void make_shading(struct ss_welded *welded) {
    struct ss_shape *shape = &welded->shape;
    float *faces = ss_face_normals(shape);
    uint8_t *smooth = ss_memory(calloc(shape->faces + 1, 1));
    for (size_t corner = 0; corner < shape->corners; corner++) {
        smooth[corner / 3] |= differ(welded->normals + 3 * corner, faces + 3 * (corner / 3), FLAT);
    }
    if (memchr(smooth, 1, shape->faces)) {
        shape->smooth = welded->smooth = smooth;
        float *computed = ss_corner_normals(shape, faces, false);
        for (size_t i = 0; i < shape->corners; i++) {
            welded->needs_custom = welded->needs_custom || differ(welded->normals + 3 * i, computed + 3 * i, SAME);
        }
        free(computed);
    } else {
        free(smooth);
    }
    free(faces);
}

void ss_welded_make(const struct ss_weld *weld, struct ss_welded *welded) {
    size_t faces = weld->corners / 3;
    *welded = (struct ss_welded){.shape = {.vertices = weld->vertices, .corners = weld->corners, .faces = faces, .sharp_cosine = -2}};
    make_edges(weld, welded);
    welded->face_offsets = ss_memory(malloc((faces + 1) * sizeof *welded->face_offsets));
    for (size_t face = 0; face <= faces; face++) {
        welded->face_offsets[face] = (int32_t)(3 * face);
    }
    welded->normals = ss_memory(malloc((3 * weld->corners + 1) * sizeof *welded->normals));
    for (size_t corner = 0; corner < weld->corners; corner++) {
        memcpy(welded->normals + 3 * corner, weld->numbers + weld->width * corner, 3 * sizeof *welded->normals);
    }
    welded->shape.positions = weld->positions;
    welded->shape.edge_verts = welded->edges;
    welded->shape.corner_verts = weld->corner_verts;
    welded->shape.corner_edges = welded->corner_edges;
    welded->shape.face_offsets = welded->face_offsets;
    make_shading(welded);
}

void ss_welded_finish(struct ss_welded *welded) {
    free(welded->edges);
    free(welded->corner_edges);
    free(welded->face_offsets);
    free(welded->smooth);
    free(welded->normals);
}
