# SPDX-License-Identifier: GPL-3.0-or-later
"""What sockets are called between versions of Blender: one name for one thing, that of the newest version.

Sockets go by their identifier. These differ from it:
- sockets that later versions renamed (RENAMED);
- nodes that had one hidden socket per data type where later versions have one of changing type (TYPED): the one in use has the plain name, the
  hidden ones end in "~" and mean something to versions of the same kind only;
- items that the user adds (zones, capture, menus): counted, as identifiers depend on what was made and removed before;
- sockets of groups, which have the id of their interface item: an identifier is handed out locally.
"""

import re

RENAMED = {
    "ShaderNodeBsdfPrincipled": {
        "Subsurface": "Subsurface Weight",
        "Specular": "Specular IOR Level",
        "Transmission": "Transmission Weight",
        "Sheen": "Sheen Weight",
        "Clearcoat": "Coat Weight",
        "Clearcoat Roughness": "Coat Roughness",
        "Clearcoat Normal": "Coat Normal",
        "Emission": "Emission Color",
    },
    "CompositorNodeLensdist": {"Distort": "Distortion"},
    "CompositorNodeCryptomatte": {"image": "Image"},
    "CompositorNodeRGB": {},
    "CompositorNodeRotate": {"Degr": "Angle"},
    "CompositorNodeLevels": {},
    "CompositorNodeAlphaOver": {"Image": "Background", "Image_001": "Foreground"},
    "CompositorNodeZcombine": {"Image": "A", "Z": "Depth A", "Image_001": "B", "Z_001": "Depth B"},
    "GeometryNodeCollectionInfo": {},
    "CompositorNodeBlur": {},
}
RENAMED_OUTPUTS = {
    "CompositorNodeZcombine": {"Image": "Result", "Z": "Depth"},
    "CompositorNodeRGB": {"RGBA": "Color"},
    "CompositorNodeLevels": {"Std Dev": "Standard Deviation"},
    "GeometryNodeCollectionInfo": {"Geometry": "Instances"},
}
# What was a number and is a colour or a vector now has another meaning, so it keeps a name of its own.
NUMBERS = {
    "ShaderNodeBsdfPrincipled": {"Specular Tint": "Specular Tint Factor", "Sheen Tint": "Sheen Tint Factor"},
    "CompositorNodeBlur": {"Size": "Size Factor"},
}
# Properties of a node that hide one that every node has; later versions call them differently.
PROPERTIES = {
    "CompositorNodeBoxMask": {"width": "mask_width", "height": "mask_height"},
    "CompositorNodeEllipseMask": {"width": "mask_width", "height": "mask_height"},
    "FunctionNodeInputColor": {"color": "value"},
    "FunctionNodeRotateEuler": {"type": "rotation_type"},
    "ShaderNodeOutputAOV": {"name": "aov_name"},
}

# Types that later versions make another one of.
STANDS_IN = {"ShaderNodeBsdfGlossy": "ShaderNodeBsdfAnisotropic"}

# Per node: what of an identifier tells the data type.
_NUMBERED = re.compile(r"_\d{3}$")
_WORD = re.compile(r"[ _](Vector|Float|Color|Bool|Int|Quaternion|Transform)$")
_COMPARE = re.compile(r"_(INT|VEC3|COL|STR)$")
TYPED = {
    "GeometryNodeSwitch": _NUMBERED,
    "GeometryNodeRaycast": _NUMBERED,
    "GeometryNodeAttributeStatistic": _NUMBERED,
    "GeometryNodeViewer": _NUMBERED,
    "FunctionNodeRandomValue": _NUMBERED,
    "FunctionNodeCompare": _COMPARE,
    "GeometryNodeAccumulateField": _WORD,
    "GeometryNodeFieldAtIndex": _WORD,
    "GeometryNodeFieldOnDomain": _WORD,
    "GeometryNodeInputNamedAttribute": _WORD,
    "GeometryNodeSampleCurve": _WORD,
    "GeometryNodeSampleIndex": _WORD,
    "GeometryNodeSampleNearestSurface": _WORD,
    "GeometryNodeSampleUVSurface": _WORD,
    "GeometryNodeStoreNamedAttribute": _WORD,
}
_ITEM = re.compile(r"^(.+)_\d+$")
EXTENSION = "__extend__"
GROUP_ENDS = frozenset({"NodeGroupInput", "NodeGroupOutput"})


class Naming:
    """Names of the sockets of one tree's nodes. `groups(tree)` gives {identifier: interface id} of a group."""

    def __init__(self, tree, groups):
        self.tree = tree
        self.groups = groups
        self.with_items = {}

    def sockets(self, node, outputs=False):
        """[(name, socket)] of the inputs or outputs of a node."""
        sockets = node.outputs if outputs else node.inputs
        node_type = node.bl_idname
        of_group = self.of_group(node, node_type)
        if of_group is not None:
            named = ((of_group.get(socket.identifier), socket) for socket in sockets)
            return [(name, socket) for name, socket in named if name is not None]
        if node_type in TYPED:
            return _typed(TYPED[node_type], sockets)
        if self._has_items(node, node_type):
            return _counted(sockets)
        if node_type not in RENAMED:
            return [(socket.identifier, socket) for socket in sockets]
        renamed = (RENAMED_OUTPUTS if outputs else RENAMED).get(node_type, {})
        numbers = NUMBERS.get(node_type, {})
        return [(_renamed(socket, renamed, numbers), socket) for socket in sockets]

    def differs(self, node, node_type):
        """Whether names and identifiers of this node's sockets can differ."""
        return (
            node_type in RENAMED or node_type in TYPED or self._has_items(node, node_type)
            or self.of_group(node, node_type) is not None
        )

    def by_type(self, node, node_type):
        """Whether a node has the sockets that its type has, and no others."""
        return not self._has_items(node, node_type) and self.of_group(node, node_type) is None and not node_type.endswith("Group")

    def of_group(self, node, node_type):
        """{identifier: interface id} where the sockets are those of a group, else None."""
        if node_type in GROUP_ENDS:
            return self.groups(self.tree)
        group = getattr(node, "node_tree", None) if node_type.endswith("Group") else None
        return None if group is None else self.groups(group)

    def _has_items(self, node, node_type):
        """Whether the user adds sockets to nodes of this type: then there is one to drag links to."""
        found = self.with_items.get(node_type)
        if found is None:
            found = any(socket.identifier.startswith(EXTENSION) for side in (node.inputs, node.outputs) for socket in side)
            self.with_items[node_type] = found
        return found


def _renamed(socket, renamed, numbers):
    identifier = socket.identifier
    if identifier in numbers and socket.type == "VALUE":
        return numbers[identifier]
    return renamed.get(identifier, identifier)


def _typed(pattern, sockets):
    return [
        (socket.identifier + "~" if socket.is_unavailable else pattern.sub("", socket.identifier), socket) for socket in sockets
    ]


def _counted(sockets):
    counts = {}
    named = []
    for socket in sockets:
        identifier = socket.identifier
        match = _ITEM.match(identifier)
        if match:
            stem = match.group(1)
            counts[stem] = counts.get(stem, -1) + 1
            named.append((f"{stem}#{counts[stem]}", socket))
        elif not identifier.startswith(EXTENSION):
            named.append((identifier, socket))
    return named
