# SPDX-License-Identifier: Apache-2.0
"""Undo and redo in Blenders with windows: ordinary edits for the others, and never fatal for whom they surprise."""

import pytest
from blender import same, settle
from conftest import VERSIONS

UNDO = """
def undo():
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo()
def redo():
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.redo()
def push():
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="test")
"""
versions = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def two(windows):
    for person in windows:
        person.run(UNDO)
    a, b = windows
    a.run("o = bpy.data.objects.new('mine', None)\nbpy.context.scene.collection.objects.link(o)\npush()")
    settle(a, b)
    b.run("push()")
    return a, b


def locations(person):
    return person.run("result = {o.name: o.location.x for o in bpy.context.scene.objects}")


@versions
def test_undo_and_redo_of_a_move(version, two):
    a, b = two
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
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
    a.run("bpy.context.scene.collection.objects.link(bpy.data.objects.new('new', None))\npush()")
    settle(a, b)
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
    a.run("bpy.data.objects['mine'].location.x = 7\nbpy.data.objects['mine']['p'] = 5\npush()")
    settle(a, b)
    a.run("bpy.data.objects.remove(bpy.data.objects['mine'])\npush()")
    settle(a, b)
    assert locations(b) == {}
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 7}
    same(a, b)


@versions
def test_undo_here_keeps_what_others_did(version, two):
    a, b = two
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    b.run("bpy.context.scene.collection.objects.link(bpy.data.objects.new('theirs', None))\nbpy.data.objects['mine'].scale.x = 3\npush()")
    settle(b, a)
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
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    b.run("bpy.data.objects['mine'].location.x = 2\npush()")
    settle(b, a)
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {"mine": 2}
    same(a, b)


@versions
def test_undo_after_another_deleted(version, two):
    a, b = two
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    b.run("bpy.data.objects.remove(bpy.data.objects['mine'])\npush()")
    settle(b, a)
    a.run("undo()")
    settle(a, b)
    assert locations(a) == locations(b) == {}
    same(a, b)


@versions
def test_undo_with_meshes_and_materials(version, two):
    a, b = two
    b.run(
        "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "o.data.materials.append(m)\no.parent = bpy.data.objects['mine']\npush()"
    )
    settle(b, a)
    a.run("bpy.data.objects['mine'].location.y = 4\npush()")
    settle(a, b)
    for step in ("undo", "undo", "redo", "undo"):
        a.run(f"{step}()")
        settle(a, b)
        same(a, b)


@versions
def test_undo_of_what_is_not_linked_yet(version, two):
    """Links are made in batches: undo can come between a collection and its place."""
    a, b = two
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run("from scenesync import registration\napply = registration.session().apply\napply.linked_at = float('inf')")
    b.run("bpy.context.scene.collection.children.link(bpy.data.collections.new('theirs'))\npush()")
    while not a.run("result = len(apply.links)"):
        pass
    a.run("undo()")
    while not a.run("result = len(apply.links)"):
        pass
    a.run("apply.linked_at = 0.0")
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.context.scene.collection.children]") == ["theirs"]


@versions
def test_undo_under_a_material_without_nodes(version, two):
    """Undo takes away a material that another made, and whose nodes that one has removed: it comes back without."""
    a, b = two
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    b.run(
        "bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "bpy.context.object.data.materials.append(m)\npush()"
    )
    settle(b, a)
    b.run("bpy.data.materials['m'].node_tree.nodes.clear()\npush()")
    settle(b, a)
    a.run("undo()")
    settle(a, b)
    assert a.run("result = len(bpy.data.materials['m'].node_tree.nodes)") == 0
    same(a, b)


@versions
def test_undo_of_a_generated_image(version, two):
    a, b = two
    a.run("i = bpy.data.images.new('i', 8, 8)\ni.generated_color = (1, 0, 0, 1)\npush()")
    settle(a, b)
    a.run("bpy.data.images['i'].generated_color = (0, 1, 0, 1)\npush()")
    settle(a, b)
    same(a, b)
    a.run("undo()")
    settle(a, b)
    assert b.run("result = bpy.data.images['i'].pixels[0]") == 1
    same(a, b)


