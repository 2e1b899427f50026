// SPDX-License-Identifier: Apache-2.0
#include "gltf/matrix.h"

#include <math.h>
#include <string.h>

static const double SHEAR_MAX = 1e-4;

const struct ss_matrix ss_identity = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
const struct ss_matrix ss_lens = {{{1, 0, 0, 0}, {0, 0, 1, 0}, {0, -1, 0, 0}, {0, 0, 0, 1}}};
const struct ss_matrix ss_unlens = {{{1, 0, 0, 0}, {0, 0, -1, 0}, {0, 1, 0, 0}, {0, 0, 0, 1}}};

struct ss_matrix ss_multiply(const struct ss_matrix *a, const struct ss_matrix *b) {
    struct ss_matrix product;
    for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
            product.m[row][column] = a->m[row][0] * b->m[0][column] + a->m[row][1] * b->m[1][column] + a->m[row][2] * b->m[2][column] +
                                     a->m[row][3] * b->m[3][column];
        }
    }
    return product;
}

struct ss_matrix ss_translation(double x, double y, double z) {
    struct ss_matrix matrix = ss_identity;
    matrix.m[0][3] = x;
    matrix.m[1][3] = y;
    matrix.m[2][3] = z;
    return matrix;
}

struct ss_matrix ss_compose(const struct ss_placement *placement) {
    const double *q = placement->rotation, *s = placement->scale;
    double w = q[0], x = q[1], y = q[2], z = q[3];
    struct ss_matrix matrix = {{
        {(1 - 2 * (y * y + z * z)) * s[0], 2 * (x * y - z * w) * s[1], 2 * (x * z + y * w) * s[2], placement->location[0]},
        {2 * (x * y + z * w) * s[0], (1 - 2 * (x * x + z * z)) * s[1], 2 * (y * z - x * w) * s[2], placement->location[1]},
        {2 * (x * z - y * w) * s[0], 2 * (y * z + x * w) * s[1], (1 - 2 * (x * x + y * y)) * s[2], placement->location[2]},
        {0, 0, 0, 1},
    }};
    return matrix;
}

static double cofactor(const struct ss_matrix *matrix, int row, int column) {
    int r1 = (row + 1) % 3, r2 = (row + 2) % 3, c1 = (column + 1) % 3, c2 = (column + 2) % 3;
    return matrix->m[r1][c1] * matrix->m[r2][c2] - matrix->m[r1][c2] * matrix->m[r2][c1];
}

static double determinant(const struct ss_matrix *matrix) {
    return matrix->m[0][0] * cofactor(matrix, 0, 0) + matrix->m[0][1] * cofactor(matrix, 0, 1) + matrix->m[0][2] * cofactor(matrix, 0, 2);
}

struct ss_matrix ss_invert(const struct ss_matrix *matrix) {
    double scale = determinant(matrix);
    struct ss_matrix inverse = ss_identity;
    if (scale == 0 || !isfinite(1 / scale)) {
        return inverse;
    }
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            inverse.m[row][column] = cofactor(matrix, column, row) / scale;
        }
    }
    for (int row = 0; row < 3; row++) {
        inverse.m[row][3] =
            -(inverse.m[row][0] * matrix->m[0][3] + inverse.m[row][1] * matrix->m[1][3] + inverse.m[row][2] * matrix->m[2][3]);
    }
    return inverse;
}

