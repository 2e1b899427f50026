# SPDX-License-Identifier: Apache-2.0
"""What the scene has meets what the joiner has: nobody is robbed without being asked."""

import pytest
from blender import same, settle
from test_objects import names

WORK = "o = bpy.data.objects.new(name, None)\nbpy.context.scene.collection.objects.link(o)"


@pytest.fixture
def busy(alone, agents, scene):
    """Both have work of their own; the first is in the scene."""
    a, b = alone
    a.run(WORK, name="of a")
    b.run(WORK, name="of b")
    a.join(agents[0], scene)
    a.synced()
    return a, b


def state(person):
    return person.run("from scenesync import registration\nscenesync.pump(0.1)\nresult = registration.session().state")


def test_a_joiner_with_work_is_asked(busy, agents, scene):
    a, b = busy
    b.join(agents[1], scene)
    while state(b) in ("connecting", "joining"):
        pass
    assert state(b) == "asking"
    assert names(a) == ["of a"] and names(b) == ["of b"]
    b.run("scenesync.register() if not hasattr(bpy.ops, 'scenesync') else None\nbpy.ops.scenesync.decide(content='MERGE')")
    settle(a, b)
    assert names(a) == names(b) == ["of a", "of b"]
    same(a, b)


@pytest.mark.parametrize("content, expected", [("publish", ["of b"]), ("receive", ["of a"]), ("merge", ["of a", "of b"])])
def test_content(busy, agents, scene, content, expected):
    a, b = busy
    b.join(agents[1], scene, content)
    settle(a, b)
    assert names(a) == names(b) == expected
    same(a, b)


def test_publish_takes_the_place_of_what_the_scene_has(alone, agents, scene):
    """Of what both have, nothing of the scene's stays, though the file has less."""
    a, b = alone
    for person in alone:
        person.run("bpy.context.scene.world = bpy.data.worlds.new('world')\n" + WORK, name="work")
    a.run("bpy.context.scene.world.use_nodes = True\nbpy.context.scene.world['p'] = 1")
    b.run("bpy.context.scene.world.use_nodes = True\nbpy.context.scene.world.node_tree.nodes.clear()")
    a.join(agents[0], scene)
    a.synced()
    b.join(agents[1], scene, "publish")
    settle(a, b)
    same(a, b)
    assert a.run("result = 'p' in bpy.context.scene.world") is False


def test_another_content_is_refused(alone):
    said = alone[0].run("try:\n    scenesync.join('demo', content='frob')\nexcept ValueError as error:\n    result = str(error)")
    assert said == "content is 'frob': it is one of publish, receive, merge, or None to ask where both have something"


def test_the_objects_blender_starts_with_are_nobodys_work(busy, agents, scene):
    a, b = busy
    b.run("bpy.ops.wm.read_factory_settings()\nscenesync.register() if not hasattr(bpy.types, 'SCENESYNC_PT_main') else None")
    b.join(agents[1], scene)
    settle(a, b)
    assert names(a) == names(b) == ["of a"]
    same(a, b)


CHANGES = """
objects['Cube'].location.x = 1
objects['Cube'].modifiers.new('', 'SUBSURF')
objects['Camera']['mark'] = 1
objects['Light'].hide_render = True
meshes['Cube'].vertices[0].co.x = 2
meshes['Cube'].uv_layers[0].data[3].uv.x = 0.1
meshes['Cube'].polygons[0].use_smooth = not bpy.data.meshes['Cube'].polygons[0].use_smooth
materials['Material'].node_tree.nodes['Principled BSDF'].inputs['Roughness'].default_value = 0.1
materials['Material'].node_tree.nodes.new('ShaderNodeMath')
worlds['World'].node_tree.nodes['Background'].inputs['Strength'].default_value = 2
lights['Light'].energy = 10
lights['Light'].shadow_soft_size = 0.5
cameras['Camera'].sensor_width = 20
collections['Collection'].hide_viewport = True
masks.new(name='mask')
"""


@pytest.mark.parametrize("change", CHANGES.split("\n")[1:-1])
def test_what_blender_starts_with_is_work_once_it_is_changed(busy, agents, scene, change):
    a, b = busy
    b.run("bpy.ops.wm.read_factory_settings()\nscenesync.register() if not hasattr(bpy.types, 'SCENESYNC_PT_main') else None\nbpy.data." + change)
    b.join(agents[1], scene)
    while state(b) in ("connecting", "joining"):
        pass
    assert state(b) == "asking"


