# SPDX-License-Identifier: Apache-2.0
"""Parents, and links to what has not arrived or cannot be: they hold as soon as they can."""

import uuid

import pytest
from blender import same, settle
from test_concurrency import HOLD
from test_objects import start


@pytest.mark.parametrize("linked", (True, False))
def test_a_copy_waits_for_what_its_original_waits_for(both, agents, linked):
    """A light that nobody has yet: the copy made meanwhile shows it as soon as it comes, too."""
    a, b = both
    light = uuid.uuid4()
    agents[0].run("create", b.scene, "object", 'name="lamp"', 'type="LIGHT"', f'data="{light}"')
    settle(a, b)
    b.run(
        "o = bpy.data.objects['lamp']\no.select_set(True)\nbpy.context.view_layer.objects.active = o\nbpy.ops.object.duplicate(linked=linked)",
        linked=linked,
    )
    settle(a, b)
    a.run(
        "sun = bpy.data.lights.new('sun', 'SUN')\nsun['scenesync'] = light\n"
        "bpy.context.scene.collection.objects.link(bpy.data.objects.new('another', sun))",
        light=light.hex,
    )
    settle(a, b)
    for blender in both:
        assert blender.run("result = [[o.name, o.data.name] for o in bpy.data.objects]") == [["another", "sun"], ["lamp", "sun"], ["lamp.001", "sun"]]


def test_a_parent_that_comes_when_it_is_no_longer_one(both, agents):
    """What is to be linked with the next batch is newer than what waits for a datablock."""
    a, b = start(both)
    parent = uuid.uuid4()
    child = uuid.UUID(b.run("result = bpy.data.objects['three']['scenesync']"))
    agents[0].run("set", b.scene, f"object/{child}", f'parent="{parent}"')
    settle(a, b)
    a.run("apply = scenesync.registration.session().apply\napply.linked_at = float('inf')")
    agents[0].run("set", b.scene, f"object/{child}", "parent=null")
    while not a.run("result = len(apply.links)"):
        pass
    a.run(
        "o = bpy.data.objects.new('parent', None)\no['scenesync'] = parent\nbpy.context.scene.collection.objects.link(o)\n"
        "bpy.context.view_layer.update()\nscenesync.pump(0.1)\napply.linked_at = 0.0",
        parent=parent.hex,
    )
    settle(a, b)
    assert a.run("result = bpy.data.objects['three'].parent") is None
    same(a, b)


@pytest.mark.parametrize("cycle", (False, True))
def test_another_parent_than_the_one_it_could_not_have(both, agents, cycle):
    """How an object hangs on a parent that is not there, or that would close a cycle, holds for the parent it gets instead."""
    a, b = start(both)
    ids = b.run("result = {o.name: str(__import__('uuid').UUID(o['scenesync'])) for o in bpy.data.objects}")
    hanging = (1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1)
    first, second = sorted((ids["one"], ids["two"]))
    if cycle:
        agents[0].run("set", b.scene, f"object/{first}", f'parent="{second}"')
    agents[0].run("set", b.scene, f"object/{second}", f'parent="{first if cycle else uuid.uuid4()}"', f"matrix_parent_inverse={list(hanging)}")
    settle(a, b)
    agents[0].run("set", b.scene, f"object/{second}", f'parent="{ids["three"]}"')
    settle(a, b)
    same(a, b)
    for blender in both:
        where = "result = [[o.parent.name, *o.matrix_parent_inverse.col[3]] for o in bpy.data.objects if o['scenesync'] == uuid]"
        assert blender.run(where, uuid=second.replace("-", "")) == [["three", 5, 6, 7, 1]]


def test_parent(both):
    a, b = start(both)
    a.run(
        "o, p = bpy.data.objects['one'], bpy.data.objects['three']\np.location = (1, 2, 3)\np.rotation_euler.z = 1\n"
        "bpy.context.view_layer.update()\no.parent = p\no.matrix_parent_inverse = p.matrix_world.inverted()"
    )
    settle(a, b)
    same(a, b)
    b.run("bpy.data.objects['one'].parent = bpy.data.objects['two']")
    settle(b, a)
    assert a.run("result = bpy.data.objects['one'].parent.name") == "two"
    same(a, b)
    a.run("bpy.data.objects['one'].parent = None")
    settle(a, b)
    same(a, b)


