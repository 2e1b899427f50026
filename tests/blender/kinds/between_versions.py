# SPDX-License-Identifier: Apache-2.0
"""Runs inside Blender: makes or remakes materials and node groups, and writes what it reads of them to a file as Python literals.

    blender -b --factory-startup --python between_versions.py -- make OUT
    blender -b --factory-startup --python between_versions.py -- remake IN OUT
"""

import ast
import os
import sys

import bpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

import harness  # noqa: E402
import node_material as made  # noqa: E402


def make():
    """{name: (kind, fields)}: a node of every type, with values that are not the default; lights, a camera, a world."""
    ctx = harness.context()
    types = made.node_types()
    blocks = {}
    for seed, tree_type in enumerate(made.TREES):
        blocks[tree_type] = ("node_group", bpy.data.node_groups.new(tree_type, tree_type))
        made.fill(blocks[tree_type][1], types, seed)
    material = bpy.data.materials.new("Material")
    material.use_nodes = True
    blocks["material"] = ("material", material)
    for light_type in ("POINT", "SUN", "SPOT", "AREA"):
        blocks[light_type] = ("light", bpy.data.lights.new(light_type, light_type))
    blocks["camera"] = ("camera", bpy.data.cameras.new("Camera"))
    blocks["world"] = ("world", bpy.data.worlds.new("World"))
    return {name: (kind, harness.read(ctx, kind, block)) for name, (kind, block) in blocks.items()}


def remake(entities):
    ctx = harness.context()
    found = {}
    for index, (name, (kind, fields)) in enumerate(entities.items()):
        found[name] = (kind, harness.read(ctx, kind, made.copy(ctx, kind, fields, bytes([index]) * 16)))
    return found


def main(action, *files):
    if action == "make":
        entities = make()
    else:
        with open(files[0], encoding="utf-8") as file:
            entities = remake(ast.literal_eval(file.read()))
    with open(files[-1], "w", encoding="utf-8") as file:
        file.write(repr(entities))


if __name__ == "__main__":
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    main(*sys.argv[sys.argv.index("--") + 1:])
    print("done", flush=True)