def test_a_scene_that_no_blender_has_made(alone, agents, scene):
    """It lacks what each Blender's scene has."""
    a, b = alone
    agents[0].run("create", scene, "object", 'type="EMPTY"', 'name="Theirs"')
    b.run("bpy.ops.wm.read_factory_settings()\nscenesync.register() if not hasattr(bpy.types, 'SCENESYNC_PT_main') else None")
    b.join(agents[1], scene)
    b.synced()
    assert names(b) == ["Theirs"]
    assert b.run("from scenesync import registration\nresult = list(registration.session().errors)") == []


def test_leaving_and_joining_again_changes_nothing(alone, agents, scene):
    a, b = alone
    a.run(
        "m = bpy.data.materials.new('m')\nm.use_nodes = True\nm.use_fake_user = True\nm.node_tree.nodes.new('ShaderNodeMath')\n"
        "o = bpy.data.objects.new('o', bpy.data.meshes.new('o'))\no.data.materials.append(m)\no.vertex_groups.new(name='g')\n"
        "bpy.context.scene.collection.objects.link(o)\nmask = bpy.data.masks.new('mask')\nmask.layers.new(name='layer')"
    )
    a.join(agents[0], scene)
    b.join(agents[1], scene)
    settle(a, b)
    before = agents[0].run("digest", scene).stdout
    for person, agent in ((a, agents[0]), (b, agents[1])):
        person.run("scenesync.leave()")
        person.join(agent, scene)
        settle(a, b)
        same(a, b)
    assert a.run("result = [len(m.node_tree.nodes), len(o.vertex_groups), len(mask.layers)]") == [3, 1, 1]
    assert agents[0].run("digest", scene).stdout == before


def test_what_is_done_between_leaving_and_joining_again_is_an_edit(alone, agents, scene):
    """Nothing of it is lost, and nothing that others have done meanwhile."""
    a, b = alone
    a.run(
        "for name in ('moved', 'renamed', 'deleted', 'theirs'):\n"
        "    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, bpy.data.meshes.new(name)))\n"
        "m = bpy.data.materials.new('m')\nm.use_nodes = True\nm.node_tree.nodes.new('ShaderNodeMath')\n"
        "bpy.data.objects['moved'].data.materials.append(m)\nbpy.data.objects['moved'].data['p'] = 1"
    )
    a.join(agents[0], scene)
    b.join(agents[1], scene)
    settle(a, b)
    b.run("scenesync.leave()")
    a.run("bpy.data.objects['moved'].location.x = 2\nbpy.data.objects['theirs'].location.x = 3\nbpy.data.objects['theirs'].name = 'called by a'")
    a.synced()
    b.run(
        "bpy.data.objects['moved'].scale.y = 5\nbpy.data.objects['renamed'].name = 'called by b'\nbpy.data.objects.remove(bpy.data.objects['deleted'])\n"
        "bpy.context.scene.collection.objects.link(bpy.data.objects.new('new', None))\ndel bpy.data.objects['moved'].data['p']\n"
        "nodes = bpy.data.materials['m'].node_tree.nodes\nnodes.remove(nodes['Math'])"
    )
    b.join(agents[1], scene)
    settle(a, b)
    same(a, b)
    assert names(a) == ["called by a", "called by b", "moved", "new"]
    assert a.run("o = bpy.data.objects['moved']\nresult = [o.location.x, o.scale.y, 'p' in o.data, len(m.node_tree.nodes)]") == [2, 5, False, 2]


def test_all_was_deleted_between_leaving_and_joining_again(busy, agents, scene):
    a, b = busy
    a.run("scenesync.leave()\nbpy.data.objects.remove(bpy.data.objects['of a'])")
    a.join(agents[0], scene)
    a.synced()
    assert names(a) == []


def test_order_of_start_does_not_matter(alone, agents, scene):
    a, b = alone
    agents[0].stop()
    a.run(WORK, name="early")
    a.join(agents[0], scene)
    assert state(a) == "connecting"
    agents[0].start()
    b.join(agents[1], scene)
    settle(a, b)
    assert names(b) == ["early"]
    same(a, b)


SHORT_OF_TIME = """
scenesync.join(scene, socket=path)
session = scenesync.registration.session()
session.pump = lambda seconds: session.tick(budget=0.0)
"""


def test_all_arrives_however_short_a_tick_is(alone, agents, scene):
    """What there is to do may take long to look at alone: every tick does some of it, whatever the time."""
    a, b = alone
    a.run("for number in range(200):\n    exec(work, {'bpy': bpy, 'name': f'number {number}'})", work=WORK)
    a.join(agents[0], scene)
    a.synced()
    b.agent, b.scene = agents[1], scene
    b.run(SHORT_OF_TIME, scene=scene, path=str(agents[1].socket))
    settle(a, b)
    same(a, b)
    a.run("for item in bpy.data.objects:\n    item.location.x += 1")
    settle(a, b)
    same(a, b)
