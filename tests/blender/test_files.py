# SPDX-License-Identifier: Apache-2.0
"""Saving, opening again, appending: identities live in the file, and copies never share one."""

import pytest
from blender import same, settle
from test_objects import CUBES, names


def test_save_and_reload_takes_part_again(both, tmp_path):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)", path=str(tmp_path / "a.blend"))
    b.run("bpy.data.objects['one'].location.x = 1")
    settle(b, a)
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=str(tmp_path / "a.blend"))
    settle(a, b)
    assert names(a) == names(b) == ["one", "three", "two"]
    assert a.run("result = bpy.data.objects['one'].location.x") == 1
    same(a, b)
    b.run("bpy.data.objects['two'].location.x = 2")
    a.run("bpy.data.objects['three'].location.x = 3")
    settle(a, b)
    same(a, b)


def test_a_saved_file_joins_again_as_itself(both, agents, scene, tmp_path):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)\nscenesync.leave()", path=str(tmp_path / "a.blend"))
    b.run("bpy.data.objects.remove(bpy.data.objects['two'])\nbpy.data.objects['one'].location.x = 1")
    b.synced()
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=str(tmp_path / "a.blend"))
    a.join(agents[0], scene)
    settle(a, b)
    assert names(a) == names(b) == ["one", "three"]
    same(a, b)


EDIT_OUTSIDE = """
scenesync.leave()
bpy.ops.wm.open_mainfile(filepath=path)
bpy.data.objects['one'].location.x = 5
bpy.ops.wm.save_mainfile()
"""


@pytest.fixture
def edited_outside(both, tmp_path):
    """One object was moved in a saved file while nobody was in the scene with it. Gives both, and the file."""
    a, b = both
    path = str(tmp_path / "a.blend")
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)", path=path)
    a.run(EDIT_OUTSIDE, path=path)
    return a, b, path


@pytest.mark.parametrize("content, x", [("publish", 5), ("receive", 0), ("merge", 0)])
def test_a_file_that_was_edited_outside_is_asked(edited_outside, agents, scene, content, x):
    a, b, path = edited_outside
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=path)
    a.join(agents[0], scene)
    asked(a)
    assert a.run("result = bpy.data.objects['one'].location.x") == 5
    a.run("registration.session().joining.decide(content)", content=content)
    settle(a, b)
    assert [person.run("result = bpy.data.objects['one'].location.x") for person in (a, b)] == [x, x]
    same(a, b)
    a.run("bpy.ops.wm.save_mainfile()\nbpy.ops.wm.open_mainfile(filepath=path)", path=path)
    settle(a, b)  # what was answered is not asked again


def test_a_file_that_was_edited_outside_is_asked_when_it_is_opened(edited_outside, agents, scene):
    a, b, path = edited_outside
    b.run("bpy.ops.wm.open_mainfile(filepath=path)", path=path)
    asked(b)


@pytest.mark.parametrize("version", ["4.3"], scope="module")
def test_edits_that_are_not_saved_are_asked_about_too(version, two, agents, scene, tmp_path):
    """Only where there is a window does Blender know of them."""
    a, b = two
    path = str(tmp_path / "a.blend")
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)\nscenesync.leave()", path=path)
    a.run("bpy.data.objects['mine'].location.x = 7\npush()\nfrom scenesync import absence\nabsence.forget()")  # as if it had been opened: from a timer a file cannot be
    a.join(agents[0], scene)
    asked(a)


def test_a_file_that_is_saved_after_leaving_is_not_asked(both, agents, scene, tmp_path):
    """Nothing was done to it; the others may go on meanwhile."""
    a, b = both
    path = str(tmp_path / "a.blend")
    a.run(CUBES)
    settle(a, b)
    a.run("scenesync.leave()\nbpy.ops.wm.save_as_mainfile(filepath=path)", path=path)
    b.run("bpy.data.objects['one'].location.x = 5")
    b.synced()
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=path)
    a.join(agents[0], scene)
    settle(a, b)
    same(a, b)


def test_what_is_done_after_leaving_is_asked_about_in_the_next_session(both, agents, scene, tmp_path):
    a, b = both
    path = str(tmp_path / "a.blend")
    a.run(CUBES)
    settle(a, b)
    a.run("scenesync.leave()\nbpy.data.objects['one'].location.x = 5\nbpy.ops.wm.save_as_mainfile(filepath=path)", path=path)
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=path)
    a.join(agents[0], scene)
    asked(a)


@pytest.mark.parametrize("make", ["bpy.data.objects.new('new', None)", "bpy.data.objects['one'].copy()"])
def test_what_is_made_after_leaving_is_new_in_the_next_session(make, both, agents, scene, tmp_path):
    a, b = both
    path = str(tmp_path / "a.blend")
    a.run(CUBES)
    settle(a, b)
    a.run("scenesync.leave()\no = " + make + "\no.name = 'new'\nbpy.context.scene.collection.objects.link(o)")
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)\nbpy.ops.wm.open_mainfile(filepath=path)", path=path)
    a.join(agents[0], scene, "merge")
    settle(a, b)
    assert names(a) == names(b) == ["new", "one", "three", "two"]
    same(a, b)


def test_what_was_asked_about_is_still_new_in_the_next_session(edited_outside, agents, scene):
    a, b, path = edited_outside
    a.run("o = bpy.data.objects.new('new', None)\nbpy.context.scene.collection.objects.link(o)")
    a.join(agents[0], scene)
    asked(a)
    a.run("scenesync.leave()\nbpy.ops.wm.save_mainfile()\nbpy.ops.wm.open_mainfile(filepath=path)", path=path)
    a.join(agents[0], scene, "merge")
    settle(a, b)
    assert names(a) == names(b) == ["new", "one", "three", "two"]


def asked(person):
    while person.run("from scenesync import registration\nscenesync.pump(0.1)\nresult = registration.session().state") != "asking":
        assert person.run("result = registration.session().state") != "active"


def test_what_the_scene_never_got_is_in_the_saved_file(both, agents, tmp_path):
    """Saved while there was no agent, opened when there is one: new, not deleted by others."""
    a, b = both
    a.run(CUBES)
    settle(a, b)
    agents[0].kill()
    a.run("bpy.context.scene.collection.objects.link(bpy.data.objects.new('four', None))\nscenesync.pump(0.2)")
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path)", path=str(tmp_path / "a.blend"))
    agents[0].start()
    a.run("bpy.ops.wm.open_mainfile(filepath=path)", path=str(tmp_path / "a.blend"))
    settle(a, b)
    assert names(a) == names(b) == ["four", "one", "three", "two"]
    same(a, b)


def test_another_file_leaves_the_scene(both, tmp_path):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.ops.wm.read_homefile(use_empty=True)\nbpy.context.view_layer.update()")
    a.run("scenesync.pump(0.3)")
    b.synced()
    assert names(b) == ["one", "three", "two"]
    assert names(a) == []


def test_append_twice_makes_two(both, tmp_path):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)", path=str(tmp_path / "library.blend"))
    append = """
with bpy.data.libraries.load(path) as (source, target):
    target.objects = ["one"]
for item in target.objects:
    bpy.context.scene.collection.objects.link(item)
    item.location.y = 5
"""
    for _ in range(2):
        b.run(append, path=str(tmp_path / "library.blend"))
    settle(b, a)
    assert len(names(a)) == 5
    assert sorted(a.run("result = [o.location.y for o in bpy.context.scene.objects]")) == [0, 0, 0, 5, 5]
    same(a, b)