@versions
def test_undo_to_a_place_that_waits_for_its_link(version, two):
    """Links are made in batches: what others have said meanwhile holds, not what they had said before."""
    a, b = two
    move = "for c in o.users_collection:\n    c.objects.unlink(o)\nnew.objects.link(o)\npush()"
    b.run("new = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(new)\npush()")
    settle(a, b)
    a.run("push()")
    b.run("o = bpy.data.objects['mine']\n" + move)
    settle(a, b)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run("from scenesync import registration\napply = registration.session().apply\napply.linked_at = float('inf')")
    b.run("new = bpy.context.scene.collection\n" + move)
    while not a.run("result = len(apply.links)"):
        pass
    a.run("undo()")
    a.run("apply.linked_at = 0.0")
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.data.objects['mine'].users_collection]") == ["Scene Collection"]


@versions
def test_undo_of_a_deletion_and_of_what_came_before(version, two):
    """What is brought back is as it was before it got what the others last knew of it."""
    a, b = two
    a.run("bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'\npush()")
    settle(a, b)
    a.run("o['p'] = 5\no.data.uv_layers.new(name='extra')\no.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()\npush()")
    settle(a, b)
    same(a, b)
    a.run("bpy.data.objects.remove(o)\npush()")
    settle(a, b)
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
    while not a.run("result = len(bpy.data.meshes)"):
        pass
    a.run("push()\napply.put = put\nfor each in objects:\n    put(*each)")
    settle(a, b)
    b.run("o.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()\npush()")
    settle(a, b)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run("undo()")
    settle(a, b)
    same(a, b)
    assert b.run("result = o.vertex_groups.keys()") == ["group"]


@versions
def test_redo_within_edit_mode(version, two):
    """What stands there is an edit, and a whole one: none of it is what others have heard of."""
    a, b = two
    b.run("bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'\npush()")
    settle(b, a)
    a.run(
        "bpy.context.view_layer.objects.active = bpy.data.objects['cube']\npush()\n"
        "with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n"
        "    bpy.ops.object.mode_set(mode='EDIT')\n    push()\n"
        "    bpy.ops.mesh.select_all(action='SELECT')\n    bpy.ops.mesh.subdivide()\n    push()\n"
        "undo()\nredo()"
    )
    settle(a, b)
    a.run("with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n    bpy.ops.object.mode_set(mode='OBJECT')")
    settle(a, b)
    same(a, b)
    assert b.run("o = bpy.data.objects['cube']\nresult = [len(o.data.vertices), len(o.data.uv_layers)]") == [26, 1]


@versions
def test_edit_of_what_undo_took_from_its_place(version, two):
    """Links are made in batches: where it hangs until then is nobody's edit."""
    a, b = two
    a.run("push()")
    b.run(
        "new = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(new)\no = bpy.data.objects['mine']\n"
        "for c in o.users_collection:\n    c.objects.unlink(o)\nnew.objects.link(o)\npush()"
    )
    settle(b, a)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run("from scenesync import registration\nsession = registration.session()\nsession.apply.linked_at = float('inf')\nundo()")
    while not a.run("result = len(session.apply.links)"):
        pass
    a.run("bpy.data.objects['mine'].color = (1, 0, 0, 1)\npush()")
    a.run("pass")
    a.run("session.apply.linked_at = 0.0")
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.data.objects['mine'].users_collection]") == ["c"]
    assert b.run("result = o.color[1]") == 0


@versions
def test_undo_in_edit_mode_after_another_deleted_what_is_edited(version, two):
    """Blender's steps within Edit Mode are nothing without the object."""
    a, b = two
    b.run("bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'\npush()")
    settle(b, a)
    a.run(
        "bpy.context.view_layer.objects.active = bpy.data.objects['cube']\npush()\n"
        "with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):\n"
        "    bpy.ops.object.mode_set(mode='EDIT')\n    push()\n"
        "    bpy.ops.mesh.select_all(action='SELECT')\n    bpy.ops.mesh.subdivide()\n    push()\n    bpy.ops.mesh.subdivide()\n    push()"
    )
    b.run("bpy.data.objects.remove(bpy.data.objects['cube'])\npush()")
    settle(a, b)
    for _ in range(4):
        a.run("undo()")
        settle(a, b)
    assert locations(a) == locations(b) == {"mine": 0}
    same(a, b)


@versions
def test_undo_in_edit_mode_of_what_others_point_at(version, two):
    """Of a step within Edit Mode Blender notes what is edited and which datablocks are new, but not that another now points at them."""
    a, b = two
    b.run(
        "bpy.ops.mesh.primitive_cube_add()\no = bpy.context.object\no.name = 'cube'\nm = bpy.data.materials.new('m')\nm.use_nodes = True\n"
        "o.data.materials.append(m)\nn = m.node_tree.nodes.new('ShaderNodeTexImage')\npush()"
    )
    settle(b, a)
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


