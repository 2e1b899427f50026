# SPDX-License-Identifier: Apache-2.0
"""Cameras, inside Blender."""

import random

import bpy
import harness
import node_material as made

# The angle follows from lens and sensor; scripts and what the viewport selects stay local.
LOCAL = {"name", "use_fake_user", "tag", "is_runtime_data", "use_extra_user", "angle", "angle_x", "angle_y", "lens_unit"}


def case_all_settings():
    ctx = harness.context()
    for index in range(3):
        camera = bpy.data.cameras.new("Camera")
        made.change_all(camera, random.Random(index), LOCAL)
        made.change_all(camera.dof, random.Random(index), set())
        made.change_all(camera.stereo, random.Random(index), set())
        copied = made.assert_copies(ctx, "camera", camera, bytes([index]) * 16)
        for name in ("type", "lens", "sensor_fit", "sensor_width", "shift_x", "clip_start", "clip_end", "ortho_scale", "passepartout_alpha"):
            made.assert_same(camera, copied, name)
        for name in ("use_dof", "focus_distance", "aperture_fstop", "aperture_blades"):
            made.assert_same(camera.dof, copied.dof, name)


def case_focus_object():
    ctx = harness.context()
    target = bpy.data.objects.new("Target", None)
    camera = bpy.data.cameras.new("Camera")
    camera.dof.focus_object = target
    fields = harness.read(ctx, "camera", camera)
    assert fields["dof/focus_object"] == ctx.id_of(target) and list(ctx.kinds["camera"].uses(ctx, camera))[0] == target
    copied = made.assert_copies(ctx, "camera", camera)
    assert copied.dof.focus_object == target
    harness.write(ctx, "camera", copied, {"dof/focus_object": None})
    assert copied.dof.focus_object is None


def case_focus_object_comes_later():
    ctx = harness.context()
    camera = bpy.data.cameras.new("Camera")
    ctx.id_of(camera)
    harness.write(ctx, "camera", camera, {"dof/focus_object": b"o" * 16})
    assert camera.dof.focus_object is None and b"o" * 16 in ctx.wanted


def case_background_images():
    ctx = harness.context()
    image = bpy.data.images.new("Plate", 4, 4)
    ctx.identity.bind("image", image, b"i" * 16)
    camera = bpy.data.cameras.new("Camera")
    for alpha in (0.25, 0.75):
        background = camera.background_images.new()
        background.image, background.alpha, background.offset = image, alpha, (0.5, -0.25)
    camera.show_background_images = True
    copied = made.assert_copies(ctx, "camera", camera)
    assert [(each.alpha, tuple(each.offset)) for each in copied.background_images] == [(0.25, (0.5, -0.25)), (0.75, (0.5, -0.25))]
    last = [field for field in harness.read(ctx, "camera", camera) if field.startswith("background/1")]
    harness.write(ctx, "camera", copied, {field: None for field in last})
    assert [each.alpha for each in copied.background_images] == [0.25]
