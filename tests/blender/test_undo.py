# SPDX-License-Identifier: Apache-2.0
"""Undo and redo in Blenders with windows: ordinary edits for the others, and never fatal for whom they surprise."""

from blender import same, settle
from conftest import versions
from undo import edit, locations, move_mine, until


@versions
def test_undo_of_a_type_of_light_that_another_has_changed_again(version, two):
    """The attributes of that type go with it: they are not ours to take away."""
    a, b = two
    edit(
        a,
        b,
        "lamp = bpy.data.lights.new('lamp', 'AREA')\nlamp.shadow_soft_size = 1\n"
        "bpy.context.scene.collection.objects.link(bpy.data.objects.new('lamp', lamp))\npush()\nlamp.type = 'POINT'",
    )
    b.run("bpy.data.lights['lamp'].type = 'SPOT'")
    settle(a, b)
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.lights['lamp'].type, bpy.data.lights['lamp'].shadow_soft_size") == ["SPOT", 1]


@versions
def test_undo_before_something_new_is_noticed(version, two):
    """Another that is called like what was deleted is not the same."""
    a, b = two
    edit(a, b, "dog = bpy.data.objects.new('dog', None)\nbpy.context.scene.collection.objects.link(dog)")
    b.run("bpy.context.scene.collection.objects.unlink(bpy.data.objects['dog'])")
    settle(b, a)
    a.run("push()")
    a.run(
        "lamp = bpy.data.objects.new('dog', bpy.data.lights.new('lamp', 'SUN'))\nbpy.context.scene.collection.objects.link(lamp)\npush()\n"
        "bpy.data.objects['mine'].location.x = 1\npush()\nundo()"
    )
    settle(a, b)
    for person in (a, b):
        assert person.run("result = sorted((o.type, o.location.x) for o in bpy.context.scene.objects)") == [["EMPTY", 0], ["LIGHT", 0]]


@versions
def test_undo_and_redo_of_a_move(version, two):
    a, b = two
    move_mine(a, b)
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 0}
    a.run("redo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 1}
    same(a, b)


@versions
def test_undo_and_redo_of_an_addition(version, two):
    a, b = two
    edit(a, b, "bpy.context.scene.collection.objects.link(bpy.data.objects.new('new', None))")
    assert set(locations(b)) == {"mine", "new"}
    a.run("undo()")
    settle(a, b)
    assert set(locations(a)) == set(locations(b)) == {"mine"}
    a.run("redo()")
    settle(a, b)
    assert set(locations(a)) == set(locations(b)) == {"mine", "new"}
    same(a, b)


@versions
def test_undo_of_a_deletion(version, two):
    a, b = two
    edit(a, b, "bpy.data.objects['mine'].location.x = 7\nbpy.data.objects['mine']['p'] = 5")
    edit(a, b, "bpy.data.objects.remove(bpy.data.objects['mine'])")
    assert locations(b) == {}
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 7}
    same(a, b)


@versions
def test_undo_here_keeps_what_others_did(version, two):
    a, b = two
    move_mine(a, b)
    edit(b, a, "bpy.context.scene.collection.objects.link(bpy.data.objects.new('theirs', None))\nbpy.data.objects['mine'].scale.x = 3")
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 0, "theirs": 0}
    assert a.run("result = bpy.data.objects['mine'].scale.x") == 3
    same(a, b)
    a.run("redo()")
    settle(a, b)
    same(a, b)
    assert set(locations(a)) == {"mine", "theirs"}


@versions
def test_undo_of_what_another_has_changed_since(version, two):
    a, b = two
    move_mine(a, b)
    edit(b, a, "bpy.data.objects['mine'].location.x = 2")
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 2}
    same(a, b)


@versions
def test_undo_after_another_deleted(version, two):
    a, b = two
    move_mine(a, b)
    edit(b, a, "bpy.data.objects.remove(bpy.data.objects['mine'])")
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {}
    same(a, b)


@versions
def test_undo_with_meshes_and_materials(version, two):
    a, b = two
    edit(
        b,
        a,
        "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "o.data.materials.append(m)\no.parent = bpy.data.objects['mine']",
    )
    edit(a, b, "bpy.data.objects['mine'].location.y = 4")
    for step in ("undo", "undo", "redo", "undo"):
        a.run(f"{step}()")
        settle(a, b)
        same(a, b)


@versions
def test_undo_under_a_material_without_nodes(version, two):
    """Undo takes away a material that another made, and whose nodes that one has removed: it comes back without."""
    a, b = two
    move_mine(a, b)
    edit(
        b,
        a,
        "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "bpy.context.object.data.materials.append(m)",
    )
    edit(b, a, "bpy.data.materials['m'].node_tree.nodes.clear()")
    a.run("undo()")
    settle(a, b)
    assert a.run("result = len(bpy.data.materials['m'].node_tree.nodes)") == 0
    same(a, b)


