# SPDX-License-Identifier: Apache-2.0
"""The edits that stress.py chooses from, where there is a window or none; each takes the random numbers it needs."""

import bmesh
import bpy

NAMES = ("ant", "bee", "cat", "dog", "eel")


def _edited(rng, always=True):
    """After an edit by script: an undo step, as Blender makes after an operator. Some scripts make none, which Blender itself only survives
    where no datablock was made, removed or pointed at."""
    if not bpy.app.background and (always or rng.random() < 0.8):
        bpy.ops.ed.undo_push(message="stress")


def _pick(rng, blocks):
    blocks = sorted(blocks, key=lambda block: block.name)
    return rng.choice(blocks) if blocks else None


def object_of_scene(rng, *types):
    """One of the scene, of one of these types."""
    return _pick(rng, [o for o in bpy.context.scene.objects if not types or o.type in types])


def select(*items):
    for item in bpy.context.view_layer.objects:
        item.select_set(item in items)
    bpy.context.view_layer.objects.active = items[0] if items else None


def _collections(rng):
    return rng.choice([bpy.context.scene.collection, *sorted(bpy.context.scene.collection.children_recursive, key=lambda c: c.name)])


def _name(rng):
    """Now and then one that something else has, here or there."""
    name = rng.choice(NAMES)
    return name if rng.random() < 0.3 else f"{name} {rng.getrandbits(32):08x}"


def _name_new(rng):
    """After an operator: no names that tell which one it was."""
    for item in bpy.context.selected_objects:
        item.name = _name(rng)
        if item.data is not None and item.data.users == 1:
            item.data.name = _name(rng)
    _edited(rng)


def vector(rng):
    return [rng.uniform(-5, 5) for _ in range(3)]


# ---- objects


def move(rng):
    item = object_of_scene(rng)
    if item is not None:
        setattr(item, rng.choice(("location", "rotation_euler", "scale")), vector(rng))
        _edited(rng, always=False)


def move_many(rng):
    for item in list(bpy.context.scene.objects):
        item.location = vector(rng)
    _edited(rng, always=False)


def add_mesh(rng):
    add = rng.choice((bpy.ops.mesh.primitive_cube_add, bpy.ops.mesh.primitive_plane_add, bpy.ops.mesh.primitive_uv_sphere_add))
    add("EXEC_DEFAULT", location=vector(rng))
    _name_new(rng)


def add_other(rng):
    add = rng.choice((lambda **k: bpy.ops.object.light_add(type=rng.choice(("POINT", "AREA", "SUN", "SPOT")), **k),
                      lambda **k: bpy.ops.object.camera_add(**k),
                      lambda **k: bpy.ops.object.empty_add(**k)))
    add(location=vector(rng))
    _name_new(rng)


def add_by_script(rng):
    data = rng.choice((None, _pick(rng, [m for m in bpy.data.meshes if m.users])))
    item = bpy.data.objects.new(_name(rng), data)
    _collections(rng).objects.link(item)
    _edited(rng)


def delete(rng):
    items = {object_of_scene(rng) for _ in range(rng.randint(1, 3))} - {None}
    if items:
        select(*items)
        bpy.ops.object.delete("EXEC_DEFAULT", True, use_global=rng.random() < 0.3)


def delete_by_script(rng):
    item = object_of_scene(rng)
    if item is not None:
        bpy.data.objects.remove(item)
        _edited(rng)


def duplicate(rng):
    item = object_of_scene(rng)
    if item is not None:
        select(item)
        bpy.ops.object.duplicate(linked=rng.random() < 0.5)
        _name_new(rng)


def parent(rng):
    item, other = object_of_scene(rng), object_of_scene(rng)
    if item is not None and item != other:
        select(other, item)
        bpy.ops.object.parent_set("EXEC_DEFAULT", True, type="OBJECT", keep_transform=rng.random() < 0.5)