@versions
def test_undo_of_a_place_while_another_waits_for_its_link(version, two):
    """Undo leaves it in no collection, as it was before its first link: that is nobody's edit, and not above what others say meanwhile."""
    a, b = two
    waiting = "from scenesync import registration\napply = registration.session().apply\napply.linked_at = float('inf')"
    a.run(waiting)
    b.run(
        "c = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(c)\n"
        "o = bpy.data.objects.new('theirs', None)\nc.objects.link(o)\npush()"
    )
    while not a.run("result = any(kind == 'object' for kind, _ in apply.links)"):
        pass
    a.run("push()\napply.linked_at = 0.0")
    settle(a, b)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run(waiting)
    b.run("c.objects.unlink(o)\nbpy.context.scene.collection.objects.link(o)\npush()")
    while not a.run("result = len(apply.links)"):
        pass
    a.run("undo()")
    a.run("apply.linked_at = 0.0")
    settle(a, b)
    same(a, b)
    assert b.run("result = [c.name for c in o.users_collection]") == ["Scene Collection"]


@versions
def test_undo_of_weights_that_are_looked_at_seldom(version, two):
    """Looking at the weights of a large mesh can wait, but not after undo: what others have changed is put back."""
    a, b = two
    b.run(
        "bpy.ops.mesh.primitive_grid_add(x_subdivisions=80, y_subdivisions=80)\no = bpy.context.object\no.name = 'grid'\n"
        "o.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()\npush()"
    )
    settle(b, a)
    a.run("push()")
    b.run("o.vertex_groups[0].add([0], 0.25, 'REPLACE')\no.data.update()\npush()")
    settle(b, a)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()")
    settle(a, b)
    a.run(
        "from scenesync import registration\nfor memory in registration.session().ctx.kinds['mesh'].memories.values():\n"
        "    memory.groups.looked = (memory.groups.looked[0] + 1000, *memory.groups.looked[1:])\n"
        "undo()"
    )
    settle(a, b)
    same(a, b)
    assert b.run("result = o.vertex_groups[0].weight(0)") == 0.25


@versions
def test_undo_before_the_last_is_put_right(version, two):
    """What others wrote comes back whole: a label alone would be lost when its node is gone, too."""
    a, b = two
    b.run("bpy.ops.mesh.primitive_cube_add()\nm = bpy.data.materials.new('m')\nm.use_nodes = True\nbpy.context.object.data.materials.append(m)\npush()")
    settle(b, a)
    a.run("push()")
    for edit in ("n = m.node_tree.nodes.new('ShaderNodeMath')\nn.location = (7, 8)", "n.label = 'sum'"):
        b.run(edit + "\npush()")
        settle(b, a)
        a.run("bpy.data.objects['mine'].location.x += 1\npush()")
        settle(a, b)
    a.run("from scenesync import registration\nsession = registration.session()\nsession._take_in = lambda deadline: None\nundo()")
    while not a.run("result = any(kind == 'material' for kind, _ in session.apply.forced)"):
        pass
    a.run("undo()")
    a.run("del session._take_in")
    settle(a, b)
    same(a, b)
    assert a.run("n = bpy.data.materials['m'].node_tree.nodes['Math']\nresult = [n.label, *n.location]") == ["sum", 7, 8]


@versions
def test_undo_while_what_we_said_comes_back(version, two):
    """Of a mesh, undo takes our work and another's: the other's is put back, but not what the agent just happens to repeat of ours."""
    a, b = two
    b.run("bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'\nbpy.context.object.data['p'] = 1\npush()")
    settle(b, a)
    a.run(
        "import bmesh\npush()\nwork, mesh = bmesh.new(), bpy.data.objects['cube'].data\nwork.from_mesh(mesh)\n"
        "bmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)\nwork.to_mesh(mesh)\nmesh.update()\npush()"
    )
    settle(a, b)
    b.run("bpy.data.objects['cube'].data['p'] = 2")
    settle(b, a)
    a.run(
        "from scenesync import registration\nsession = registration.session()\nuuid = session.ctx.id_of(bpy.data.objects['cube'].data)\n"
        "session.apply.put('mesh', uuid, {'topology': session.mirror.get('mesh', uuid).values['topology']})\nundo()"
    )
    settle(a, b)
    same(a, b)
    assert b.run("mesh = bpy.data.objects['cube'].data\nresult = [len(mesh.vertices), mesh['p']]") == [8, 2]
