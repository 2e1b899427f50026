# SPDX-License-Identifier: Apache-2.0
"""Real files: one opens and joins, the other joins empty and has the same."""

import pytest
from blender import SCENES, same, settle, share

FILES = sorted(SCENES.glob("*.blend"))


@pytest.mark.skipif(not FILES, reason=f"no .blend files in {SCENES}; set SCENESYNC_SCENES")
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_joiner_has_the_same(file, alone, agents, scene):
    a, b = share(alone, agents, scene, file)
    same(a, b)


@pytest.mark.skipif(not FILES, reason=f"no .blend files in {SCENES}; set SCENESYNC_SCENES")
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_edits_of_the_joiner_arrive(file, alone, agents, scene):
    a, b = share(alone, agents, scene, file)
    edits = b.run(EVERYTHING)
    settle(b, a)
    assert edits >= 3
    same(a, b)


# One edit of everything there is, with the number of edits as result.
EVERYTHING = """
result = 0
for index, item in enumerate(bpy.context.scene.collection.all_objects):
    item.location.x += 0.1 * index
    item.scale = (1, 2, 3)
    item["touched"] = index
    result += 3
for item in list(bpy.context.scene.collection.all_objects):
    if item.type == "MESH" and len(item.data.vertices) and not item.data.shape_keys:
        item.data.vertices[0].co.z += 0.5
        item.data.update()
    elif item.type == "LIGHT":
        item.data.energy += 10
        item.data.color = (1, 0.5, 0.25)
    elif item.type == "CAMERA":
        item.data.lens += 5
for material in bpy.data.materials:
    material.diffuse_color = (0.1, 0.2, 0.3, 1)
    for node in material.node_tree.nodes if material.node_tree else ():
        node.location.x += 10
        for socket in node.inputs:
            if socket.type == "VALUE" and not socket.is_linked:
                socket.default_value = 0.25
                result += 1
if bpy.context.scene.world:
    bpy.context.scene.world.color = (0.5, 0.25, 0.125)
bpy.context.scene.frame_end = 123
"""
