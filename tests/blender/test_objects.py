# SPDX-License-Identifier: Apache-2.0
"""Objects: made, moved, renamed, copied, deleted; the other Blender follows."""

import json
import os
import signal
import uuid

import pytest
from blender import same, settle
from link import Link

CUBES = """
bpy.ops.mesh.primitive_cube_add()
a = bpy.context.object
a.name = "one"
b = bpy.data.objects.new("two", a.data)
bpy.context.scene.collection.objects.link(b)
c = bpy.data.objects.new("three", None)
bpy.context.scene.collection.objects.link(c)
bpy.context.view_layer.update()
"""


def start(both):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    same(a, b)
    return a, b


def names(blender):
    return sorted(blender.run("result = [o.name for o in bpy.context.scene.objects]"))


def test_new_objects_arrive(both):
    a, b = start(both)
    assert names(b) == ["one", "three", "two"]
    assert b.run("result = bpy.data.objects['one'].data == bpy.data.objects['two'].data")


def test_transforms_arrive_bit_for_bit(both):
    a, b = start(both)
    b.run(
        "o = bpy.data.objects['one']\no.location = (0.1, -1e-30, 1e30)\no.rotation_mode = 'QUATERNION'\n"
        "o.rotation_quaternion = (0.5, 0.1, 0.2, 0.3)\no.scale = (1/3, -0.0, 7)"
    )
    settle(b, a)
    same(a, b)


def test_the_world_matrix_is_there_when_all_is_synced(both):
    a, b = start(both)
    a.run("bpy.data.objects['one'].location = (1, 2, 3)")
    a.synced()
    said = json.loads(a.agent.run("get", a.scene, "transform/one", "--json").stdout)
    assert said["fields"]["matrix_world"][3::4] == [1, 2, 3, 1], said


def test_rotation_mode_keeps_every_rotation(both):
    a, b = start(both)
    a.run("o = bpy.data.objects['one']\no.rotation_euler = (1, 2, 3)\nbpy.context.view_layer.update()\no.rotation_mode = 'AXIS_ANGLE'")
    settle(a, b)
    same(a, b)


def test_rename(both):
    a, b = start(both)
    a.run("bpy.data.objects['one'].name = 'eins'\nbpy.data.meshes[0].name = 'Würfel / 1'")
    settle(a, b)
    assert names(b) == ["eins", "three", "two"]
    same(a, b)


def test_swapped_names(both):
    a, b = start(both)
    b.run("o, p = bpy.data.objects['one'], bpy.data.objects['two']\no.location.x = 5\no.name = 'x'\np.name = 'one'\no.name = 'two'")
    settle(b, a)
    assert a.run("result = bpy.data.objects['two'].location.x") == 5
    same(a, b)


@pytest.mark.parametrize("first", ["one", "two"])
def test_a_name_that_another_still_has(both, agents, first):
    """The two halves of a swap arrive apart, in either order; which of both Blender renames on the clash is its own affair."""
    a, b = start(both)
    other = {"one": "two", "two": "one"}
    ids = {name: uuid.UUID(b.run("result = bpy.data.objects[name]['scenesync']", name=name)) for name in other}
    agents[0].run("set", b.scene, f"object/{ids[first]}", f'name="{other[first]}"')
    settle(a, b)
    kept = json.loads(agents[0].run("get", b.scene, f"object/{ids[other[first]]}", "--json").stdout)
    assert kept["fields"]["name"] == other[first], "a name that Blender gave was taken for an edit"
    agents[0].run("set", b.scene, f"object/{ids[other[first]]}", f'name="{first}"')
    settle(a, b)
    assert names(a) == names(b) == ["one", "three", "two"]
    same(a, b)


def test_equal_names_made_at_once_stay_two(both, agents):
    a, b = both
    os.kill(agents[1].process.pid, signal.SIGSTOP)  # so that neither hears of the other before both are made
    for blender, x in ((a, 1), (b, 2)):
        blender.run("o = bpy.data.objects.new('Thing', None)\no.location.x = x\nbpy.context.scene.collection.objects.link(o)", x=x)
    os.kill(agents[1].process.pid, signal.SIGCONT)
    settle(a, b)
    for blender in (a, b):
        assert blender.run("result = sorted(o.location.x for o in bpy.context.scene.objects)") == [1, 2]
    a.run("next(o for o in bpy.data.objects if o.location.x == 1).name = 'Other'")
    settle(a, b)
    assert names(a) == names(b) == ["Other", "Thing"]
    same(a, b)


