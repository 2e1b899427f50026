# SPDX-License-Identifier: Apache-2.0
"""Undo while links wait: they are made in batches, as each makes Blender rebuild its relations."""

import pytest
from blender import same, settle
from conftest import versions
from undo import edit, hold_links, let_links_go, move_mine, until


@versions
def test_undo_of_what_is_not_linked_yet(version, two):
    """Links are made in batches: undo can come between a collection and its place."""
    a, b = two
    move_mine(a, b)
    hold_links(a)
    b.run("bpy.context.scene.collection.children.link(bpy.data.collections.new('theirs'))\npush()")
    until(a, "len(session.apply.links)")
    a.run("undo()")
    until(a, "len(session.apply.links)")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.context.scene.collection.children]") == ["theirs"]


@pytest.mark.parametrize("noticed", (True, False))
@versions
def test_purge_of_what_is_not_linked_yet(version, noticed, two):
    """Links are made in batches: what nothing uses until then is not unused in the scene."""
    a, b = two
    hold_links(a)
    b.run("bpy.context.scene.collection.children.link(bpy.data.collections.new('theirs'))")
    until(a, "len(session.apply.links)")
    if noticed:
        a.run("bpy.data.orphans_purge()\nsession.watch.structure = True")
    else:
        a.run("bpy.data.orphans_purge()\nsession.watch.structure = False\nsession.apply.linked_at = 0.0")
        a.run("session.watch.structure = True")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.context.scene.collection.children]") == ["theirs"]


@versions
def test_delete_of_what_has_just_been_linked(version, two):
    a, b = two
    hold_links(a)
    b.run("bpy.context.scene.collection.children.link(bpy.data.collections.new('theirs'))")
    until(a, "len(session.apply.links)")
    a.run(
        "session.apply.linked_at = 0.0\nsession._work(session._take_in, float('inf'))\nassert not session.apply.links\n"
        "bpy.data.collections.remove(bpy.data.collections['theirs'])"
    )
    settle(a, b)
    same(a, b)
    assert b.run("result = [c.name for c in bpy.context.scene.collection.children]") == []


@versions
def test_undo_to_a_place_that_waits_for_its_link(version, two):
    """Links are made in batches: what others have said meanwhile holds, not what they had said before."""
    a, b = two
    move = "for c in o.users_collection:\n    c.objects.unlink(o)\nnew.objects.link(o)\npush()"
    edit(b, a, "new = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(new)")
    a.run("push()")
    b.run("o = bpy.data.objects['mine']\n" + move)
    settle(a, b)
    move_mine(a, b)
    hold_links(a)
    b.run("new = bpy.context.scene.collection\n" + move)
    until(a, "len(session.apply.links)")
    a.run("undo()")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.data.objects['mine'].users_collection]") == ["Scene Collection"]


@versions
def test_edit_of_what_undo_took_from_its_place(version, two):
    """Links are made in batches: where it hangs until then is nobody's edit."""
    a, b = two
    a.run("push()")
    edit(
        b,
        a,
        "new = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(new)\no = bpy.data.objects['mine']\n"
        "for c in o.users_collection:\n    c.objects.unlink(o)\nnew.objects.link(o)",
    )
    move_mine(a, b)
    hold_links(a)
    a.run("undo()")
    until(a, "len(session.apply.links)")
    a.run("bpy.data.objects['mine'].color = (1, 0, 0, 1)\npush()")
    a.run("pass")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.data.objects['mine'].users_collection]") == ["c"]
    assert b.run("result = o.color[1]") == 0