@versions
def test_undo_of_a_generated_image(version, two):
    a, b = two
    edit(a, b, "i = bpy.data.images.new('i', 8, 8)\ni.generated_color = (1, 0, 0, 1)")
    edit(a, b, "bpy.data.images['i'].generated_color = (0, 1, 0, 1)")
    same(a, b)
    a.run("undo()")
    settle(a, b)
    assert b.run("result = bpy.data.images['i'].pixels[0]") == 1
    same(a, b)


@versions
def test_undo_of_a_deletion_and_of_what_came_before(version, two):
    """What is brought back is as it was before it got what the others last knew of it."""
    a, b = two
    edit(a, b, "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'")
    edit(a, b, "o['p'] = 5\no.data.uv_layers.new(name='extra')\no.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()")
    same(a, b)
    edit(a, b, "bpy.data.objects.remove(o)")
    a.run("undo()\nundo()")
    settle(a, b)
    same(a, b)
    assert b.run("o = bpy.data.objects['cube']\nresult = [len(o.data.uv_layers), len(o.vertex_groups), 'p' in o]") == [1, 0, False]


@versions
def test_undo_to_a_mesh_that_no_object_uses(version, two):
    """Blender shows vertex groups through an object only: that undo took them away is noticed where there is none."""
    a, b = two
    a.run(
        "from scenesync import registration\napply = registration.session().apply\nput, objects = apply.put, []\n"
        "apply.put = lambda kind, *what, **how: objects.append((kind, *what)) if kind == 'object' else put(kind, *what, **how)"
    )
    b.run("bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\npush()")
    until(a, "len(bpy.data.meshes)")
    a.run("push()\napply.put = put\nfor each in objects:\n    put(*each)")
    settle(a, b)
    edit(b, a, "o.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()")
    move_mine(a, b)
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert b.run("result = o.vertex_groups.keys()") == ["group"]


@versions
def test_undo_that_puts_another_node_in_the_place_of_theirs(version, two):
    """What takes its place is no longer it: all of theirs comes back, even what both have alike."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\nbpy.context.object.data.materials.append(m)")
    edit(a, b, "n = bpy.data.materials['m'].node_tree.nodes.new('ShaderNodeTexImage')\nn.label = 'alike'")
    edit(a, b, "bpy.data.materials['m'].node_tree.nodes.remove(n)")
    edit(b, a, "n = m.node_tree.nodes.new('ShaderNodeTexNoise')\nn.label = 'alike'\nn.inputs['Scale'].default_value = 7")
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert b.run("result = [n.label, n.inputs['Scale'].default_value]") == ["alike", 7]


@versions
def test_undo_that_puts_a_linked_node_in_the_place_of_theirs(version, two):
    """It is back beside theirs, with its link."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\nbpy.context.object.data.materials.append(m)")
    edit(a, b, """t = bpy.data.materials['m'].node_tree
n = t.nodes.new('ShaderNodeMath')
t.links.new(next(n for n in t.nodes if n.type == 'BSDF_PRINCIPLED').inputs['Roughness'], n.outputs[0])""")
    edit(a, b, "t.nodes.remove(n)")
    edit(b, a, "m.node_tree.nodes.new('ShaderNodeTexNoise')")
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert b.run("result = [sorted(n.bl_idname for n in list(m.node_tree.nodes)[2:]), len(m.node_tree.links)]") == [["ShaderNodeMath", "ShaderNodeTexNoise"], 2]


@versions
def test_undo_takes_their_node_that_we_have_edited(version, two):
    """It comes back as it was last: what was here before has no value for what we edited."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\nbpy.context.object.data.materials.append(m)")
    a.run("push()")
    edit(b, a, "n = m.node_tree.nodes.new('ShaderNodeTexNoise')\nn.inputs['Detail'].default_value = 3")
    edit(a, b, "bpy.data.materials['m'].node_tree.nodes['Noise Texture'].inputs['Scale'].default_value = 7")
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert b.run("result = [n.inputs[name].default_value for name in ('Detail', 'Scale')]") == [3, 7]


@versions
def test_undo_after_another_has_made_shape_keys(version, two):
    """They are a datablock that the undo step of before does not have."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'")
    move_mine(a, b)
    for axis in "yz":
        edit(a, b, f"bpy.data.objects['mine'].location.{axis} = 1")
    a.run("undo()")
    settle(a, b)
    b.run("for name in ('Basis', 'Up'):\n    o.shape_key_add(name=name, from_mix=False)\no.data.update()")
    settle(a, b)
    assert a.run("from scenesync import registration\nresult = registration.session().pending_push")
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.objects['cube'].data.shape_keys.key_blocks.keys()") == ["Basis", "Up"]
    assert a.run("result = bpy.data.shape_keys.values() == [bpy.data.objects['cube'].data.shape_keys]")
    b.run("bpy.data.meshes.remove(o.data)")
    settle(a, b)
    same(a, b)


