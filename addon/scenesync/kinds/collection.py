# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections. Which objects they hold is a field of the object; which collections they are in is a field of the collection within."""

from . import Kind
from .object import _hex
from .values import read_attributes, write_attributes

ATTRIBUTES = ("hide_render", "hide_viewport", "hide_select", "color_tag", "instance_offset", "lineart_usage", "lineart_use_intersection_mask")
PARENTS = "parents/"


class Collection(Kind):
    name = "collection"
    collection = "collections"

    def uses(self, ctx, block):
        yield from block.children
        yield from block.objects

    def read(self, ctx, block):
        fields = read_attributes(block, ATTRIBUTES)
        fields.update(self.read_links(ctx, block))
        return fields

    def read_links(self, ctx, block):
        return {PARENTS + parent.hex(): True for parent in ctx.parents_of_collection(block)}

    def write(self, ctx, block, fields):
        write_attributes(block, ATTRIBUTES, fields)
        for field, value in fields.items():
            if field.startswith(PARENTS):
                self._write_parent(ctx, block, field, value)

    def _write_parent(self, ctx, block, field, value):
        uuid = _hex(field, PARENTS)
        parent = ctx.collection_block(uuid)
        if parent is None:
            if value:
                ctx.want(uuid, block, field)
            return
        ctx.set_collection_parent(block, parent, uuid, bool(value))
