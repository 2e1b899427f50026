// SPDX-License-Identifier: Apache-2.0
// Numbers that both directions share.
#ifndef SS_GLTF_UNITS_H
#define SS_GLTF_UNITS_H

static const double SS_PI = 3.14159265358979323846;

// KHR_lights_punctual is in lumens, Blender in watts. The luminous efficacy of green light (555 nm), as Blender's own exporter and importer take it.
static const double SS_LUMENS_PER_WATT = 683;

#endif
