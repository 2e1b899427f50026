# SPDX-License-Identifier: GPL-3.0-or-later
"""What this Blender can do, as flags found by looking, so that no other file asks for a version."""

import bpy


def _has(type_name, *names):
    rna = getattr(bpy.types, type_name, None)
    if rna is None:
        return False
    return all(name in rna.bl_rna.properties or name in rna.bl_rna.functions or hasattr(rna, name) for name in names)


def _deprecated(type_name, name):
    """Whether a property is kept for old scripts only."""
    return getattr(getattr(bpy.types, type_name).bl_rna.properties[name], "is_deprecated", False)


# Names of colour spaces that were changed: old → new. The new ones travel.
COLOR_SPACES = {
    "Linear": "Linear Rec.709",
    "Linear ACES": "ACES2065-1",
    "Linear ACEScg": "ACEScg",
    "XYZ": "Linear CIE-XYZ D65",
}


class Caps:
    """Flags; each is named for what is possible when it is True."""

    def __init__(self):
        self.session_uid = _has("ID", "session_uid")
        self.tree_interface = _has("NodeTree", "interface")
        self.scene_node_tree = _has("Scene", "node_tree")
        self.light_node_tree = _has("Light", "node_tree")
        self.use_nodes = not _deprecated("Material", "use_nodes")  # whether a tree can be there and unused
        self.surface_render_method = _has("Material", "surface_render_method")  # instead of blend_method
        self.area_radius = _has("AreaLight", "transmission_factor")  # came in the same version
        self.strips = _has("SequenceEditor", "strips")
        self.mesh_attributes_only = _has("Mesh", "attributes") and not _has("Mesh", "use_auto_smooth")
        self.mesh_edits_fire = self.mesh_attributes_only  # Blender 3.4 sends no event for foreach_set and new vertex groups
        self.exact_custom_normals = bpy.app.version >= (5, 0, 0)  # `custom_normal` INT16_2D: no property tells before a mesh has one
        self.bool_idprops = bpy.app.version >= (3, 5, 0)  # idem
        self.window = not bpy.app.background
