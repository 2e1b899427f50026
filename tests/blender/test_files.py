# SPDX-License-Identifier: Apache-2.0
"""Saving, opening again, appending: identities live in the file, and copies never share one."""

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
