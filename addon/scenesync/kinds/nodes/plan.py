# SPDX-License-Identifier: GPL-3.0-or-later
"""What to read and write of each type of node and socket, looked up in RNA once per type."""

import ast
from functools import lru_cache

import bpy

from .. import rna
from . import structs
from .names import PROPERTIES

BASE = frozenset({"label", "location", "width", "height", "mute", "hide", "use_custom_color", "color", "warning_propagation"})
LOCAL = frozenset({
    "interface", "active_index", "active_item", "active_input_index", "active_item_index", "active_main_index",
    "active_generation_index", "inspection_index", "textbox_state", "ui_shortcut", "has_layers", "has_views", "tile_order",
    "input_whitepoint", "output_whitepoint",  # these follow from temperature and tint
})
# Choices from what is in the node's image; reading them makes Blender complain where it has no layers.
OF_LAYERS = frozenset({"layer", "layer_name", "view"})
UNDEFINED = frozenset({"NodeUndefined", "NodeTreeUndefined", ""})
# Of all nodes these keep a value in an output.
HOLDS_OUTPUT = frozenset(
    f"{prefix}Node{name}" for prefix in ("Shader", "Compositor", "Texture") for name in ("Value", "RGB", "Normal")
)
VALUELESS = frozenset({"NodeReroute"})

PLAIN, ENUM, VECTOR, REFERENCE = range(1, 5)


class Plan:
    """One type of node."""

    def __init__(self, node_type):
        properties = node_type.bl_rna.properties
        common = bpy.types.Node.bl_rna.properties
        hidden = {name for name in common.keys() if properties[name].as_pointer() != common[name].as_pointer()}
        names = PROPERTIES.get(node_type.bl_rna.identifier, {})
        self.hiding = {names[name]: name for name in hidden if name in names}  # {name in fields: name here}
        self.has_name = "name" not in hidden
        self.base = rna.Table(node_type.bl_rna, only=BASE - hidden)
        skip = LOCAL | frozenset(common.keys())
        if "has_layers" in properties:
            skip |= OF_LAYERS
        self.table = rna.Table(node_type.bl_rna, skip)
        own = [prop for prop in properties if prop.identifier not in bpy.types.Node.bl_rna.properties and prop.identifier not in LOCAL]
        self.structs = {
            prop.identifier: prop.fixed_type.identifier
            for prop in own
            if prop.type == "POINTER" and prop.is_readonly and prop.fixed_type.identifier in structs.KINDS
        }
        self.items = [prop.identifier for prop in own if prop.type == "COLLECTION" and _can_grow(prop)]
        self.pairs = "paired_output" in properties


def _can_grow(prop):
    return prop.srna is not None and "new" in prop.srna.functions and "remove" in prop.srna.functions


@lru_cache(maxsize=None)
def of(node_type):
    """The Plan of a node type (a class of bpy.types)."""
    return Plan(node_type)


def name_of(node):
    """The name by which its tree knows it; some nodes have another property of that name."""
    if of(type(node)).has_name:
        return node.name
    return ast.literal_eval(node.path_from_id().removeprefix("nodes[").removesuffix("]"))


def is_lost(tree):
    """Whether a group is only the name of one in a library that is not there: nothing to share."""
    return tree is not None and tree.bl_idname in UNDEFINED


@lru_cache(maxsize=None)
def holds(socket_type):
    """How a type of socket (a class of bpy.types) holds its value, or None when it holds none."""
    prop = socket_type.bl_rna.properties.get("default_value")
    if prop is None:
        return None
    if prop.type == "POINTER":
        return REFERENCE if rna.reference_kind(prop) else None
    if getattr(prop, "is_array", False):
        return VECTOR
    return ENUM if prop.type == "ENUM" else PLAIN


def is_set(output):
    """Whether an output that only passes on what its node computes has a colour or vector all the same, as new nodes of Blender 4 and later do."""
    return holds(type(output)) == VECTOR and any(output.default_value)


def clear(output):
    output.default_value = [0.0] * len(output.default_value)


def value_of(ctx, socket, how):
    """The value of a socket, None when there is nothing to say."""
    if how == REFERENCE:
        return ctx.id_of(socket.default_value)
    value = socket.default_value
    if how == VECTOR:
        return list(value)
    return None if how == ENUM and value == "" else value
