// SPDX-License-Identifier: Apache-2.0
// Scenes as glTF 2.0 files, for programs that are not in the scene.
#ifndef SS_GLTF_GLTF_H
#define SS_GLTF_GLTF_H

#include "cli/command.h"

extern const struct ss_command ss_command_export, ss_command_import;

#endif
