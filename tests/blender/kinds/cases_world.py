# SPDX-License-Identifier: Apache-2.0
"""Worlds, inside Blender."""

import random

import bpy
import harness
import node_material as made

LOCAL = {"name", "use_fake_user", "tag", "use_nodes", "is_runtime_data", "use_extra_user"}


def case_all_settings():
    ctx = harness.context()
    world = bpy.data.worlds.new("World")
    made.change_all(world, random.Random(1), LOCAL)
    made.change_all(world.mist_settings, random.Random(2), set())
    made.change_all(world.light_settings, random.Random(3), set())
    copied = made.assert_copies(ctx, "world", world)
    made.assert_same(world, copied, "color")
    for name in ("use_mist", "start", "depth", "falloff", "height", "intensity"):
        made.assert_same(world.mist_settings, copied.mist_settings, name)


def case_with_nodes():
    ctx = harness.context()
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    background = next(node for node in world.node_tree.nodes if node.bl_idname == "ShaderNodeBackground")
    background.inputs["Strength"].default_value = 0.25
    world.node_tree.links.new(sky.outputs[0], background.inputs["Color"])
    sky.sun_elevation = 0.5
    copied = made.assert_copies(ctx, "world", world)
    assert copied.use_nodes and copied.node_tree.nodes[sky.name].sun_elevation == 0.5


def case_without_nodes():
    ctx = harness.context()
    world = bpy.data.worlds.new("World")
    if ctx.caps.use_nodes:
        copied = made.assert_copies(ctx, "world", world)
        assert copied.node_tree is None and not copied.use_nodes