def test_duplicate(both):
    a, b = start(both)
    b.run(
        "o = bpy.data.objects['one']\nbpy.ops.object.select_all(action='DESELECT')\no.select_set(True)\n"
        "bpy.context.view_layer.objects.active = o\nbpy.ops.object.duplicate()\nbpy.context.object.location.z = 4"
    )
    settle(b, a)
    assert names(a) == ["one", "one.001", "three", "two"]
    same(a, b)


def test_make_single_user(both):
    a, b = start(both)
    a.run("o = bpy.data.objects['two']\no.data = o.data.copy()\no.data.name = 'own'\no.data.vertices[0].co.x = 9\no.data.update()")
    settle(a, b)
    assert b.run("result = bpy.data.objects['one'].data.vertices[0].co.x") == -1
    same(a, b)


def test_delete(both):
    a, b = start(both)
    b.run("bpy.data.objects.remove(bpy.data.objects['two'])")
    settle(b, a)
    assert names(a) == ["one", "three"]
    b.run("bpy.data.objects.remove(bpy.data.objects['one'])")
    settle(b, a)
    assert names(a) == ["three"]
    same(a, b)


def test_an_object_deleted_here_while_edited_there_is_deleted_on_both(both):
    a, b = start(both)
    a.run("bpy.data.objects.remove(bpy.data.objects['one'])\nbpy.context.view_layer.update()")
    b.run("bpy.data.objects['one'].location.x = 3\nbpy.context.view_layer.update()")
    settle(a, b)
    assert names(a) == names(b) == ["three", "two"]
    same(a, b)


def test_collections(both):
    a, b = start(both)
    a.run(
        "c = bpy.data.collections.new('outer')\nd = bpy.data.collections.new('inner')\nbpy.context.scene.collection.children.link(c)\n"
        "c.children.link(d)\nd.objects.link(bpy.data.objects['one'])\nd.hide_render = True\nc.color_tag = 'COLOR_03'"
    )
    settle(a, b)
    same(a, b)
    b.run(
        "o = bpy.data.objects['one']\nbpy.context.scene.collection.objects.unlink(o)\nbpy.data.collections['outer'].objects.link(o)\n"
        "bpy.data.collections['outer'].children.unlink(bpy.data.collections['inner'])\n"
        "bpy.context.scene.collection.children.link(bpy.data.collections['inner'])"
    )
    settle(b, a)
    same(a, b)
    a.run("bpy.data.collections.remove(bpy.data.collections['inner'])")
    settle(a, b)
    same(a, b)


def test_a_camera_in_no_collection(both):
    a, b = start(both)
    a.run(
        "c = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(c)\n"
        "o = bpy.data.objects.new('in c', bpy.data.cameras.new('camera'))\nc.objects.link(o)\nbpy.context.scene.camera = o\n"
        "bpy.data.objects['one'].parent = bpy.data.objects.new('nowhere', None)\nbpy.context.view_layer.update()"
    )
    settle(a, b)
    a.run("bpy.data.collections.remove(bpy.data.collections['c'])\nbpy.context.view_layer.update()")
    settle(a, b)
    for blender in both:
        assert blender.run("result = [len(bpy.data.objects[n].users_collection) for n in ('in c', 'nowhere')]") == [0, 0]
        assert blender.run("result = bpy.context.scene.camera.name") == "in c"
    same(a, b)


def test_instances(both):
    a, b = start(both)
    a.run(
        "c = bpy.data.collections.new('asset')\nc.objects.link(bpy.data.objects['two'])\nbpy.context.scene.collection.objects.unlink("
        "bpy.data.objects['two'])\ni = bpy.data.objects['three']\ni.instance_type = 'COLLECTION'\ni.instance_collection = c"
    )
    settle(a, b)
    assert b.run("result = bpy.data.objects['three'].instance_collection.objects[0].name") == "two"
    same(a, b)