@versions
def test_undo_of_a_place_while_another_waits_for_its_link(version, two):
    """Undo leaves it in no collection, as it was before its first link: that is nobody's edit, and not above what others say meanwhile."""
    a, b = two
    hold_links(a)
    b.run(
        "c = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(c)\n"
        "o = bpy.data.objects.new('theirs', None)\nc.objects.link(o)\npush()"
    )
    until(a, "any(kind == 'object' for kind, _ in session.apply.links)")
    a.run("push()\nsession.apply.linked_at = 0.0")
    settle(a, b)
    move_mine(a, b)
    hold_links(a)
    b.run("c.objects.unlink(o)\nbpy.context.scene.collection.objects.link(o)\npush()")
    until(a, "len(session.apply.links)")
    a.run("undo()")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert b.run("result = [c.name for c in o.users_collection]") == ["Scene Collection"]


@versions
def test_undo_of_what_is_linked_otherwise_meanwhile(version, two):
    """A link that waits is not the newest when undo has taken away what it is for."""
    a, b = two
    move_mine(a, b)
    hold_links(a)
    b.run("theirs = bpy.data.objects.new('theirs', None)\nbpy.context.scene.collection.objects.link(theirs)\ntheirs.parent = bpy.data.objects['mine']")
    until(a, "any('parent' in fields for fields in session.apply.links.values())")
    a.run(
        "(uuid,) = [uuid for (kind, uuid), fields in session.apply.links.items() if 'parent' in fields]\n"
        "find, session._find_edits = session._find_edits, lambda deadline: None\nundo()"
    )
    b.run("theirs.matrix_parent_inverse[0][3] = 5\npush()")
    until(a, "session.mirror.get('object', uuid).values.get('matrix_parent_inverse', [0] * 16)[3] == 5")
    a.run("session.apply.linked_at = 0.0\nscenesync.pump(0.2)\nsession._find_edits = find")
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.objects['theirs'].matrix_parent_inverse[0][3]") == 5


@versions
def test_undo_brings_back_the_collection_that_it_was_taken_out_of(version, two):
    """Another has taken it out meanwhile, which was written when there was no such collection."""
    a, b = two
    root = "root = bpy.context.scene.collection\no = bpy.data.objects['mine']\n"
    edit(a, b, root + "c = bpy.data.collections.new('c')\nroot.children.link(c)\nc.objects.link(o)\nroot.objects.unlink(o)")
    hold_links(a)
    b.run(root + "root.objects.link(o)\nbpy.data.collections['c'].objects.unlink(o)\npush()")
    until(a, "len(session.apply.links)")
    a.run("bpy.data.collections.remove(c)\nsession._work(session.apply._link, 0.0)\npush()\nundo()")
    let_links_go(a)
    settle(a, b)
    same(a, b)
    assert a.run("result = [c.name for c in bpy.data.objects['mine'].users_collection]") == ["Scene Collection"]


# Fields whose names end so come only with ARRIVE.
LATE = (
    "from scenesync import registration\nreceive = registration.session().receive\ntake, late = receive.entity, []\n"
    "def entity(kind, uuid, fields, after):\n"
    "    files = {field: fields.pop(field) for field in list(fields) if field.endswith(name)}\n"
    "    late.extend([(kind, uuid, files, after)] if files else [])\n"
    "    take(kind, uuid, fields, after)\n"
    "receive.entity = entity"
)
ARRIVE = "receive.entity = take\nfor arguments in late:\n    take(*arguments)"


@versions
def test_undo_while_a_topology_is_on_its_way(version, two):
    """Large arrays are files, which come later than what names them: undo puts back what is to be there then."""
    a, b = two
    subdivide = (
        "import bmesh\nmesh, work = bpy.data.objects['cube'].data, bmesh.new()\nwork.from_mesh(mesh)\n"
        "bmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)\nwork.to_mesh(mesh)\nmesh.update()\npush()"
    )
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'cube'")
    a.run("push()")
    b.run(subdivide)
    settle(b, a)
    a.run("bpy.data.objects['mine'].location.x = 1\npush()\n" + LATE, name="/positions")
    b.run(subdivide)
    until(a, "len(late)")
    a.run("scenesync.pump(0.1)\nundo()")
    a.run("scenesync.pump(0.5)\n" + ARRIVE)
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.objects['mine'].location.x") == 0