// ---- Taking apart -----------------------------------------------------------------------------------------------------------------------

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(const double a[3], const double b[3], double result[3]) {
    for (int i = 0; i < 3; i++) {
        result[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
    }
}

static bool normalize(double vector[3]) {
    double length = sqrt(dot(vector, vector));
    for (int i = 0; length > 0 && i < 3; i++) {
        vector[i] /= length;
    }
    return length > 0;
}

static void subtract_part(double vector[3], const double direction[3]) {
    double part = dot(vector, direction);
    for (int i = 0; i < 3; i++) {
        vector[i] -= part * direction[i];
    }
}

// Some direction at a right angle to one that is given.
static void perpendicular(const double to[3], double result[3]) {
    const double axis[3] = {fabs(to[0]) < 0.6, fabs(to[0]) >= 0.6, 0};
    cross(to, axis, result);
    normalize(result);
}

// Three directions at right angles, as near to the columns as can be, also where columns are zeros.
static void straighten(double axes[3][3]) {
    if (!normalize(axes[0])) {
        cross(axes[1], axes[2], axes[0]);
        if (!normalize(axes[0])) {
            bool one = normalize(axes[1]), other = !one && normalize(axes[2]);
            const double x[3] = {0, 0, 1};
            perpendicular(one ? axes[1] : other ? axes[2] : x, axes[0]);
        }
    }
    subtract_part(axes[1], axes[0]);
    if (!normalize(axes[1])) {
        cross(axes[2], axes[0], axes[1]);
        if (!normalize(axes[1])) {
            perpendicular(axes[0], axes[1]);
        }
    }
    cross(axes[0], axes[1], axes[2]);
}

static void quaternion_of(double axes[3][3], double q[4]) {
    double xx = axes[0][0], yy = axes[1][1], zz = axes[2][2];
    const double squares[4] = {1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz};
    int most = 0;
    for (int i = 1; i < 4; i++) {
        most = squares[i] > squares[most] ? i : most;
    }
    // products[i][j] is 4·q[i]·q[j].
    const double wx = axes[1][2] - axes[2][1], wy = axes[2][0] - axes[0][2], wz = axes[0][1] - axes[1][0];
    const double xy = axes[0][1] + axes[1][0], xz = axes[2][0] + axes[0][2], yz = axes[1][2] + axes[2][1];
    const double products[4][4] = {{squares[0], wx, wy, wz}, {wx, squares[1], xy, xz}, {wy, xy, squares[2], yz}, {wz, xz, yz, squares[3]}};
    memcpy(q, products[most], 4 * sizeof *q);
    ss_quaternion_normalize(q);
}

bool ss_decompose(const struct ss_matrix *matrix, struct ss_placement *placement) {
    double columns[3][3], axes[3][3];
    for (int i = 0; i < 3; i++) {
        placement->location[i] = matrix->m[i][3];
        for (int row = 0; row < 3; row++) {
            columns[i][row] = axes[i][row] = matrix->m[row][i];
        }
    }
    straighten(axes);
    bool straight = true;
    for (int i = 0; i < 3; i++) {
        double length = sqrt(dot(columns[i], columns[i])), along = dot(columns[i], axes[i]);
        straight = straight && fabs(fabs(along) - length) <= SHEAR_MAX * length;
        placement->scale[i] = along;
    }
    quaternion_of(axes, placement->rotation);
    return straight;
}

// ---- Axes -------------------------------------------------------------------------------------------------------------------------------

// Row and column `i` come from `from[i]`, with its sign.
static struct ss_matrix permute(const struct ss_matrix *matrix, const double sign[4]) {
    static const int from[4] = {0, 2, 1, 3};
    struct ss_matrix result;
    for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
            result.m[row][column] = sign[row] * sign[column] * matrix->m[from[row]][from[column]];
        }
    }
    return result;
}

struct ss_matrix ss_to_y_up(const struct ss_matrix *matrix) {
    return permute(matrix, (const double[4]){1, 1, -1, 1});
}
struct ss_matrix ss_to_z_up(const struct ss_matrix *matrix) {
    return permute(matrix, (const double[4]){1, -1, 1, 1});
}

// ---- Rotations --------------------------------------------------------------------------------------------------------------------------

void ss_quaternion_product(const double a[4], const double b[4], double product[4]) {
    const double result[4] = {
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    };
    memcpy(product, result, sizeof result);
}

void ss_quaternion_normalize(double rotation[4]) {
    double length = sqrt(rotation[0] * rotation[0] + dot(rotation + 1, rotation + 1));
    for (int i = 0; i < 4; i++) {
        rotation[i] = length > 0 ? rotation[i] / length : i == 0;
    }
}

void ss_axis_angle(const double axis_angle[4], double rotation[4]) {
    double length = sqrt(dot(axis_angle + 1, axis_angle + 1));
    rotation[0] = length > 0 ? cos(axis_angle[0] / 2) : 1;
    for (int i = 1; i < 4; i++) {
        rotation[i] = length > 0 ? axis_angle[i] * sin(axis_angle[0] / 2) / length : 0;
    }
}

void ss_euler(const double angles[3], const char order[3], double rotation[4]) {
    const double none[4] = {1, 0, 0, 0};
    memcpy(rotation, none, sizeof none);
    for (int i = 0; i < 3; i++) {
        int axis = order[i] - 'X';
        double turn[4] = {cos(angles[axis] / 2), 0, 0, 0};
        turn[1 + axis] = sin(angles[axis] / 2);
        ss_quaternion_product(turn, rotation, rotation);
    }
}