@versions
def test_undo_takes_their_shape_key_that_we_have_edited(version, two):
    """It comes back as it was last, with what we had made of it."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'")
    a.run("push()")
    edit(b, a, "for name in ('Basis', 'Up'):\n    o.shape_key_add(name=name, from_mix=False)\no.data.update()")
    edit(a, b, "m = bpy.data.objects['cube'].data\nm.shape_keys.key_blocks['Up'].data[0].co = (5, 6, 7)\nm.update()")
    a.run("undo()")
    settle(a, b)
    same(a, b)


@versions
def test_undo_of_weights_that_are_looked_at_seldom(version, two):
    """Looking at the weights of a large mesh can wait, but not after undo, whoever asks for them first: what others have changed is put back."""
    a, b = two
    edit(
        b,
        a,
        "bpy.ops.mesh.primitive_grid_add(x_subdivisions=80, y_subdivisions=80)\no = bpy.context.object\no.name = 'grid'\n"
        "o.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()",
    )
    a.run("push()")
    edit(b, a, "o.vertex_groups[0].add([0], 0.25, 'REPLACE')\no.data.update()")
    move_mine(a, b)
    a.run(
        "from scenesync import registration\nsession = registration.session()\nmemories = session.ctx.kinds['mesh'].memories.values()\n"
        "for memory in memories:\n    memory.groups.looked = (memory.groups.looked[0] + 1000, *memory.groups.looked[1:])\n"
        "after_undo = session.diff._after_undo\n"
        "def and_sweep():\n    after_undo()\n    for memory in memories:\n        memory.groups.demand()\n"
        "session.diff._after_undo = and_sweep\nundo()"
    )
    settle(a, b)
    same(a, b)
    assert b.run("result = o.vertex_groups[0].weight(0)") == 0.25


@versions
def test_undo_brings_back_a_mesh_that_has_got_weights(version, two):
    """Another has deleted it since, and gives it back with the object of ours that uses it: what was written to it before is not in it."""
    a, b = two
    edit(a, b, "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'")
    edit(a, b, "o = bpy.data.objects['cube'].copy()\no.name = 'second'\nbpy.context.scene.collection.objects.link(o)")
    edit(a, b, "bpy.data.objects.remove(o)")
    b.run("o = bpy.data.objects['cube']\no.vertex_groups.new(name='group').add([0, 3], 0.5, 'REPLACE')\no.data.update()")
    settle(b, a)
    b.run("bpy.data.objects.remove(o)")
    settle(b, a)
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert a.run("result = [len(v.groups) for v in bpy.data.objects['second'].data.vertices][:4]") == [1, 0, 0, 1]


@versions
def test_undo_before_the_last_is_put_right(version, two):
    """What others wrote comes back whole: a label alone would be lost when its node is gone, too."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\nbpy.context.object.data.materials.append(m)")
    a.run("push()")
    for change in ("n = m.node_tree.nodes.new('ShaderNodeMath')\nn.location = (7, 8)", "n.label = 'sum'"):
        edit(b, a, change)
        edit(a, b, "bpy.data.objects['mine'].location.x += 1")
    a.run("from scenesync import registration\nsession = registration.session()\nsession._take_in = lambda deadline: None\nundo()")
    until(a, "any(kind == 'material' for kind, _ in session.apply.forced)")
    a.run("undo()")
    a.run("del session._take_in")
    settle(a, b)
    same(a, b)
    assert a.run("n = bpy.data.materials['m'].node_tree.nodes['Math']\nresult = [n.label, *n.location]") == ["sum", 7, 8]


@versions
def test_undo_while_what_we_said_comes_back(version, two):
    """Of a mesh, undo takes our work and another's: the other's is put back, but not what the agent just happens to repeat of ours."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'\nbpy.context.object.data['p'] = 1")
    edit(
        a,
        b,
        "import bmesh\npush()\nwork, mesh = bmesh.new(), bpy.data.objects['cube'].data\nwork.from_mesh(mesh)\n"
        "bmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)\nwork.to_mesh(mesh)\nmesh.update()",
    )
    b.run("bpy.data.objects['cube'].data['p'] = 2")
    settle(b, a)
    a.run(
        "from scenesync import registration\nsession = registration.session()\nuuid = session.ctx.id_of(bpy.data.objects['cube'].data)\n"
        "session.apply.put('mesh', uuid, {'topology': session.mirror.get('mesh', uuid).values['topology']})\nundo()"
    )
    settle(a, b)
    same(a, b)
    assert b.run("mesh = bpy.data.objects['cube'].data\nresult = [len(mesh.vertices), mesh['p']]") == [8, 2]
