# SPDX-License-Identifier: Apache-2.0
"""Undo and redo within Edit Mode, where Blender has steps of another sort."""

from blender import same, settle
from conftest import versions
from undo import edit, locations

SUBDIVIDE = """
bpy.context.view_layer.objects.active = bpy.data.objects['cube']
push()
with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
    bpy.ops.object.mode_set(mode='EDIT')
    push()
    bpy.ops.mesh.select_all(action='SELECT')
    bpy.ops.mesh.subdivide()
    push()
"""


@versions
def test_redo_within_edit_mode(version, two):
    """What stands there is an edit, and a whole one: none of it is what others have heard of."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'")
    a.run(SUBDIVIDE + "undo()\nredo()")
    settle(a, b)
    a.run("with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n    bpy.ops.object.mode_set(mode='OBJECT')")
    settle(a, b)
    same(a, b)
    assert b.run("o = bpy.data.objects['cube']\nresult = [len(o.data.vertices), len(o.data.uv_layers)]") == [26, 1]


@versions
def test_undo_in_edit_mode_after_another_deleted_what_is_edited(version, two):
    """Blender's steps within Edit Mode are nothing without the object."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'")
    a.run(SUBDIVIDE + "    bpy.ops.mesh.subdivide()\n    push()")
    edit(b, a, "bpy.data.objects.remove(bpy.data.objects['cube'])")
    for _ in range(4):
        a.run("undo()")
        settle(a, b)
    assert locations(a) == locations(b) == {"mine": 0}
    same(a, b)


@versions
def test_undo_in_edit_mode_of_what_others_point_at(version, two):
    """Of a step within Edit Mode Blender notes what is edited and which datablocks are new, but not that another now points at them."""
    a, b = two
    edit(
        b,
        a,
        "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "o.data.materials.append(m)\nn = m.node_tree.nodes.new('ShaderNodeTexImage')",
    )
    a.run(
        "def subdivide():\n"
        "    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n"
        "        bpy.ops.mesh.select_all(action='SELECT')\n        bpy.ops.mesh.subdivide()\n        push()\n"
        "bpy.context.view_layer.objects.active = bpy.data.objects['cube']\npush()\npush()\n"
        "with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n"
        "    bpy.ops.object.mode_set(mode='EDIT')\n    push()\n"
        "subdivide()\n"
        "def look(*_):\n"
        "    m = bpy.data.materials.get('m')\n"
        "    image = m and m.node_tree.nodes['Image Texture'].image\n"
        "    alive.append(image is None or image in list(bpy.data.images))\n"
        "alive = []\nbpy.app.handlers.undo_post.append(look)"
    )
    b.run("image = bpy.data.images.new('theirs', 8, 8)")
    settle(b, a)
    a.run("subdivide()")
    b.run("n.image = image\npush()")
    while a.run("result = bpy.data.materials['m'].node_tree.nodes['Image Texture'].image is None"):
        pass
    for _ in range(4):
        a.run("undo()")
    assert a.run("bpy.app.handlers.undo_post.remove(look)\nresult = all(alive)")
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.materials['m'].node_tree.nodes['Image Texture'].image.name") == "theirs"
