# SPDX-License-Identifier: Apache-2.0
"""The edits of what objects use, and of masks, that stress.py chooses from; each takes the random numbers it needs."""

import bmesh
import bpy
from stress_edits import NAMES, edited, new_name, object_of_scene, pick, vector


def mesh_vertices(rng):
    item = object_of_scene(rng, "MESH")
    if item is not None and len(item.data.vertices):
        item.data.vertices[rng.randrange(len(item.data.vertices))].co = vector(rng)
        item.data.update()
        edited(rng)


def mesh_topology(rng):
    item = object_of_scene(rng, "MESH")
    if item is not None:
        work = bmesh.new()
        work.from_mesh(item.data)
        if len(work.verts) < 2000 and rng.random() < 0.5:
            bmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)
        elif len(work.verts):
            work.verts.ensure_lookup_table()
            work.verts.remove(work.verts[rng.randrange(len(work.verts))])
        work.to_mesh(item.data)
        work.free()
        item.data.update()
        edited(rng)


def mesh_layers(rng):
    item = object_of_scene(rng, "MESH")
    if item is None or not len(item.data.vertices):
        return
    what = rng.randrange(3)
    if what == 0 and len(item.data.uv_layers) < 3:
        item.data.uv_layers.new(name=rng.choice(NAMES))
    elif what == 1 and len(item.vertex_groups) < 4:
        item.vertex_groups.new(name=rng.choice(NAMES)).add([0], rng.random(), "REPLACE")
        item.data.update()
    elif what == 2:
        name = rng.choice(NAMES)
        if name not in item.data.attributes:
            item.data.attributes.new(name, "FLOAT", "POINT")
    edited(rng)


def single_user(rng):
    item = object_of_scene(rng, "MESH", "LIGHT", "CAMERA")
    if item is not None:
        item.data = item.data.copy()
        item.data.name = new_name(rng)
        edited(rng)


def share_data(rng):
    item, other = object_of_scene(rng, "MESH"), object_of_scene(rng, "MESH")
    if item is not None:
        item.data = other.data
        edited(rng)


def light(rng):
    item = object_of_scene(rng, "LIGHT")
    if item is not None:
        item.data.energy = rng.uniform(1, 1000)
        item.data.color = [rng.random() for _ in range(3)]
        edited(rng, always=False)


def light_type(rng):
    item = object_of_scene(rng, "LIGHT")
    if item is not None:
        item.data.type = rng.choice(("POINT", "AREA", "SUN", "SPOT"))
        edited(rng)


def camera(rng):
    item = object_of_scene(rng, "CAMERA")
    if item is not None:
        item.data.lens = rng.uniform(10, 100)
        item.data.dof.focus_object = object_of_scene(rng)
        edited(rng)


def assign_material(rng):
    item = object_of_scene(rng, "MESH")
    if item is None:
        return
    if len(bpy.data.materials) < 6:
        material = bpy.data.materials.new(new_name(rng))
        material.use_nodes = True
    else:
        material = pick(rng, bpy.data.materials)
    if len(item.data.materials) and rng.random() < 0.5:
        item.data.materials[0] = material
    else:
        item.data.materials.append(material)
    edited(rng)


def _tree(rng):
    material = pick(rng, [m for m in bpy.data.materials if m.node_tree and m.users])
    return None if material is None else material.node_tree