def test_a_cycle_of_parents_made_at_once(both):
    a, b = start(both)
    a.run("bpy.data.objects['one'].parent = bpy.data.objects['two']\nbpy.context.view_layer.update()")
    b.run("bpy.data.objects['two'].parent = bpy.data.objects['one']\nbpy.context.view_layer.update()")
    settle(a, b)
    same(a, b)
    parents = a.run("result = [bpy.data.objects[n].parent is not None for n in ('one', 'two')]")
    assert sorted(parents) == [False, True]
    a.run("o = next(o for o in bpy.data.objects if o.parent)\no.parent = None")
    settle(a, b)
    same(a, b)


def test_a_link_that_fails_is_made_later_and_does_not_keep_the_rest(both):
    a, b = start(both)
    b.run(
        "from scenesync import registration\ndiff = registration.session().diff\nfound, send = [], diff.send_unnoticed\n"
        "def fail_once(kind, uuid, block, record, incoming):\n"
        "    if kind.name == 'object' and not found:\n        found.append(block.name)\n        raise RuntimeError('out of luck')\n"
        "    send(kind, uuid, block, record, incoming)\n"
        "diff.send_unnoticed = fail_once"
    )
    a.run("p = bpy.data.objects['one']\nfor name in ('two', 'three'):\n    bpy.data.objects[name].parent = p")
    settle(a, b)
    parents = b.run("result = {o.name: o.parent and o.parent.name for o in bpy.data.objects if o.name != 'one'}")
    assert parents == {"two": "one", "three": "one"} and len(b.run("result = found")) == 1
    assert ["object", "RuntimeError: out of luck"] in b.synced()


SHOWN = """
root = bpy.context.scene.collection
c = bpy.data.collections.new("c")
root.children.link(c)
o = bpy.data.objects.new("shows", None)
o.instance_type = "COLLECTION"
(c if inside else root).objects.link(o)
bpy.context.view_layer.update()
"""
WHAT_IS_SHOWN = "o = bpy.data.objects['shows']\nresult = o.instance_collection and o.instance_collection.name"


def test_an_object_shows_the_collection_that_it_has_left(both):
    """Who leaves it and shows it in one edit; links are made later."""
    a, b = both
    a.run(SHOWN, inside=True)
    settle(a, b)
    a.run("root.objects.link(o)\nc.objects.unlink(o)\no.instance_collection = c\nbpy.context.view_layer.update()")
    settle(a, b)
    same(a, b)
    assert b.run(WHAT_IS_SHOWN) == "c"


def test_an_object_is_put_into_the_collection_that_it_shows(both):
    """Done at once by two it would show itself without end: it is in it, and shows it as soon as it is not."""
    a, b = both
    a.run(SHOWN, inside=False)
    settle(a, b)
    a.run(HOLD + "\no.instance_collection = c\nbpy.context.view_layer.update()")
    b.run(HOLD + "\no, c = bpy.data.objects['shows'], bpy.data.collections['c']\nc.objects.link(o)\nbpy.context.view_layer.update()")
    for blender in both:
        blender.run("session._take_in = take_in")
    settle(a, b)
    same(a, b)
    assert [blender.run(WHAT_IS_SHOWN) for blender in both] == [None, None]
    assert [blender.run("result = len(o.users_collection)") for blender in both] == [2, 2]
    b.run("c.objects.unlink(o)\nbpy.context.view_layer.update()")
    settle(a, b)
    same(a, b)
    assert [blender.run(WHAT_IS_SHOWN) for blender in both] == ["c", "c"]


def test_what_an_object_would_show_is_kept_and_forgotten_everywhere(both):
    """While it shows nothing, too: it does as soon as its type says so."""
    a, b = both
    a.run(SHOWN, inside=False)
    settle(a, b)
    a.run("o.instance_collection = c\no.instance_type = 'NONE'\nbpy.context.view_layer.update()")
    settle(a, b)
    assert b.run(WHAT_IS_SHOWN) == "c"
    a.run("o.instance_collection = None\nbpy.context.view_layer.update()")
    settle(a, b)
    assert b.run(WHAT_IS_SHOWN) is None
