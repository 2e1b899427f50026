# SPDX-License-Identifier: GPL-3.0-or-later
"""Node trees at the granularity of sockets, for every kind that has one: materials, worlds, lights and node groups.

    fields.update(nodes.read_tree(ctx, block, tree))
    nodes.write(ctx, block, tree, fields)
"""

import bpy

from . import plan
from .interface import read_interface, write_interface
from .read import read_nodes, read_tree, touched
from .write import split, write_tree

__all__ = ("concerns", "read_interface", "read_part", "read_tree", "uses", "write")
PREFIXES = ("nodes/", "links/", "interface/")


def write(ctx, block, tree, fields):
    """Apply those of `fields` that are a tree's."""
    changed_nodes, changed_links, items = split(fields)
    if items:
        write_interface(ctx, tree, items)
    if changed_nodes or changed_links:
        write_tree(ctx, block, tree, changed_nodes, changed_links)


def read_part(ctx, block, tree, names):
    """Kind.read_part for fields that are all a tree's."""
    members = touched(names) if tree is not None else None
    if not members:
        return None
    return tuple(f"nodes/{member}/" for member in members), read_nodes(ctx, block, tree, members)


def concerns(fields):
    """Whether any of these fields is a tree's."""
    return any(field.startswith(PREFIXES) for field in fields)


def uses(tree):
    """The datablocks that the nodes of a tree point to."""
    if tree is None:
        return
    for node in tree.nodes:
        yield from (block for block in plan.of(type(node)).table.used(node) if not plan.is_lost(_tree(block)))
        for socket in node.inputs:
            if plan.holds(type(socket)) == plan.REFERENCE:
                yield socket.default_value


def _tree(block):
    return block if isinstance(block, bpy.types.NodeTree) else None