def node_socket(rng):
    tree = _tree(rng)
    node = None if tree is None else pick(rng, [n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"])
    if node is not None:
        node.inputs[rng.choice(("Roughness", "Metallic", "IOR", "Alpha"))].default_value = rng.random()
        node.inputs["Base Color"].default_value = (*[rng.random() for _ in range(3)], 1)
        edited(rng)


def node_add(rng):
    tree = _tree(rng)
    if tree is not None and len(tree.nodes) < 8:
        node = tree.nodes.new(rng.choice(("ShaderNodeRGB", "ShaderNodeValue", "ShaderNodeTexNoise", "ShaderNodeMath")))
        other = pick(rng, [n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"])
        if other is not None:
            tree.links.new(other.inputs["Roughness"], node.outputs[0])
        edited(rng)


def node_remove(rng):
    tree = _tree(rng)
    node = None if tree is None else pick(rng, tree.nodes)
    if node is not None:
        tree.nodes.remove(node)
        edited(rng)


def delete_material(rng):
    material = pick(rng, bpy.data.materials)
    if material is not None:
        bpy.data.materials.remove(material)
        edited(rng)


def image(rng):
    item = pick(rng, [i for i in bpy.data.images if i.source == "GENERATED"])
    if item is None or len(bpy.data.images) < 3:
        item = bpy.data.images.new(new_name(rng), 8, 8)
    item.generated_color = [rng.random() for _ in range(4)]
    tree = _tree(rng)
    if tree is not None and len(tree.nodes) < 8:
        tree.nodes.new("ShaderNodeTexImage").image = item
    edited(rng)


def shape_key(rng):
    item = object_of_scene(rng, "MESH")
    if item is None or not len(item.data.vertices):
        return
    keys = item.data.shape_keys
    if keys is None or len(keys.key_blocks) < 3:
        item.shape_key_add(name=rng.choice(NAMES), from_mix=False)
    elif rng.random() < 0.3:
        item.shape_key_remove(pick(rng, keys.key_blocks))
    else:
        key = pick(rng, keys.key_blocks)
        key.value = rng.random()
        key.data[rng.randrange(len(key.data))].co = vector(rng)
    item.data.update()
    edited(rng)


def mask(rng):
    item = pick(rng, bpy.data.masks)
    if item is None or len(bpy.data.masks) < 3:
        item = bpy.data.masks.new(new_name(rng))
    if len(item.layers) < 2:
        spline = item.layers.new(name=rng.choice(NAMES)).splines.new()
        spline.points.add(3)
    layer = pick(rng, item.layers)
    layer.alpha = rng.random()
    if len(layer.splines):
        spline = layer.splines[0]
        point = spline.points[rng.randrange(len(spline.points))]
        point.co = (rng.random(), rng.random())
        if rng.random() < 0.3:
            spline.points.add(1)
        elif rng.random() < 0.3:
            layer.splines.remove(spline)
    if rng.random() < 0.2:
        item.layers.remove(layer)
    edited(rng)


def node_group(rng):
    group = pick(rng, bpy.data.node_groups)
    if group is None or len(bpy.data.node_groups) < 3:
        group = bpy.data.node_groups.new(new_name(rng), "ShaderNodeTree")
    if len(group.nodes) < 6:
        node = group.nodes.new(rng.choice(("ShaderNodeMath", "ShaderNodeValue", "NodeGroupInput", "NodeGroupOutput")))
        node.label = rng.choice(NAMES)
    if rng.random() < 0.5:
        name = rng.choice(NAMES)
        if hasattr(group, "interface"):
            group.interface.new_socket(name, in_out=rng.choice(("INPUT", "OUTPUT")), socket_type="NodeSocketFloat")
        else:
            getattr(group, rng.choice(("inputs", "outputs"))).new("NodeSocketFloat", name)
    tree = _tree(rng)
    if tree is not None and len(tree.nodes) < 8:
        tree.nodes.new("ShaderNodeGroup").node_tree = group
    edited(rng)


def color_attribute(rng):
    item = object_of_scene(rng, "MESH")
    if item is None or not len(item.data.vertices):
        return
    layer = item.data.color_attributes.get("paint") or item.data.color_attributes.new("paint", "FLOAT_COLOR", "POINT")
    layer.data[rng.randrange(len(layer.data))].color = (*[rng.random() for _ in range(3)], 1)
    item.data.update()
    edited(rng)


def paint(rng):
    item = pick(rng, [i for i in bpy.data.images if i.source == "GENERATED"])
    if item is not None and len(item.pixels):
        item.pixels[rng.randrange(len(item.pixels))] = rng.random()
        item.update()
        edited(rng)


def node_edit(rng):
    tree = _tree(rng)
    node = None if tree is None else pick(rng, tree.nodes)
    if node is not None:
        what = rng.randrange(4)
        if what == 0:
            node.name = new_name(rng)
        elif what == 1:
            node.mute = not node.mute
        elif what == 2:
            node.location = vector(rng)[:2]
        elif len(tree.links):
            tree.links.remove(_pick_link(rng, tree))
        edited(rng)


def _pick_link(rng, tree):
    return rng.choice(sorted(tree.links, key=lambda link: (link.to_node.name, link.to_socket.identifier)))


def instance(rng):
    item = object_of_scene(rng, "EMPTY")
    collection = pick(rng, bpy.context.scene.collection.children_recursive)
    if item is not None and collection is not None and item.name not in collection.all_objects:
        item.instance_type = "COLLECTION"
        item.instance_collection = collection
        edited(rng)


def light_nodes(rng):
    item = object_of_scene(rng, "LIGHT")
    if item is not None:
        item.data.use_nodes = True
        for node in item.data.node_tree.nodes:
            if node.type == "EMISSION":
                node.inputs["Strength"].default_value = rng.random()
        edited(rng)


def world_nodes(rng):
    world = bpy.context.scene.world
    if world is not None:
        world.use_nodes = True
        for node in world.node_tree.nodes:
            if node.type == "BACKGROUND":
                node.inputs["Strength"].default_value = rng.random()
        edited(rng)


def delete_data(rng):
    blocks = rng.choice((bpy.data.meshes, bpy.data.images, bpy.data.node_groups, bpy.data.masks, bpy.data.lights))
    block = pick(rng, [b for b in blocks if b.name != "Render Result"])
    if block is not None:
        blocks.remove(block)
        edited(rng)


EDITS = {
    mesh_vertices: 5, mesh_topology: 4, mesh_layers: 3, single_user: 2, share_data: 2, light: 2, light_type: 1, camera: 2,
    assign_material: 4, node_socket: 4, node_add: 3, node_remove: 2, delete_material: 1, image: 1,
}
MORE = {
    shape_key: 5, mask: 4, node_group: 3, color_attribute: 3, paint: 3, node_edit: 4, instance: 2, light_nodes: 1, world_nodes: 2,
    delete_data: 2,
}
