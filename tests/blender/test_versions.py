# SPDX-License-Identifier: Apache-2.0
"""Blenders of different versions in one scene: each has what its version can hold, and passes on what it cannot."""

import blenders
import pytest
from blender import SCENES, Blender, same, settle, share
from test_objects import CUBES, names

PAIRS = [("3.4", "4.3"), ("4.3", "3.4"), ("3.4", "5.2"), ("5.2", "4.3")]
FILES = [SCENES / f"{name}.blend" for name in ("04_lights", "22_vertex_colors_and_attributes", "23_use_active_collection_nested")]


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def mixed(request):
    for version in request.param:
        blenders.require(version)
    pair = tuple(Blender(version) for version in request.param)
    yield pair
    for person in pair:
        person.close()


@pytest.fixture
def apart(mixed):
    for person in mixed:
        person.run("scenesync.leave()")
        person.empty()
    return mixed


def test_objects_both_ways(apart, agents, scene):
    a, b = apart
    a.run(CUBES)
    a.join(agents[0], scene)
    a.synced()
    b.join(agents[1], scene)
    settle(b, a)
    assert names(b) == ["one", "three", "two"]
    b.run("o = bpy.data.objects['one']\no.location = (1, 2, 3)\no.data.vertices[0].co.x = 5\no.data.update()\nbpy.data.objects.remove(bpy.data.objects['two'])")
    settle(b, a)
    assert a.run("result = [*bpy.data.objects['one'].location, bpy.data.meshes[0].vertices[0].co.x]") == [1, 2, 3, 5]
    same(a, b)


@pytest.mark.skipif(not SCENES.exists(), reason=f"no files in {SCENES}; set SCENESYNC_SCENES")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_real_files(file, apart, agents, scene):
    a, b = share(apart, agents, scene, file)
    same(a, b)


def test_what_a_version_does_not_know_it_keeps(apart, agents, scene):
    a, b = apart
    a.run("m = bpy.data.materials.new('m')\nm.use_nodes = True\no = bpy.data.objects.new('o', bpy.data.meshes.new('m'))\n"
          "o.data.materials.append(m)\nbpy.context.scene.collection.objects.link(o)")
    a.join(agents[0], scene)
    a.synced()
    before = a.dump()["material"]
    b.join(agents[1], scene)
    settle(b, a)
    b.run("bpy.data.materials['m'].node_tree.nodes['Principled BSDF'].inputs['Roughness'].default_value = 0.125")
    settle(b, a)
    after = a.dump()["material"]
    sockets = lambda dump: {k: v for k, v in dump["m"]["tree"]["nodes"]["Principled BSDF"].items() if k != "inputs/Roughness"}
    assert sockets(before) == sockets(after)
    assert after["m"]["tree"]["nodes"]["Principled BSDF"]["inputs/Roughness"] == 0.125
