# SPDX-License-Identifier: GPL-3.0-or-later
"""Node trees inside of materials, worlds and lights."""

from hashlib import sha256

from . import nodes


class Embedded:
    """For kinds whose datablocks have a `node_tree` of their own and `use_nodes`."""

    def read_tree(self, ctx, block, fields):
        if ctx.caps.use_nodes:
            fields["use_nodes"] = block.use_nodes
        elif block.node_tree is not None and not block.node_tree.nodes:
            fields["use_nodes"] = True
        if block.node_tree is not None:
            fields.update(nodes.read_tree(ctx, block, block.node_tree))

    def read_part(self, ctx, block, names):
        return nodes.read_part(ctx, block, block.node_tree, names)

    def prepare_tree(self, ctx, block, fields):
        """Of a new datablock: a tree where there shall be one, empty when its nodes are known or it has none, else the one that Blender makes."""
        known = nodes.concerns(fields)
        if ctx.caps.use_nodes and (known or fields.get("use_nodes", self.nodes_by_default)):
            block.use_nodes = True
        bare = fields.get("use_nodes") is True and not known and self.instead_of_nodes.isdisjoint(fields)
        if block.node_tree is not None and (bare or has_nodes(fields)):
            block.node_tree.nodes.clear()

    nodes_by_default = False
    instead_of_nodes = frozenset()  # fields by which a tool without nodes says what Blender's own shall hold

    def write_tree(self, ctx, block, fields):
        if ctx.caps.use_nodes and block.node_tree is None and (fields.get("use_nodes") or nodes.concerns(fields)):
            self._start_tree(block, fields)
        if block.node_tree is not None:
            name_default_nodes(ctx, block)
            nodes.write(ctx, block, block.node_tree, fields)
        if ctx.caps.use_nodes and isinstance(fields.get("use_nodes"), bool) and block.use_nodes != fields["use_nodes"]:
            block.use_nodes = fields["use_nodes"]

    def _start_tree(self, block, fields):
        """Give a tree to a datablock that had none."""
        used = block.use_nodes
        block.use_nodes = True
        if has_nodes(fields):
            block.node_tree.nodes.clear()
        block.use_nodes = used


def has_nodes(fields):
    """Whether these fields say which nodes there are, and not just what is in them."""
    return any(field.startswith("nodes/") and field.count("/") == 1 for field in fields)


def name_default_nodes(ctx, block):
    """The nodes that Blender made by itself for an entity without any have the same ids everywhere."""
    if ctx.has_members(block, "nodes"):
        return
    for node in block.node_tree.nodes:
        text = ctx.id_of(block).hex() + node.bl_idname
        ctx.bind_member(block, "nodes", node.name, sha256(text.encode()).hexdigest()[:8])