def test_visibility_and_display(both):
    a, b = start(both)
    a.run(
        "o = bpy.data.objects['one']\no.hide_render = True\no.hide_viewport = True\no.hide_select = True\no.display_type = 'WIRE'\n"
        "o.color = (1, 0, 0.5, 1)\no.show_name = True\np = bpy.data.objects['three']\np.empty_display_type = 'SPHERE'\np.empty_display_size = 3"
    )
    settle(a, b)
    same(a, b)


def test_custom_properties(both):
    a, b = start(both)
    a.run(
        "o = bpy.data.objects['one']\no['f'] = 1.0\no['i'] = 1\no['s'] = 'text / ü'\no['v'] = [1.0, 2.0, 3.0]\no['n'] = {'deep': {'x': 1}}\n"
        "o['a/b%c'] = 2\no.data['m'] = 5\nbpy.context.scene['on scene'] = [1, 2]"
    )
    settle(a, b)
    assert b.run("result = [type(bpy.data.objects['one'][k]).__name__ for k in 'fis']") == ["float", "int", "str"]
    same(a, b)
    b.run("del bpy.data.objects['one']['i']\nbpy.data.objects['one']['f'] = 2.0")
    settle(b, a)
    same(a, b)
    for value in (2, 2.0, 3, 1.5, [1, 2], [1.0, 2.0]):  # the type alone, and with the value
        b.run("bpy.data.objects['one']['f'] = value", value=value)
        settle(b, a)
        same(a, b)


def test_custom_property_of_whose_type_nothing_was_said(both, scene):
    """A tool sets a number; what it was before is not what decides, for one person or the other, what the next is."""
    a, b = start(both)
    for before, tool, after in ((0.5, "properties/p=0.5 property_types/p=null", 4), (4.0, "properties/p=0.5", 4), (0.25, "properties/p=4", 5)):
        a.run("bpy.data.objects['one']['p'] = value", value=before)
        settle(a, b)
        a.agent.run("set", scene, "object/one", *tool.split())
        settle(a, b)
        same(a, b)
        a.run("bpy.data.objects['one']['p'] = value", value=after)
        settle(a, b)
        same(a, b)
        assert "property_types" not in a.agent.run("get", scene, "object/one", "--json").stdout


def test_material_slots_of_the_object(both):
    a, b = start(both)
    a.run(
        "m, n = bpy.data.materials.new('red'), bpy.data.materials.new('blue')\no = bpy.data.objects['one']\no.data.materials.append(m)\n"
        "o.material_slots[0].link = 'OBJECT'\no.material_slots[0].material = n"
    )
    settle(a, b)
    assert b.run("result = [bpy.data.objects[n].material_slots[0].material.name for n in ('one', 'two')]") == ["blue", "red"]
    same(a, b)


def test_a_slot_of_the_object_that_the_mesh_has_later(both, scene):
    a, b = start(both)
    a.run("bpy.ops.mesh.primitive_plane_add()\nbpy.context.object.data.materials.append(bpy.data.materials.new('blue'))\nbpy.context.view_layer.update()")
    settle(a, b)
    one, blue = a.run("result = bpy.data.objects['one']['scenesync'], bpy.data.materials['blue']['scenesync']")
    with Link(a.agent.socket, scene) as tool:
        tool.set("object", uuid.UUID(one).bytes, **{"slots/0": uuid.UUID(blue).bytes})
    settle(a, b)
    a.run("bpy.data.objects['one'].data.materials.append(bpy.data.materials.new('red'))")
    settle(a, b)
    for blender in (a, b):
        assert blender.run("result = [bpy.data.objects[n].material_slots[0].material.name for n in ('one', 'two')]") == ["blue", "red"]
    same(a, b)