def unparent(rng):
    item = object_of_scene(rng)
    if item is not None:
        item.parent = None
        _edited(rng)


def rename(rng):
    item = object_of_scene(rng)
    if item is not None:
        (item if rng.random() < 0.7 or item.data is None else item.data).name = _name(rng)
        _edited(rng)


def property(rng):
    item = object_of_scene(rng)
    if item is not None:
        name = rng.choice(NAMES)
        if name in item and rng.random() < 0.3:
            del item[name]
        else:
            item[name] = rng.choice((rng.randint(0, 9), rng.random(), "text", [1.5, 2.5]))
        _edited(rng, always=False)


def visibility(rng):
    item = object_of_scene(rng)
    if item is not None:
        item.hide_render = not item.hide_render
        item.color = (*vector(rng), 1)
        _edited(rng, always=False)


# ---- what an artist does with an operator


def _operator(operator, *items, **arguments):
    if items and None not in items:
        select(*items)
        operator("EXEC_DEFAULT", True, **arguments)


def join(rng):
    items = {object_of_scene(rng, "MESH"), object_of_scene(rng, "MESH")}
    if len(items) == 2:
        _operator(bpy.ops.object.join, *sorted(items, key=lambda item: item.name))


def shade(rng):
    _operator(rng.choice((bpy.ops.object.shade_smooth, bpy.ops.object.shade_flat)), object_of_scene(rng, "MESH"))


def apply_transform(rng):
    _operator(bpy.ops.object.transform_apply, object_of_scene(rng, "MESH"))


def apply_modifier(rng):
    item = object_of_scene(rng, "MESH")
    if item is not None and item.data.users == 1 and len(item.data.vertices) < 1000:
        modifier = item.modifiers.new("m", rng.choice(("MIRROR", "TRIANGULATE", "SOLIDIFY")))
        _operator(bpy.ops.object.modifier_apply, item, modifier=modifier.name)


def make_single_user(rng):
    _operator(bpy.ops.object.make_single_user, object_of_scene(rng), object=True, obdata=True, material=rng.random() < 0.5)


def clear_parent(rng):
    _operator(bpy.ops.object.parent_clear, object_of_scene(rng), type=rng.choice(("CLEAR", "CLEAR_KEEP_TRANSFORM")))


def purge(rng):
    bpy.data.orphans_purge(do_recursive=True)
    _edited(rng)


# ---- collections and the scene


def add_collection(rng):
    if len(bpy.data.collections) < 8:
        _collections(rng).children.link(bpy.data.collections.new(_name(rng)))
        _edited(rng)


def delete_collection(rng):
    collection = _pick(rng, bpy.context.scene.collection.children_recursive)
    if collection is not None:
        bpy.data.collections.remove(collection)
        _edited(rng)


def move_to_collection(rng):
    item, target = object_of_scene(rng), _collections(rng)
    if item is not None:
        for collection in item.users_collection:
            collection.objects.unlink(item)
        target.objects.link(item)
        _edited(rng)


def scene(rng):
    bpy.context.scene.frame_end = rng.randint(100, 300)
    bpy.context.scene.camera = object_of_scene(rng, "CAMERA")
    _edited(rng)


def world(rng):
    new = bpy.context.scene.world is None
    if new:
        bpy.context.scene.world = bpy.data.worlds.new(_name(rng))
    bpy.context.scene.world.color = [rng.random() for _ in range(3)]
    _edited(rng, always=new)


# ---- data


def mesh_vertices(rng):
    item = object_of_scene(rng, "MESH")
    if item is not None and len(item.data.vertices):
        item.data.vertices[rng.randrange(len(item.data.vertices))].co = vector(rng)
        item.data.update()
        _edited(rng)


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
        _edited(rng)


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
    _edited(rng)


def single_user(rng):
    item = object_of_scene(rng, "MESH", "LIGHT", "CAMERA")
    if item is not None:
        item.data = item.data.copy()
        item.data.name = _name(rng)
        _edited(rng)


