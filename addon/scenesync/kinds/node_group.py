# SPDX-License-Identifier: GPL-3.0-or-later
"""Node groups of every type of tree: shader, geometry, compositor, texture."""

from functools import lru_cache

import bpy

from . import Kind, KindError, nodes, rna

LOCAL = frozenset({"show_modifier_manage_panel", "view_center", "active_input", "active_output"})


class NodeGroup(Kind):
    name = "node_group"
    collection = "node_groups"

    def uses(self, ctx, block):
        return nodes.uses(block)

    def read(self, ctx, block):
        fields = {"tree_type": block.bl_idname}
        _settings(type(block)).read(ctx, block, "", fields)
        fields.update(nodes.read_interface(ctx, block))
        fields.update(nodes.read_tree(ctx, block, block))
        return fields

    def read_part(self, ctx, block, names):
        return nodes.read_part(ctx, block, block, names)

    def create(self, ctx, name, fields):
        tree_type = fields.get("tree_type") or "ShaderNodeTree"
        try:
            return ctx.data.node_groups.new(name, tree_type)
        except TypeError:
            raise KindError("tree_type", f"this Blender has no node trees of type {tree_type}", "use the version that made it") from None

    def write(self, ctx, block, fields):
        settings = _settings(type(block))
        for name in settings.names.intersection(fields):
            settings.write(ctx, block, block, name, fields[name], name)
        nodes.write(ctx, block, block, fields)


@lru_cache(maxsize=None)
def _settings(tree_type):
    return rna.Table(tree_type.bl_rna, LOCAL | frozenset(bpy.types.ID.bl_rna.properties.keys()))
