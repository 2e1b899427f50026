# SPDX-License-Identifier: Apache-2.0
"""The broker goes away, the agent is killed: nothing acknowledged is lost, and everybody agrees afterwards."""

from blender import same, settle
from test_objects import CUBES


def test_edits_without_a_broker_meet_when_it_is_back(both, agents):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    agents.broker.kill()
    a.run("bpy.data.objects['one'].location.x = 1")
    b.run("bpy.data.objects['one'].rotation_euler.x = 2\nbpy.data.objects['two'].name = 'zwei'")
    for person in both:
        person.synced()
    agents.broker.start()
    settle(a, b)
    assert a.run("o = bpy.data.objects['one']\nresult = [o.location.x, o.rotation_euler.x, 'zwei' in bpy.data.objects]") == [1, 2, True]
    same(a, b)


def test_an_acknowledged_edit_survives_the_agent(both, agents):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run("bpy.data.objects['one'].location.x = 1")
    a.synced()
    agents[0].kill()
    a.run("bpy.data.objects['two'].location.x = 2\nscenesync.pump(0.1)")
    agents[0].start()
    settle(a, b)
    assert b.run("result = [bpy.data.objects[n].location.x for n in ('one', 'two')]") == [1, 2]
    same(a, b)


def test_what_was_removed_while_the_agent_was_away(both, agents):
    """The agent hears of it before Blender has found its agent again."""
    a, b = both
    a.run(CUBES)
    a.run("""
bpy.data.objects["one"]["mark"] = 1
bpy.context.scene.collection.children.link(bpy.data.collections.new("box"))
""")
    a.run("bpy.context.scene.collection.objects.unlink(bpy.data.objects['three'])  # deleted for others, at hand here")
    settle(a, b)
    agents[0].kill()
    a.run("scenesync.pump(0.1)")
    b.run("""
del bpy.data.objects["one"]["mark"]
bpy.data.objects.remove(bpy.data.objects["two"])
bpy.data.collections.remove(bpy.data.collections["box"])
""")
    b.synced()
    agents[0].start()
    while agents[0].run("digest", b.scene).stdout != agents[1].run("digest", b.scene).stdout:
        pass
    settle(a, b)
    assert a.run("result = ['mark' in bpy.data.objects['one'], *[name in bpy.data.objects for name in ('two', 'three')]]") == [False, False, True]
    same(a, b)


def test_a_mesh_waits_for_the_agents_folder(both, agents):
    """As when the disk is full: everything else goes on, the user is told, and the mesh follows by itself."""
    a, b = both
    incoming = agents[0].data / "incoming"
    incoming.rename(incoming.with_name("away"))
    a.run("bpy.ops.mesh.primitive_grid_add(x_subdivisions=100, y_subdivisions=100)\nbpy.context.object.name = 'grid'")
    a.run("bpy.data.objects['grid'].location.x = 1")
    told = "from scenesync import registration\nresult = [cause for cause, _ in registration.session().errors]"
    while "files" not in a.run("scenesync.pump(0.1)\n" + told):
        pass
    while not b.run("scenesync.pump(0.1)\nresult = 'grid' in bpy.data.objects and bpy.data.objects['grid'].location.x == 1"):
        pass
    incoming.with_name("away").rename(incoming)
    settle(a, b)
    assert b.run("result = len(bpy.data.objects['grid'].data.vertices)") == 101 * 101
    same(a, b)


def test_a_file_that_cannot_be_read_keeps_nothing_else_away(both, agents):
    """A mesh whose arrays the cache does not give follows when it can be read."""
    a, b = both
    b.run(
        "from scenesync import registration\nsession = registration.session()\npages = session.receive._pages\n"
        "def broken(*arguments):\n    raise OSError('the disk is gone')\nsession.receive._pages = broken"
    )
    a.run(GRID)
    a.synced()
    while not b.run("scenesync.pump(0.1)\nresult = 'fine' in bpy.data.meshes and ('files', 'OSError: the disk is gone') in session.errors"):
        pass
    assert b.run("result = scenesync.wait_synced(0.5)") is False
    b.run("session.receive._pages = pages")
    settle(a, b)
    assert b.run("result = len(bpy.data.meshes['fine'].vertices)") == 101 * 101
    same(a, b)


GRID = """
bpy.ops.mesh.primitive_grid_add(x_subdivisions=100, y_subdivisions=100)
bpy.context.object.data.name = "fine"
"""
LIFT = "bpy.data.meshes['fine'].vertices.foreach_set('co', [%s] * 3 * 101 * 101)\nbpy.data.meshes['fine'].update()"
HEIGHT = "result = bpy.data.meshes['fine'].vertices[0].co.z"
SLOW = """
from scenesync import registration
session, wanted, arrived = registration.session(), [], []
send, have = session.send, session.receive.have
session.send = lambda frame: wanted.append(frame) if frame["t"] == "want" else send(frame)
session.receive.have = lambda frame: (have(frame), arrived.append(frame["sha256"]))
cache, session.outbox.welcome["cache"] = session.outbox.welcome["cache"], ""
"""
FAST = "session.outbox.welcome['cache'] = cache\nsession.send = send\nsend(wanted[%d])"


def test_an_older_file_that_comes_last_changes_nothing(both, agents):
    """Downloads end in any order."""
    a, b = both
    a.run(GRID)
    settle(a, b)
    b.run(SLOW)
    for count in (1, 2):
        a.run(LIFT % count)
        a.synced()
        while b.run("scenesync.pump(0.1)\nresult = len(wanted)") < count:
            pass
    b.run(FAST % -1)
    while b.run("scenesync.pump(0.1)\n" + HEIGHT) != 2:
        pass
    b.run("send(wanted[0])")
    while not b.run("scenesync.pump(0.1)\nresult = wanted[0]['sha256'] in arrived"):
        pass
    settle(a, b)
    assert [a.run(HEIGHT), b.run(HEIGHT)] == [2, 2]


def test_a_file_that_comes_after_an_own_edit_changes_nothing(both, agents):
    a, b = both
    a.run(GRID)
    settle(a, b)
    b.run(SLOW)
    a.run(LIFT % 1)
    a.synced()
    while not b.run("scenesync.pump(0.1)\nresult = len(wanted)"):
        pass
    b.run(LIFT % 2)
    while a.run("scenesync.pump(0.1)\n" + HEIGHT) != 2:
        b.run("scenesync.pump(0.1)")
    b.run(FAST % 0)
    while not b.run("scenesync.pump(0.1)\nresult = wanted[0]['sha256'] in arrived"):
        pass
    settle(a, b)
    assert [a.run(HEIGHT), b.run(HEIGHT)] == [2, 2]


def test_a_file_that_cannot_be_read_at_the_last_moment_is_tried_again(both, agents):
    """As when the agent needs the room in the meantime: nothing that Blender does not take."""
    a, b = both
    b.run(
        "from scenesync import registration\nfrom scenesync.kinds import Blob\nsession, data = registration.session(), Blob.data\n"
        "def broken(blob):\n    raise OSError('the disk is gone')\nBlob.data = property(broken)"
    )
    a.run("image = bpy.data.images.new('i', 256, 256)\nimage.pixels[0] = 0.5\nimage.pack()")
    a.synced()
    while not b.run("scenesync.pump(0.1)\nresult = ('files', 'OSError: the disk is gone') in session.errors"):
        pass
    assert b.run("result = [scenesync.wait_synced(0.5), len(session.apply.failures)]") == [False, 0]
    b.run("Blob.data = data")
    settle(a, b)
    assert b.run("result = list(bpy.data.images['i'].size)") == [256, 256]
    same(a, b)
