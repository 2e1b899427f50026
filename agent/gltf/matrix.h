// SPDX-License-Identifier: Apache-2.0
// Affine matrices, and how they change between Blender's axes (Z up) and glTF's (Y up).
#ifndef SS_GLTF_MATRIX_H
#define SS_GLTF_MATRIX_H

#include <stdbool.h>

struct ss_matrix {
    double m[4][4]; // rows
};

// ss_placement is a translation, a rotation (unit quaternion w, x, y, z) and a scale, applied from the last to the first.
struct ss_placement {
    double location[3];
    double rotation[4];
    double scale[3];
};

extern const struct ss_matrix ss_identity;

// ss_lens turns what looks along -Y with Z up (an object of glTF) to -Z with Y up (a camera or a light of either); ss_unlens is its inverse.
extern const struct ss_matrix ss_lens, ss_unlens;

struct ss_matrix ss_multiply(const struct ss_matrix *a, const struct ss_matrix *b);
struct ss_matrix ss_compose(const struct ss_placement *placement);
struct ss_matrix ss_translation(double x, double y, double z);

// ss_invert inverts an affine matrix; one that cannot be inverted gives the identity.
struct ss_matrix ss_invert(const struct ss_matrix *matrix);

// ss_decompose finds the placement of a matrix. Returns false when it is sheared: the placement is then as near as can be.
bool ss_decompose(const struct ss_matrix *matrix, struct ss_placement *placement);

// ss_to_y_up and ss_to_z_up give the matrix that does the same in the other axes.
struct ss_matrix ss_to_y_up(const struct ss_matrix *matrix);
struct ss_matrix ss_to_z_up(const struct ss_matrix *matrix);

// ss_euler turns angles in one of Blender's orders into a quaternion: "XYZ" turns about x first. ss_axis_angle: angle, then the axis.
void ss_euler(const double angles[3], const char order[3], double rotation[4]);
void ss_axis_angle(const double axis_angle[4], double rotation[4]);

// ss_quaternion_product: a after b. ss_quaternion_normalize makes zeros the identity.
void ss_quaternion_product(const double a[4], const double b[4], double product[4]);
void ss_quaternion_normalize(double rotation[4]);

#endif
