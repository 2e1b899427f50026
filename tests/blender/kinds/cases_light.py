# SPDX-License-Identifier: Apache-2.0
"""Lights, inside Blender."""

import random

import bpy
import harness
import node_material as made

TYPES = ("POINT", "SUN", "SPOT", "AREA")
LOCAL = {"name", "use_fake_user", "tag", "use_nodes", "is_runtime_data", "use_extra_user", "type"}
# Falloff of point and spot lights in Blender 3.4, which no renderer of any version uses any more.
GONE = {
    "falloff_type", "linear_attenuation", "quadratic_attenuation", "constant_coefficient", "linear_coefficient",
    "quadratic_coefficient", "distance", "shadow_buffer_size", "shadow_buffer_samples",
}


def case_all_types():
    ctx = harness.context()
    for index, light_type in enumerate(TYPES):
        light = bpy.data.lights.new(light_type, light_type)
        made.change_all(light, random.Random(index), LOCAL)
        copied = made.assert_copies(ctx, "light", light, bytes([index]) * 16)
        for prop in light.bl_rna.properties:
            if not prop.is_readonly and prop.type not in {"POINTER", "COLLECTION"} and prop.identifier not in LOCAL | GONE:
                made.assert_same(light, copied, prop.identifier)


def case_the_type_changes():
    ctx = harness.context()
    light = bpy.data.lights.new("Light", "POINT")
    ctx.id_of(light)
    harness.write(ctx, "light", light, {"type": "AREA", "shape": "RECTANGLE", "size": 2, "size_y": 3.5, "energy": 100})
    light = light.type_recast()
    assert (light.type, light.shape, light.size, light.size_y, light.energy) == ("AREA", "RECTANGLE", 2.0, 3.5, 100.0)
    fields = harness.read(ctx, "light", light)
    assert fields["type"] == "AREA" and fields["size_y"] == 3.5 and "spot_size" not in fields


def case_with_nodes():
    ctx = harness.context()
    light = bpy.data.lights.new("Light", "SPOT")
    light.use_nodes = True
    next(node for node in light.node_tree.nodes if node.bl_idname == "ShaderNodeEmission").inputs["Strength"].default_value = 2.5
    made.assert_copies(ctx, "light", light)


def case_one_field():
    ctx = harness.context()
    light = bpy.data.lights.new("Light", "POINT")
    before = harness.read(ctx, "light", light)
    harness.write(ctx, "light", light, {"color": [1, 0.5, 0.25]})
    after = harness.read(ctx, "light", light)
    assert {field for field in after if after[field] != before[field]} == {"color"} and after["color"] == [1.0, 0.5, 0.25]
