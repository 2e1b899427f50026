# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials: the node tree, the settings of all engines, and a neutral summary for tools that have no nodes (summary.py)."""

from . import Kind, nodes, rna, summary
from .embedded import Embedded
from .values import read_attributes, write_attributes

ATTRIBUTES = (
    "surface_render_method",
    "displacement_method",
    "shadow_method",
    "alpha_threshold",
    "show_transparent_back",
    "use_transparency_overlap",
    "use_backface_culling",
    "use_backface_culling_shadow",
    "use_backface_culling_lightprobe_volume",
    "use_transparent_shadow",
    "use_raytrace_refraction",
    "use_screen_refraction",
    "use_sss_translucency",
    "refraction_depth",
    "thickness_mode",
    "use_thickness_from_shadow",
    "volume_intersection_method",
    "max_vertex_displacement",
    "preview_render_type",
    "use_preview_world",
    "pass_index",
    "line_color",
    "line_priority",
)
# What the viewport shows; in the summary's names these would be mistaken for the surface.
DISPLAY = ("diffuse_color", "specular_color", "specular_intensity", "metallic", "roughness")
LINE_ART = (
    "use_material_mask",
    "use_material_mask_bits",
    "mat_occlusion",
    "intersection_priority",
    "use_intersection_priority_override",
)
PARTS = (("display/", None, DISPLAY), ("lineart/", "lineart", LINE_ART))
STROKES = "grease_pencil/"
STROKES_LOCAL = frozenset({"lock", "ghost"})


class Material(Embedded, Kind):
    name = "material"
    collection = "materials"
    nodes_by_default = True
    instead_of_nodes = summary.NAMES
    live = frozenset({"base_color", "metallic", "roughness", "emission", "emission_strength", "alpha", "ior", "normal_strength"})

    def uses(self, ctx, block):
        yield from nodes.uses(block.node_tree)
        if block.grease_pencil is not None:
            yield block.grease_pencil.stroke_image
            yield block.grease_pencil.fill_image

    def read(self, ctx, block):
        fields = read_attributes(block, ATTRIBUTES)
        if not ctx.caps.surface_render_method:
            fields["blend_method"] = block.blend_method
        for prefix, part, names in PARTS:
            holder = getattr(block, part) if part else block
            fields.update({prefix + name: value for name, value in read_attributes(holder, names).items()})
        if block.grease_pencil is not None:
            rna.table(type(block.grease_pencil), STROKES_LOCAL).read(ctx, block.grease_pencil, STROKES, fields)
        self.read_tree(ctx, block, fields)
        fields.update(summary.read(ctx, block))
        return fields

    def read_part(self, ctx, block, names):
        part = super().read_part(ctx, block, [name for name in names if name not in summary.NAMES])
        if part is None:
            return None
        prefixes, fields = part
        fields.update(summary.read(ctx, block))
        return prefixes, {**dict.fromkeys(summary.NAMES), **fields}

    def create(self, ctx, name, fields):
        block = super().create(ctx, name, fields)
        if any(field.startswith(STROKES) for field in fields):
            ctx.data.materials.create_gpencil_data(block)
        self.prepare_tree(ctx, block, fields)
        return block

    def write(self, ctx, block, fields):
        write_attributes(block, ATTRIBUTES, fields)
        self._write_blending(ctx, block, fields)
        for prefix, part, names in PARTS:
            given = {field[len(prefix):]: value for field, value in fields.items() if field.startswith(prefix)}
            write_attributes(getattr(block, part) if part else block, names, given)
        self._write_strokes(ctx, block, fields)
        self.write_tree(ctx, block, fields)
        if not nodes.concerns(fields):  # who has nodes says so there
            summary.write(ctx, block, fields)

    def _write_blending(self, ctx, block, fields):
        """What versions with more ways to blend say, where this Blender has two."""
        method = fields.get("blend_method")
        if not ctx.caps.surface_render_method:
            write_attributes(block, ("blend_method",), fields)
        elif method is not None and "surface_render_method" not in fields:
            rna.put(block, "surface_render_method", "BLENDED" if method == "BLEND" else "DITHERED")

    def _write_strokes(self, ctx, block, fields):
        given = [field for field in fields if field.startswith(STROKES)]
        if not given:
            return
        if block.grease_pencil is None:
            ctx.data.materials.create_gpencil_data(block)
        table = rna.table(type(block.grease_pencil), STROKES_LOCAL)
        for field in given:
            table.write(ctx, block, block.grease_pencil, field[len(STROKES):], fields[field], field)
