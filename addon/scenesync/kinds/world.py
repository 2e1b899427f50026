# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds: surroundings as a node tree, with colour, mist and the settings of both engines."""

from . import Kind, nodes
from .embedded import Embedded
from .values import read_attributes, write_attributes

ATTRIBUTES = (
    "color",
    "lightgroup",
    "probe_resolution",
    "sun_threshold",
    "sun_angle",
    "use_sun_shadow",
    "sun_shadow_filter_radius",
    "sun_shadow_maximum_resolution",
    "use_sun_shadow_jitter",
    "sun_shadow_jitter_overblur",
    "use_eevee_finite_volume",
)
MIST = ("use_mist", "intensity", "start", "depth", "height", "falloff")
AMBIENT = ("use_ambient_occlusion", "ao_factor", "distance")
PARTS = (("mist/", "mist_settings", MIST), ("ambient/", "light_settings", AMBIENT))


class World(Embedded, Kind):
    name = "world"
    collection = "worlds"
    live = frozenset({"color", "mist/start", "mist/depth", "mist/intensity"})

    def uses(self, ctx, block):
        return nodes.uses(block.node_tree)

    def read(self, ctx, block):
        fields = read_attributes(block, ATTRIBUTES)
        for prefix, part, names in PARTS:
            fields.update({prefix + name: value for name, value in read_attributes(getattr(block, part), names).items()})
        self.read_tree(ctx, block, fields)
        return fields

    def create(self, ctx, name, fields):
        block = super().create(ctx, name, fields)
        self.prepare_tree(ctx, block, fields)
        return block

    def write(self, ctx, block, fields):
        write_attributes(block, ATTRIBUTES, fields)
        for prefix, part, names in PARTS:
            given = {field[len(prefix):]: value for field, value in fields.items() if field.startswith(prefix)}
            write_attributes(getattr(block, part), names, given)
        self.write_tree(ctx, block, fields)
