# SPDX-License-Identifier: Apache-2.0
"""The edits of objects, collections and the scene that stress.py chooses from; each takes the random numbers it needs."""

import bpy

NAMES = ("ant", "bee", "cat", "dog", "eel")


def edited(rng, always=True):
    """After an edit by script: an undo step, as Blender makes after an operator. Some scripts make none, which Blender itself only survives
    where no datablock was made, removed or pointed at."""
    if not bpy.app.background and (always or rng.random() < 0.8):
        bpy.ops.ed.undo_push(message="stress")


def pick(rng, blocks):
    blocks = sorted(blocks, key=lambda block: block.name)
    return rng.choice(blocks) if blocks else None


def object_of_scene(rng, *types):
    """One of the scene, of one of these types."""
    return pick(rng, [o for o in bpy.context.scene.objects if not types or o.type in types])


def select(*items):
    for item in bpy.context.view_layer.objects:
        item.select_set(item in items)
    bpy.context.view_layer.objects.active = items[0] if items else None


def _collections(rng):
    return rng.choice([bpy.context.scene.collection, *sorted(bpy.context.scene.collection.children_recursive, key=lambda c: c.name)])


def new_name(rng):
    """Now and then one that something else has, here or there."""
    name = rng.choice(NAMES)
    return name if rng.random() < 0.3 else f"{name} {rng.getrandbits(32):08x}"


def _name_new(rng):
    """After an operator: no names that tell which one it was."""
    for item in bpy.context.selected_objects:
        item.name = new_name(rng)
        if item.data is not None and item.data.users == 1:
            item.data.name = new_name(rng)
    edited(rng)


def vector(rng):
    return [rng.uniform(-5, 5) for _ in range(3)]


# ---- objects


def move(rng):
    item = object_of_scene(rng)
    if item is not None:
        setattr(item, rng.choice(("location", "rotation_euler", "scale")), vector(rng))
        edited(rng, always=False)


def move_many(rng):
    for item in list(bpy.context.scene.objects):
        item.location = vector(rng)
    edited(rng, always=False)


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
    data = rng.choice((None, pick(rng, [m for m in bpy.data.meshes if m.users])))
    item = bpy.data.objects.new(new_name(rng), data)
    _collections(rng).objects.link(item)
    edited(rng)


def delete(rng):
    items = {object_of_scene(rng) for _ in range(rng.randint(1, 3))} - {None}
    if items:
        select(*items)
        bpy.ops.object.delete("EXEC_DEFAULT", True, use_global=rng.random() < 0.3)


def delete_by_script(rng):
    item = object_of_scene(rng)
    if item is not None:
        bpy.data.objects.remove(item)
        edited(rng)


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
        edited(rng)


def rename(rng):
    item = object_of_scene(rng)
    if item is not None:
        (item if rng.random() < 0.7 or item.data is None else item.data).name = new_name(rng)
        edited(rng)


def property(rng):
    item = object_of_scene(rng)
    if item is not None:
        name = rng.choice(NAMES)
        if name in item and rng.random() < 0.3:
            del item[name]
        else:
            item[name] = rng.choice((rng.randint(0, 9), rng.random(), "text", [1.5, 2.5]))
        edited(rng, always=False)


def visibility(rng):
    item = object_of_scene(rng)
    if item is not None:
        item.hide_render = not item.hide_render
        item.color = (*vector(rng), 1)
        edited(rng, always=False)


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
    edited(rng)


# ---- collections and the scene


def add_collection(rng):
    if len(bpy.data.collections) < 8:
        _collections(rng).children.link(bpy.data.collections.new(new_name(rng)))
        edited(rng)


def delete_collection(rng):
    collection = pick(rng, bpy.context.scene.collection.children_recursive)
    if collection is not None:
        bpy.data.collections.remove(collection)
        edited(rng)


def move_to_collection(rng):
    item, target = object_of_scene(rng), _collections(rng)
    if item is not None:
        for collection in item.users_collection:
            collection.objects.unlink(item)
        target.objects.link(item)
        edited(rng)


def put_into_collection(rng):
    item, target = object_of_scene(rng), _collections(rng)
    if item is not None and item.name not in target.objects:
        target.objects.link(item)
        edited(rng)


def scene(rng):
    bpy.context.scene.frame_end = rng.randint(100, 300)
    bpy.context.scene.camera = object_of_scene(rng, "CAMERA")
    edited(rng)


def world(rng):
    new = bpy.context.scene.world is None
    if new:
        bpy.context.scene.world = bpy.data.worlds.new(new_name(rng))
    bpy.context.scene.world.color = [rng.random() for _ in range(3)]
    edited(rng, always=new)


EDITS = {
    move: 10, move_many: 2, add_mesh: 4, add_other: 4, add_by_script: 4, delete: 4, delete_by_script: 4, duplicate: 5, parent: 4,
    unparent: 2, join: 1, shade: 2, apply_transform: 2, apply_modifier: 1, make_single_user: 2, clear_parent: 1, purge: 1, rename: 4,
    property: 4, visibility: 2, add_collection: 2, delete_collection: 1, move_to_collection: 4, put_into_collection: 2, scene: 2, world: 1,
}
