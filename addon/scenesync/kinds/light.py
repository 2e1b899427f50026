# SPDX-License-Identifier: GPL-3.0-or-later
"""Lights: point, sun, spot and area, with their node tree where they have one."""

from . import Kind, nodes
from .embedded import Embedded
from .values import read_attributes, write_attributes

OF_SOME_TYPES = (
    "shadow_soft_size",
    "use_absolute_resolution",
    "shadow_cascade_count",
    "shadow_cascade_exponent",
    "shadow_cascade_fade",
    "shadow_cascade_max_distance",
    "use_soft_falloff",
    "angle",
    "spot_size",
    "spot_blend",
    "use_square",
    "show_cone",
    "shape",
    "size",
    "size_y",
    "spread",
)
ATTRIBUTES = (
    "color",
    "energy",
    "exposure",
    "normalize",
    "temperature",
    "use_temperature",
    "diffuse_factor",
    "specular_factor",
    "transmission_factor",
    "volume_factor",
    "use_custom_distance",
    "cutoff_distance",
    "use_shadow",
    "shadow_buffer_clip_start",
    "shadow_buffer_bias",
    "shadow_color",
    "shadow_filter_radius",
    "shadow_maximum_resolution",
    "use_shadow_jitter",
    "shadow_jitter_overblur",
    "use_contact_shadow",
    "contact_shadow_distance",
    "contact_shadow_bias",
    "contact_shadow_thickness",
    *OF_SOME_TYPES,
)
TYPES = ("POINT", "SUN", "SPOT", "AREA")


class Light(Embedded, Kind):
    name = "light"
    collection = "lights"
    live = frozenset({"color", "energy", "shadow_soft_size", "angle", "spot_size", "spot_blend", "size", "size_y", "spread"})

    def uses(self, ctx, block):
        return nodes.uses(block.node_tree)

    def read(self, ctx, block):
        block = block.type_recast()
        fields = read_attributes(block, attributes(ctx, block))
        fields["type"] = block.type
        self.read_tree(ctx, block, fields)
        return fields

    def decided_by(self, name, changes):
        """What not all types have comes and goes with the type."""
        return "type" if "type" in changes and name in OF_SOME_TYPES else super().decided_by(name, changes)

    def create(self, ctx, name, fields):
        kind = fields.get("type")
        block = ctx.data.lights.new(name, kind if kind in TYPES else "POINT")
        self.prepare_tree(ctx, block, fields)
        return block

    def write(self, ctx, block, fields):
        if fields.get("type") in TYPES and block.type != fields["type"]:
            block.type = fields["type"]
        block = block.type_recast()  # each type of light has attributes of its own
        write_attributes(block, attributes(ctx, block), fields)
        self.write_tree(ctx, block, fields)


def attributes(ctx, block):
    """Before area lights had a radius, it was another word for their size."""
    if block.type != "AREA" or ctx.caps.area_radius:
        return ATTRIBUTES
    return [name for name in ATTRIBUTES if name != "shadow_soft_size"]
