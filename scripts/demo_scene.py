# SPDX-License-Identifier: Apache-2.0
"""Make a scene that uses every kind Scenesync shares. Run inside Blender: ``build()`` fills the current scene."""

import math

import bpy
import numpy as np


def _collection(name, parent):
    collection = bpy.data.collections.new(name)
    parent.children.link(collection)
    return collection


def _object(name, data, collection, location=(0, 0, 0), rotation=(0, 0, 0), parent=None):
    thing = bpy.data.objects.new(name, data)
    thing.location = location
    thing.rotation_euler = rotation
    thing.parent = parent
    collection.objects.link(thing)
    return thing


def _checker(name, size=128):
    """A packed image of coloured squares, pixels written by hand."""
    image = bpy.data.images.new(name, size, size)
    y, x = np.mgrid[0:size, 0:size]
    light = ((x // 16 + y // 16) % 2).astype(np.float32)
    pixels = np.ones((size, size, 4), np.float32)
    pixels[..., 0] = 0.9 * light + 0.05
    pixels[..., 1] = 0.45 * light + 0.1
    pixels[..., 2] = 0.15 + 0.4 * (1 - light)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def _glow_group():
    """A node group: one value in, an emission shader out."""
    tree = bpy.data.node_groups.new("Glow", "ShaderNodeTree")
    if hasattr(tree, "interface"):
        tree.interface.new_socket("Strength", in_out="INPUT", socket_type="NodeSocketFloat")
        tree.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    else:
        tree.inputs.new("NodeSocketFloat", "Strength")
        tree.outputs.new("NodeSocketShader", "Shader")
    start, emit, end = (tree.nodes.new(kind) for kind in ("NodeGroupInput", "ShaderNodeEmission", "NodeGroupOutput"))
    emit.inputs["Color"].default_value = (1.0, 0.4, 0.1, 1.0)
    tree.links.new(start.outputs[0], emit.inputs["Strength"])
    tree.links.new(emit.outputs[0], end.inputs[0])
    return tree


def _with_nodes(block):
    if hasattr(block, "use_nodes") and not block.use_nodes:
        block.use_nodes = True
    return block.node_tree


def _materials():
    painted = bpy.data.materials.new("Painted")
    tree = _with_nodes(painted)
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = _checker("Squares")
    texture.location = (-400, 200)
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.35

    metal = bpy.data.materials.new("Metal")
    shader = next(node for node in _with_nodes(metal).nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.55, 0.6, 0.7, 1)
    shader.inputs["Metallic"].default_value = 1
    shader.inputs["Roughness"].default_value = 0.2

    lamp = bpy.data.materials.new("Lamp")
    tree = _with_nodes(lamp)
    output = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
    group = tree.nodes.new("ShaderNodeGroup")
    group.node_tree = _glow_group()
    group.inputs[0].default_value = 4
    tree.links.new(group.outputs[0], output.inputs["Surface"])
    return painted, metal, lamp


def _grid_mesh(name, cells=24):
    """A wavy grid with UVs, a colour attribute, a vertex group later, and a shape key later."""
    n = cells + 1
    y, x = np.mgrid[0:n, 0:n] / cells - 0.5
    z = 0.06 * np.sin(9 * x) * np.cos(9 * y)
    corner = np.arange(cells * n).reshape(cells, n)[:, :-1].ravel()
    faces = np.stack([corner, corner + 1, corner + n + 1, corner + n], axis=1)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata((np.stack([x, y, z], -1).reshape(-1, 3) * 8).tolist(), [], faces.tolist())
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    flat = np.stack([x, y], -1).reshape(-1, 2) + 0.5
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", flat[corners].astype(np.float32).ravel())
    colours = np.ones((n * n, 4), np.float32)
    colours[:, :2] = flat
    mesh.color_attributes.new("Tint", "FLOAT_COLOR", "POINT").data.foreach_set("color", colours.ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    return mesh


def _cube_mesh(name):
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], faces)
    return mesh


def _lights(collection):
    for index, kind in enumerate(("POINT", "SUN", "SPOT", "AREA")):
        light = bpy.data.lights.new(kind.title(), kind)
        light.energy = {"SUN": 2}.get(kind, 300)
        light.color = (1, 0.9 - 0.15 * index, 0.8 - 0.2 * index)
        _object(kind.title(), light, collection, (-4 + 2.5 * index, -3, 4), (0.4, 0.2, 0))


def _mask():
    mask = bpy.data.masks.new("Outline")
    layer = mask.layers.new(name="Shape")
    spline = layer.splines.new()
    spline.points.add(3)
    for point, co in zip(spline.points, ((0.2, 0.2), (0.8, 0.25), (0.75, 0.8), (0.25, 0.7))):
        point.co = co
        point.handle_left = (co[0] - 0.05, co[1])
        point.handle_right = (co[0] + 0.05, co[1])
    spline.use_cyclic = True
    layer.alpha = 0.8


def _world(scene):
    world = bpy.data.worlds.new("Dusk")
    background = next(node for node in _with_nodes(world).nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.04, 0.05, 0.09, 1)
    scene.world = world


def build():
    """Empty the current scene and fill it: meshes, materials, lights, cameras, images, a mask, a world, nested collections."""
    scene = bpy.context.scene
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    for collection in list(bpy.data.collections):
        bpy.data.collections.remove(collection)
    stage = _collection("Stage", scene.collection)
    props = _collection("Props", stage)
    lights = _collection("Lights", stage)
    painted, metal, lamp = _materials()

    floor = _object("Floor", _grid_mesh("Floor"), stage)
    floor.data.materials.append(painted)
    hills = floor.vertex_groups.new(name="Hills")
    hills.add(list(range(0, len(floor.data.vertices), 3)), 0.5, "REPLACE")
    floor.shape_key_add(name="Basis")
    raised = floor.shape_key_add(name="Raised")
    for point in raised.data[:50]:
        point.co.z += 0.5
    raised.value = 0.25

    cube = _object("Cube", _cube_mesh("Cube"), props, (0, 0, 1.2), (0, 0, math.radians(30)))
    cube.data.materials.append(metal)
    cube["maker"] = "Scenesync"
    cube["rating"] = 4.5
    ball = _object("Beacon", _cube_mesh("Beacon"), props, (0, 0, 2), parent=cube)
    ball.scale = (0.3, 0.3, 0.3)
    ball.data.materials.append(lamp)
    copies = _object("Props again", None, stage, (3, 1, 0))
    copies.instance_type = "COLLECTION"
    copies.instance_collection = props

    _lights(lights)
    camera = bpy.data.cameras.new("Camera")
    camera.lens = 35
    scene.camera = _object("Camera", camera, stage, (7, -7, 5), (math.radians(63), 0, math.radians(45)))
    _mask()
    _world(scene)
    scene.frame_start, scene.frame_end, scene.frame_current = 1, 120, 1
    return scene
