# SPDX-License-Identifier: Apache-2.0
"""Objects in Edit Mode, where Blender does not take everything that others write."""

from blender import same, settle
from test_objects import CUBES, start

SUBDIVIDE = (
    "import bmesh\nwork = bmesh.new()\nwork.from_mesh(o.data)\nbmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1, use_grid_fill=True)\n"
    "work.to_mesh(o.data)\no.data.update()"
)


def test_what_is_being_edited_is_deleted_with_its_collection(both):
    """Where another object has the mesh, it is not to be left in Edit Mode, in which it takes nothing."""
    a, b = start(both)
    a.run(
        "c, o, twin = bpy.data.collections.new('c'), bpy.data.objects['one'], bpy.data.objects['two']\ntwin.data = o.data\n"
        "bpy.context.scene.collection.children.link(c)\nfor x in o.users_collection:\n    x.objects.unlink(o)\nc.objects.link(o)"
    )
    settle(a, b)
    b.run("bpy.context.view_layer.objects.active = bpy.data.objects['one']\nbpy.ops.object.mode_set(mode='EDIT')")
    a.run("bpy.data.collections.remove(c)")
    settle(a, b)
    a.run("twin.data.vertices[0].co.x = 7\ntwin.data.update()")
    settle(a, b)
    same(a, b)
    assert not b.run("result = bpy.data.objects['two'].data.is_editmode")


def test_other_data_for_what_is_being_edited(both):
    """Blender keeps an object's data, without a word, while it is in Edit Mode."""
    a, b = start(both)
    b.run("bpy.context.view_layer.objects.active = bpy.data.objects['one']\nbpy.ops.object.mode_set(mode='EDIT')")
    a.run("bpy.data.objects['one'].data = bpy.data.meshes.new('other')\nbpy.context.view_layer.update()")
    settle(a, b)
    assert b.run("result = bpy.data.objects['one'].mode") == "EDIT"
    b.run("bpy.ops.object.mode_set(mode='OBJECT')")
    settle(a, b)
    assert a.run("result = bpy.data.objects['one'].data.name") == "other"
    same(a, b)


def test_what_is_being_edited_comes_back_after_its_deletion(both):
    """It takes what others wrote meanwhile as soon as Edit Mode ends."""
    a, b = start(both)
    a.run("bpy.data.objects.remove(bpy.data.objects['two'])")
    settle(a, b)
    b.run(
        "from scenesync import registration\nsession, o = registration.session(), bpy.data.objects['one']\nuuid = session.ctx.id_of(o.data)\n"
        "bpy.context.view_layer.objects.active = o\nbpy.ops.object.mode_set(mode='EDIT')"
    )
    a.run("o = bpy.data.objects['one']\nmine, o.data = o.data, bpy.data.meshes.new('other')")
    while not b.run("result = session.mirror.get('mesh', uuid).deleted"):
        pass
    a.run("o.data = mine\n" + SUBDIVIDE)
    while b.run("result = session.mirror.get('mesh', uuid).deleted"):
        pass
    b.run("bpy.ops.object.mode_set(mode='OBJECT')")
    settle(a, b)
    same(a, b)
    assert b.run("result = len(bpy.data.objects['one'].data.vertices)") == 26


def test_a_mesh_that_rests_in_edit_mode_is_left_alone(both):
    """Reading it makes Blender tell of an update: that is no edit."""
    a, b = both
    a.run(CUBES + "\nbpy.context.view_layer.objects.active = bpy.data.objects['one']\nbpy.ops.object.mode_set(mode='EDIT')")
    settle(a, b)
    a.run(
        "bpy.ops.mesh.select_all(action='SELECT')\nbpy.ops.mesh.subdivide()\n"
        "from scenesync import registration\nmesh = registration.session().ctx.kinds['mesh']\nread, reads = mesh.read, []\n"
        "mesh.read = lambda ctx, block: (reads.append(block.name), read(ctx, block))[1]"
    )
    settle(a, b)
    reads = a.run("reads.clear()\nscenesync.pump(1.9)\nmesh.read = read\nresult = reads")
    assert len([name for name in reads if name == a.run("result = bpy.data.objects['one'].data.name")]) <= 1, "once in two seconds"
    assert b.run("result = len(bpy.data.objects['one'].data.vertices)") == a.run("bpy.ops.object.mode_set(mode='OBJECT')\nresult = len(bpy.data.objects['one'].data.vertices)")
    settle(a, b)
    same(a, b)
