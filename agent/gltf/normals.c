// SPDX-License-Identifier: Apache-2.0
// Normals as Blender shows them.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "gltf/shape.h"

static const double NO_ANGLE = -2;

static const float *point(const struct ss_shape *shape, size_t corner) {
    return shape->positions + 3 * (size_t)shape->corner_verts[corner];
}

static void set_unit(float *to, const double vector[3]) {
    double length = sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
    bool ok = isfinite(length) && length > 0;
    for (int i = 0; i < 3; i++) {
        to[i] = ok ? (float)(vector[i] / length) : 0;
    }
}

// Newell's: also right for faces that are not flat.
float *ss_face_normals(const struct ss_shape *shape) {
    float *normals = ss_memory(malloc((3 * shape->faces + 1) * sizeof *normals));
    for (size_t face = 0; face < shape->faces; face++) {
        size_t end = (size_t)shape->face_offsets[face + 1];
        const float *a = point(shape, end - 1);
        double sum[3] = {0};
        for (size_t corner = (size_t)shape->face_offsets[face]; corner < end; corner++) {
            const float *b = point(shape, corner);
            for (int i = 0; i < 3; i++) {
                int j = (i + 1) % 3, k = (i + 2) % 3;
                sum[i] += ((double)a[j] - (double)b[j]) * ((double)a[k] + (double)b[k]);
            }
            a = b;
        }
        set_unit(normals + 3 * face, sum);
    }
    return normals;
}

// ---- Fans: corners of a vertex that share a normal --------------------------------------------------------------------------------------

static uint32_t find(uint32_t *fans, uint32_t corner) {
    while (fans[corner] != corner) {
        corner = fans[corner] = fans[fans[corner]];
    }
    return corner;
}

// A side of a face: its corner, the next one, and the face.
struct side {
    uint32_t corner, next, face;
    bool set;
};

static bool is_sharp(const struct ss_shape *shape, const float *normals, size_t edge, size_t a, size_t b) {
    const float *x = normals + 3 * a, *y = normals + 3 * b;
    bool angle = shape->sharp_cosine > NO_ANGLE && (double)(x[0] * y[0] + x[1] * y[1] + x[2] * y[2]) < shape->sharp_cosine;
    return !shape->smooth[a] || !shape->smooth[b] || (shape->sharp_edges && shape->sharp_edges[edge]) || angle;
}

static void join(const struct ss_shape *shape, const struct side *one, const struct side *other, uint32_t *fans) {
    if (shape->corner_verts[one->corner] == shape->corner_verts[other->next]) {
        fans[find(fans, one->corner)] = find(fans, other->next);
        fans[find(fans, one->next)] = find(fans, other->corner);
    }
}

// Per corner the number of its fan: the vertex where nothing is sharp, else the first corner of those joined over smooth edges.
static uint32_t *fans_of(const struct ss_shape *shape, const float *normals) {
    uint32_t *fans = ss_memory(malloc((shape->corners + 1) * sizeof *fans));
    bool mixed = memchr(shape->smooth, 0, shape->faces) != NULL;
    bool split = shape->corner_edges && (shape->sharp_edges || mixed || shape->sharp_cosine > NO_ANGLE);
    for (size_t corner = 0; corner < shape->corners; corner++) {
        fans[corner] = split ? (uint32_t)corner : (uint32_t)shape->corner_verts[corner];
    }
    struct side *sides = split ? ss_memory(calloc(shape->edges + 1, sizeof *sides)) : NULL;
    for (size_t face = 0; split && face < shape->faces; face++) {
        uint32_t begin = (uint32_t)shape->face_offsets[face], end = (uint32_t)shape->face_offsets[face + 1];
        for (uint32_t corner = begin; corner < end; corner++) {
            size_t edge = (size_t)shape->corner_edges[corner];
            struct side side = {corner, corner + 1 == end ? begin : corner + 1, (uint32_t)face, true};
            if (!sides[edge].set) {
                sides[edge] = side;
            } else if (!is_sharp(shape, normals, edge, face, sides[edge].face)) {
                join(shape, &side, &sides[edge], fans);
            }
        }
    }
    for (uint32_t corner = 0; split && corner < shape->corners; corner++) {
        fans[corner] = find(fans, corner);
    }
    free(sides);
    return fans;
}

static double angle_at(const float *a, const float *b, const float *c) {
    double along = 0, u = 0, v = 0;
    for (int i = 0; i < 3; i++) {
        double x = (double)a[i] - (double)b[i], y = (double)c[i] - (double)b[i];
        along += x * y;
        u += x * x;
        v += y * y;
    }
    double lengths = sqrt(u * v), cosine = lengths > 0 ? along / lengths : 1;
    return acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
}

// The sum of face normals per fan, weighted by the angle that each face has there.
static double *sums_of(const struct ss_shape *shape, const float *normals, const uint32_t *fans) {
    size_t count = shape->corners > shape->vertices ? shape->corners : shape->vertices;
    double *sums = ss_memory(calloc(3 * count + 1, sizeof *sums));
    for (size_t face = 0; face < shape->faces; face++) {
        size_t begin = (size_t)shape->face_offsets[face], end = (size_t)shape->face_offsets[face + 1];
        for (size_t corner = begin; corner < end; corner++) {
            const float *previous = point(shape, corner == begin ? end - 1 : corner - 1);
            double weight = angle_at(previous, point(shape, corner), point(shape, corner + 1 == end ? begin : corner + 1));
            for (size_t i = 0; isfinite(weight) && i < 3; i++) {
                sums[3 * (size_t)fans[corner] + i] += weight * (double)normals[3 * face + i];
            }
        }
    }
    return sums;
}

static void set_smooth(const struct ss_shape *shape, const float *face_normals, float *normals) {
    uint32_t *fans = fans_of(shape, face_normals);
    double *sums = sums_of(shape, face_normals, fans);
    for (size_t face = 0; face < shape->faces; face++) {
        for (size_t corner = (size_t)shape->face_offsets[face]; shape->smooth[face] && corner < (size_t)shape->face_offsets[face + 1];
             corner++) {
            set_unit(normals + 3 * corner, sums + 3 * (size_t)fans[corner]);
        }
    }
    free(sums);
    free(fans);
}

static void set_custom(const struct ss_shape *shape, float *normals) {
    for (size_t corner = 0; corner < shape->corners; corner++) {
        const float *custom = shape->custom_normals + 3 * corner;
        const double wanted[3] = {(double)custom[0], (double)custom[1], (double)custom[2]};
        float unit[3];
        set_unit(unit, wanted);
        if (unit[0] != 0 || unit[1] != 0 || unit[2] != 0) {
            memcpy(normals + 3 * corner, unit, sizeof unit);
        }
    }
}

float *ss_corner_normals(const struct ss_shape *shape, const float *face_normals, bool custom) {
    float *normals = ss_memory(malloc((3 * shape->corners + 1) * sizeof *normals));
    for (size_t face = 0; face < shape->faces; face++) {
        for (size_t corner = (size_t)shape->face_offsets[face]; corner < (size_t)shape->face_offsets[face + 1]; corner++) {
            memcpy(normals + 3 * corner, face_normals + 3 * face, 3 * sizeof *normals);
        }
    }
    if (shape->smooth) {
        set_smooth(shape, face_normals, normals);
    }
    if (custom && shape->custom_normals) {
        set_custom(shape, normals);
    }
    return normals;
}