def test_convert_changes_the_type(both):
    a, b = start(both)
    a.run(
        "bpy.ops.curve.primitive_bezier_circle_add()\nbpy.context.object.name = 'round'\nbpy.context.view_layer.update()",
    )
    settle(a, b)
    assert b.run("result = bpy.data.objects['round'].type") == "CURVE"
    a.run(
        "o = bpy.data.objects['round']\nbpy.ops.object.select_all(action='DESELECT')\no.select_set(True)\n"
        "bpy.context.view_layer.objects.active = o\nbpy.ops.object.convert(target='MESH')"
    )
    settle(a, b)
    assert b.run("result = bpy.data.objects['round'].type") == "MESH"
    same(a, b)


def test_what_is_brought_back_with_another_type_is_of_that_type(both, agents):
    """Though the one of the old type was kept, in no collection, where it was deleted."""
    a, b = start(both)
    a.run("bpy.data.objects['three'].use_fake_user = True\nbpy.context.scene.collection.objects.unlink(bpy.data.objects['three'])")
    settle(a, b)
    three, mesh = a.run("result = [bpy.data.objects['three']['scenesync'], bpy.data.objects['one'].data['scenesync']]")
    b.run(
        "from scenesync import registration\nfields = {'deleted': False, 'type': 'MESH', 'data': bytes.fromhex(mesh)}\n"
        "registration.session().outbox.queue('object', bytes.fromhex(three), fields)\nassert scenesync.wait_synced(30)\nscenesync.leave()",
        three=three,
        mesh=mesh,
    )
    b.empty()
    b.join(agents[1], b.scene)
    settle(a, b)
    for person in (a, b):
        assert person.run("result = {o.name: o.type for o in bpy.context.scene.objects}") == {"one": "MESH", "two": "MESH", "three": "MESH"}
    same(a, b)


def test_what_is_brought_back_under_another_name(both, agents):
    """Also where it has been kept since it was deleted, and that name is taken: not as it was called before."""
    a, b = start(both)
    three = a.run("import uuid\nresult = str(uuid.UUID(bpy.data.objects['three']['scenesync']))")
    b.run("bpy.context.scene.collection.objects.unlink(bpy.data.objects['three'])\nbpy.data.objects.new('four', None).use_fake_user = True")
    settle(b, a)
    agents[0].run("set", a.scene, f"object/{three}", "deleted=false", 'name="four"')
    settle(a, b)
    for person in (a, b):  # which of two gets `.001` is for Blender to say
        assert person.run("result = sorted(name.partition('.')[0] for name in bpy.context.scene.objects.keys())") == ["four", "one", "two"]


def test_many_objects_moved_at_once(both):
    a, b = both
    a.run("for i in range(500):\n    bpy.context.scene.collection.objects.link(bpy.data.objects.new(f'o{i}', None))")
    settle(a, b)
    a.run("for i, o in enumerate(bpy.data.objects):\n    o.location = (i, 1, 2)\n    o.scale.x = i")
    settle(a, b)
    same(a, b)
    b.run("for i, o in enumerate(bpy.data.objects):\n    o.rotation_euler = (i, 1, 2)")
    settle(b, a)
    same(a, b)


def test_what_blender_refuses_is_told_until_it_is_set_anew_and_keeps_nobody_waiting(both):
    """A mesh cannot be what a lamp shines with: nothing but Blender knows."""
    a, b = start(both)
    a.run("o = bpy.data.objects.new('lamp', bpy.data.lights.new('lamp', 'POINT'))\nbpy.context.scene.collection.objects.link(o)")
    settle(a, b)
    shine = (
        "from scenesync import registration\ns = registration.session()\n"
        "s.outbox.queue('object', s.ctx.id_of(bpy.data.objects['lamp']), {'data': s.ctx.id_of(bpy.data.objects[of].data)})\n"
        "assert scenesync.wait_synced(30)"
    )
    b.run(shine, of="one")
    while not a.run("from scenesync import registration\nresult = len(registration.session().apply.failures)"):
        pass
    a.synced()
    said = "from scenesync.ui import describe\nresult = [row.text for row in describe.troubles(registration.session())]"
    assert "1 value of others could not be applied here" in a.run(said)
    b.run(shine, of="lamp")
    settle(a, b)
    same(a, b)
    assert a.run(said) == []
