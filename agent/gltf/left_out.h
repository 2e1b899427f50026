// SPDX-License-Identifier: Apache-2.0
// What one side cannot say of the other, counted for the end.
#ifndef SS_GLTF_LEFT_OUT_H
#define SS_GLTF_LEFT_OUT_H

#include <stddef.h>

struct ss_left_out;

// ss_left_out_add counts; `what` is a constant text such as "area lights became spots". The first one's name (`size` bytes) is kept.
void ss_left_out_add(struct ss_left_out **list, const char *what, const char *name, size_t size);

// ss_left_out_finish tells it on stderr and frees the list.
void ss_left_out_finish(struct ss_left_out **list);

#endif
