// SPDX-License-Identifier: Apache-2.0
// Faces of any number of corners into triangles: quads along the diagonal that turns nothing over, larger ones by clipping ears.
#include <math.h>
#include <stdlib.h>

#include "cli/command.h"
#include "gltf/shape.h"

// Clipping ears takes time by the square of the corners; larger faces become fans.
enum { EARS_MAX = 1024 };

struct polygon {
    double (*points)[2]; // flattened so that it turns left
    uint32_t *next, *previous;
};

static const float *point(const struct ss_shape *shape, size_t corner) {
    return shape->positions + 3 * (size_t)shape->corner_verts[corner];
}

// Whether a triangle of corners looks to the side of its face's normal.
static bool faces_out(const struct ss_shape *shape, const float *normal, size_t ca, size_t cb, size_t cc) {
    const float *a = point(shape, ca), *b = point(shape, cb), *c = point(shape, cc);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        double across =
            ((double)b[j] - (double)a[j]) * ((double)c[k] - (double)a[k]) - ((double)b[k] - (double)a[k]) * ((double)c[j] - (double)a[j]);
        sum += across * (double)normal[i];
    }
    return sum >= 0;
}

static uint32_t *put(uint32_t *to, size_t a, size_t b, size_t c) {
    to[0] = (uint32_t)a;
    to[1] = (uint32_t)b;
    to[2] = (uint32_t)c;
    return to + 3;
}

static uint32_t *put_quad(const struct ss_shape *shape, const float *normal, size_t c, uint32_t *to) {
    if (faces_out(shape, normal, c, c + 1, c + 2) && faces_out(shape, normal, c, c + 2, c + 3)) {
        return put(put(to, c, c + 1, c + 2), c, c + 2, c + 3);
    }
    return put(put(to, c, c + 1, c + 3), c + 1, c + 2, c + 3);
}

static uint32_t *put_fan(size_t corner, size_t count, uint32_t *to) {
    for (size_t i = 1; i + 1 < count; i++) {
        to = put(to, corner, corner + i, corner + i + 1);
    }
    return to;
}

// ---- Ears -------------------------------------------------------------------------------------------------------------------------------

static double turn(const double a[2], const double b[2], const double c[2]) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool is_same(const double a[2], const double b[2]) { return a[0] == b[0] && a[1] == b[1]; }

static bool is_inside(const double p[2], const double a[2], const double b[2], const double c[2]) {
    return turn(a, b, p) >= 0 && turn(b, c, p) >= 0 && turn(c, a, p) >= 0 && !is_same(p, a) && !is_same(p, b) && !is_same(p, c);
}

static bool is_ear(const struct polygon *polygon, uint32_t at) {
    const double *a = polygon->points[polygon->previous[at]], *b = polygon->points[at], *c = polygon->points[polygon->next[at]];
    if (turn(a, b, c) <= 0) {
        return false;
    }
    for (uint32_t other = polygon->next[polygon->next[at]]; other != polygon->previous[at]; other = polygon->next[other]) {
        if (is_inside(polygon->points[other], a, b, c)) {
            return false;
        }
    }
    return true;
}

// Where no ear is found (a face that crosses itself), the next corner is cut off as if it were one, so that all of it is covered somehow.
static uint32_t *clip(const struct polygon *polygon, size_t corner, size_t count, uint32_t *to) {
    uint32_t at = 0;
    for (size_t left = count, tries = 0; left > 3;) {
        if (tries < left && !is_ear(polygon, at)) {
            at = polygon->next[at];
            tries++;
            continue;
        }
        uint32_t before = polygon->previous[at], after = polygon->next[at];
        to = put(to, corner + before, corner + at, corner + after);
        polygon->next[before] = after;
        polygon->previous[after] = before;
        at = polygon->next[after]; // not the neighbour, which would become a fan of slivers
        left--;
        tries = 0;
    }
    return put(to, corner + polygon->previous[at], corner + at, corner + polygon->next[at]);
}

static uint32_t *put_polygon(const struct ss_shape *shape, const float *normal, size_t corner, size_t count, uint32_t *to) {
    float x = fabsf(normal[0]), y = fabsf(normal[1]), z = fabsf(normal[2]);
    int axis = x > y && x > z ? 0 : y > z ? 1 : 2, u = (axis + 1) % 3, v = (axis + 2) % 3;
    double sign = normal[axis] < 0 ? -1 : 1;
    struct polygon polygon = {ss_memory(malloc(count * sizeof *polygon.points)), ss_memory(malloc(count * sizeof *polygon.next)),
                              ss_memory(malloc(count * sizeof *polygon.previous))};
    for (uint32_t i = 0; i < count; i++) {
        polygon.points[i][0] = sign * (double)point(shape, corner + i)[u];
        polygon.points[i][1] = (double)point(shape, corner + i)[v];
        polygon.next[i] = (uint32_t)((i + 1) % count);
        polygon.previous[i] = (uint32_t)((i + count - 1) % count);
    }
    to = clip(&polygon, corner, count, to);
    free(polygon.points);
    free(polygon.next);
    free(polygon.previous);
    return to;
}

uint32_t *ss_triangulate(const struct ss_shape *shape, const float *face_normals, size_t *face_triangles) {
    size_t triangles = shape->corners - 2 * shape->faces;
    uint32_t *corners = ss_memory(malloc((3 * triangles + 1) * sizeof *corners)), *to = corners;
    for (size_t face = 0; face < shape->faces; face++) {
        size_t corner = (size_t)shape->face_offsets[face], count = (size_t)shape->face_offsets[face + 1] - corner;
        const float *normal = face_normals + 3 * face;
        face_triangles[face] = (size_t)(to - corners) / 3;
        if (count == 4) {
            to = put_quad(shape, normal, corner, to);
        } else {
            to = count == 3 || count > EARS_MAX ? put_fan(corner, count, to) : put_polygon(shape, normal, corner, count, to);
        }
    }
    face_triangles[shape->faces] = triangles;
    return corners;
}