def share_data(rng):
    item, other = object_of_scene(rng, "MESH"), object_of_scene(rng, "MESH")
    if item is not None:
        item.data = other.data
        _edited(rng)


def light(rng):
    item = object_of_scene(rng, "LIGHT")
    if item is not None:
        item.data.energy = rng.uniform(1, 1000)
        item.data.color = [rng.random() for _ in range(3)]
        _edited(rng, always=False)


def light_type(rng):
    item = object_of_scene(rng, "LIGHT")
    if item is not None:
        item.data.type = rng.choice(("POINT", "AREA", "SUN", "SPOT"))
        _edited(rng)


def camera(rng):
    item = object_of_scene(rng, "CAMERA")
    if item is not None:
        item.data.lens = rng.uniform(10, 100)
        item.data.dof.focus_object = object_of_scene(rng)
        _edited(rng)


def assign_material(rng):
    item = object_of_scene(rng, "MESH")
    if item is None:
        return
    if len(bpy.data.materials) < 6:
        material = bpy.data.materials.new(_name(rng))
        material.use_nodes = True
    else:
        material = _pick(rng, bpy.data.materials)
    if len(item.data.materials) and rng.random() < 0.5:
        item.data.materials[0] = material
    else:
        item.data.materials.append(material)
    _edited(rng)


def _tree(rng):
    material = _pick(rng, [m for m in bpy.data.materials if m.node_tree and m.users])
    return None if material is None else material.node_tree


def node_socket(rng):
    tree = _tree(rng)
    node = None if tree is None else _pick(rng, [n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"])
    if node is not None:
        node.inputs[rng.choice(("Roughness", "Metallic", "IOR", "Alpha"))].default_value = rng.random()
        node.inputs["Base Color"].default_value = (*[rng.random() for _ in range(3)], 1)
        _edited(rng)


def node_add(rng):
    tree = _tree(rng)
    if tree is not None and len(tree.nodes) < 8:
        node = tree.nodes.new(rng.choice(("ShaderNodeRGB", "ShaderNodeValue", "ShaderNodeTexNoise", "ShaderNodeMath")))
        other = _pick(rng, [n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"])
        if other is not None:
            tree.links.new(other.inputs["Roughness"], node.outputs[0])
        _edited(rng)


def node_remove(rng):
    tree = _tree(rng)
    node = None if tree is None else _pick(rng, tree.nodes)
    if node is not None:
        tree.nodes.remove(node)
        _edited(rng)


def delete_material(rng):
    material = _pick(rng, bpy.data.materials)
    if material is not None:
        bpy.data.materials.remove(material)
        _edited(rng)


def image(rng):
    item = _pick(rng, [i for i in bpy.data.images if i.source == "GENERATED"])
    if item is None or len(bpy.data.images) < 3:
        item = bpy.data.images.new(_name(rng), 8, 8)
    item.generated_color = [rng.random() for _ in range(4)]
    tree = _tree(rng)
    if tree is not None and len(tree.nodes) < 8:
        tree.nodes.new("ShaderNodeTexImage").image = item
    _edited(rng)


EDITS = {
    move: 10, move_many: 2, add_mesh: 4, add_other: 4, add_by_script: 4, delete: 4, delete_by_script: 4, duplicate: 5, parent: 4, unparent: 2,
    join: 1, shade: 2, apply_transform: 2, apply_modifier: 1, make_single_user: 2, clear_parent: 1, purge: 1,
    rename: 4, property: 4, visibility: 2, add_collection: 2, delete_collection: 1, move_to_collection: 4, scene: 2, world: 1,
    mesh_vertices: 5, mesh_topology: 4, mesh_layers: 3, single_user: 2, share_data: 2, light: 2, light_type: 1, camera: 2,
    assign_material: 4, node_socket: 4, node_add: 3, node_remove: 2, delete_material: 1, image: 1,
}
