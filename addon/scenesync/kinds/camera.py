# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras: lens, sensor, clipping, depth of field, background images and what the viewport shows of them."""

from . import Kind, rna
from .values import read_attributes, write_attributes

ATTRIBUTES = (
    "type",
    "lens",
    "lens_unit",
    "sensor_fit",
    "sensor_width",
    "sensor_height",
    "shift_x",
    "shift_y",
    "clip_start",
    "clip_end",
    "ortho_scale",
    "panorama_type",
    "fisheye_fov",
    "fisheye_lens",
    "fisheye_polynomial_k0",
    "fisheye_polynomial_k1",
    "fisheye_polynomial_k2",
    "fisheye_polynomial_k3",
    "fisheye_polynomial_k4",
    "latitude_min",
    "latitude_max",
    "longitude_min",
    "longitude_max",
    "central_cylindrical_range_u_min",
    "central_cylindrical_range_u_max",
    "central_cylindrical_range_v_min",
    "central_cylindrical_range_v_max",
    "central_cylindrical_radius",
    "display_size",
    "passepartout_alpha",
    "show_passepartout",
    "show_limits",
    "show_mist",
    "show_name",
    "show_sensor",
    "show_safe_areas",
    "show_safe_center",
    "show_background_images",
    "show_composition_center",
    "show_composition_center_diagonal",
    "show_composition_thirds",
    "show_composition_golden",
    "show_composition_golden_tria_a",
    "show_composition_golden_tria_b",
    "show_composition_harmony_tri_a",
    "show_composition_harmony_tri_b",
)
DOF = (
    "use_dof",
    "focus_subtarget",
    "focus_distance",
    "aperture_fstop",
    "aperture_blades",
    "aperture_rotation",
    "aperture_ratio",
)
STEREO = (
    "convergence_mode",
    "convergence_distance",
    "interocular_distance",
    "pivot",
    "use_spherical_stereo",
    "use_pole_merge",
    "pole_merge_angle_from",
    "pole_merge_angle_to",
)
PARTS = (("dof/", "dof", DOF), ("stereo/", "stereo", STEREO))
BACKGROUNDS = "background/"
LOCAL = frozenset({"show_expanded"})


class Camera(Kind):
    name = "camera"
    collection = "cameras"
    live = frozenset({"lens", "shift_x", "shift_y", "ortho_scale", "dof/focus_distance", "dof/aperture_fstop"})

    def uses(self, ctx, block):
        yield block.dof.focus_object
        for background in block.background_images:
            yield background.image
            yield background.clip

    def read(self, ctx, block):
        fields = read_attributes(block, ATTRIBUTES)
        for prefix, part, names in PARTS:
            fields.update({prefix + name: value for name, value in read_attributes(getattr(block, part), names).items()})
        focus = ctx.id_of(block.dof.focus_object)
        if focus is not None:
            fields["dof/focus_object"] = focus
        self._read_backgrounds(ctx, block, fields)
        return fields

    def write(self, ctx, block, fields):
        write_attributes(block, ATTRIBUTES, fields)
        for prefix, part, names in PARTS:
            given = {field[len(prefix):]: value for field, value in fields.items() if field.startswith(prefix)}
            write_attributes(getattr(block, part), names, given)
        if "dof/focus_object" in fields:
            rna.write_reference(ctx, block, block.dof, "focus_object", fields["dof/focus_object"], "dof/focus_object", "object")
        self._write_backgrounds(ctx, block, fields)

    # ---- background images: nothing names them, so they go by their place

    def _read_backgrounds(self, ctx, block, fields):
        for place, background in enumerate(block.background_images):
            path = f"{BACKGROUNDS}{place}"
            fields[path] = True
            rna.table(type(background), LOCAL).read(ctx, background, path + "/", fields)

    def _write_backgrounds(self, ctx, block, fields):
        backgrounds = block.background_images
        given = {field: value for field, value in fields.items() if field.startswith(BACKGROUNDS)}
        there = {int(field[len(BACKGROUNDS):]): value for field, value in given.items() if field.count("/") == 1}
        while len(backgrounds) and there.get(len(backgrounds) - 1, True) is None:
            backgrounds.remove(backgrounds[len(backgrounds) - 1])
        while there.get(len(backgrounds)):
            backgrounds.new()
        for field, value in given.items():
            place, _, name = field[len(BACKGROUNDS):].partition("/")
            if name and int(place) < len(backgrounds):
                background = backgrounds[int(place)]
                rna.table(type(background), LOCAL).write(ctx, block, background, name, value, field)