LAYERED = (
    "bpy.ops.mesh.primitive_cube_add()\ncube = bpy.context.object\ncube.data.attributes.new('cat', 'FLOAT', 'POINT').data[0].value = 1\n"
    "cube.vertex_groups.new(name='dog').add([0], 0.5, 'REPLACE')\npush()"
)


@versions
def test_undo_while_a_new_mesh_is_on_its_way(version, two):
    """Undo takes away what is there of it; what has come already is not taken for its owner's wish to have nothing."""
    a, b = two
    a.run("push()\nbpy.data.objects['mine'].location.x = 1\npush()\n" + LATE, name="/counts")
    b.run(LAYERED)
    until(a, "len(late)")
    a.run("scenesync.pump(0.5)\nsession = registration.session()\ntake_in, session._take_in = session._take_in, lambda deadline: None\nundo()")
    a.run("scenesync.pump(0.5)\n" + ARRIVE + "\nsession._take_in = take_in")
    settle(a, b)
    same(a, b)
    assert b.run("result = cube.data.attributes['cat'].data[0].value, cube.vertex_groups['dog'].weight(0)") == [1, 0.5]


@versions
def test_undo_of_a_mesh_that_loses_its_object(version, two):
    """Blender shows the vertex groups of a mesh through an object only: what undo did to them is found before that object goes."""
    a, b = two
    edit(b, a, "bpy.ops.mesh.primitive_cube_add()\none = bpy.context.object")
    a.run("push()")
    edit(
        b,
        a,
        "mesh, two = one.data, bpy.data.objects.new('two', one.data)\nbpy.context.scene.collection.objects.link(two)\n"
        "two.vertex_groups.new(name='dog').add([0], 0.5, 'REPLACE')\nbpy.data.objects.remove(one)",
    )
    move_mine(a, b)
    a.run(
        "from scenesync import registration\nsession = registration.session()\nfind, take = session._find_edits, session._take_in\n"
        "after_undo, one_thing = session.diff._after_undo, 0.0\n"
        "def meshes_second():\n"
        "    after_undo()\n"
        "    session.watch.dirty.clear()\n"
        "    first, *rest = sorted(session.diff.restore, key=lambda key: (key[0] != 'object', key[0] != 'mesh'))\n"
        "    session.diff.restore = dict.fromkeys([first, *sorted(rest, key=lambda key: key[0] != 'mesh')], True)\n"
        "session.diff._after_undo = meshes_second\n"
        "def find_one_then_all(deadline):\n"
        "    global one_thing\n"
        "    find(one_thing)\n"
        "    one_thing = float('inf')\n"
        "session._find_edits, session._take_in = find_one_then_all, lambda deadline: take(0.0)\nundo()"
    )
    settle(a, b)
    a.run("del session._find_edits, session._take_in, session.diff._after_undo")
    settle(a, b)
    same(a, b)
    assert a.run("result = bpy.data.objects['two'].vertex_groups.keys()") == ["dog"]


def test_a_mesh_that_loses_its_last_object_after_undo(both):
    """Its vertex groups are what undo has left, not what was read before: through whatever object is needed to see them."""
    a, b = both
    a.run("bpy.ops.mesh.primitive_cube_add()\ncube = bpy.context.object\ncube.vertex_groups.new(name='dog')\ncube.vertex_groups.new(name='cat')")
    settle(a, b)
    names = a.run("""
from scenesync import registration
session = registration.session()
mesh, kind = cube.data, session.ctx.kinds["mesh"]
cube.vertex_groups.remove(cube.vertex_groups["cat"])
kind.after_undo(session.ctx)
bpy.data.objects.remove(cube)
fields = kind.read(session.ctx, mesh)
result = [fields[name] for name in fields if name.startswith("vertex_groups/") and name.endswith("/name")]
""")
    assert names == ["dog"]
