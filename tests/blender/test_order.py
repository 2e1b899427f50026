# SPDX-License-Identifier: Apache-2.0
"""What is on its way when something newer comes: the older is forgotten, and what is not older is kept."""

import pytest
from blender import hear, same, settle
from test_objects import CUBES

GRID = """
def grid(side):
    mesh = bpy.data.meshes.get("grid") or bpy.data.meshes.new("grid")
    if "grid" not in bpy.data.objects:
        bpy.context.scene.collection.objects.link(bpy.data.objects.new("grid", mesh))
    mesh.clear_geometry()
    corners = [(row * side + column) for row in range(side - 1) for column in range(side - 1)]
    mesh.from_pydata([(i // side, i % side, 0) for i in range(side * side)], [], [(c, c + 1, c + side + 1, c + side) for c in corners])
    mesh.update()
"""
LIFT = """
mesh = bpy.data.meshes["grid"]
mesh.vertices.foreach_set("co", [9.0] * 3 * len(mesh.vertices))
mesh.update()
"""
SHAPE = "mesh = bpy.data.meshes['grid']\nresult = [len(mesh.vertices), mesh.vertices[0].co.z]"
SLOW = """
from scenesync import registration
session, wanted = registration.session(), []
send, session.send = session.send, lambda frame: wanted.append(frame) if frame["t"] == "want" else send(frame)
cache, session.outbox.welcome["cache"] = session.outbox.welcome["cache"], ""
"""
CACHE = "session.outbox.welcome['cache'] = cache\n"
FAST = CACHE + "session.send = send\nfor frame in wanted:\n    send(frame)"


@pytest.fixture
def grids(both):
    """A mesh of which `b` gets the arrays when they are wanted again."""
    a, b = both
    a.run(GRID + "grid(100)")
    settle(a, b)
    b.run(GRID + SLOW)
    return both


def lifted(a, b, side):
    a.run(LIFT)
    settle(a, b)
    assert [a.run(SHAPE), b.run(SHAPE)] == [[side * side, 9]] * 2


def test_the_topology_before_while_another_was_coming(grids):
    a, b = grids
    hear(a, b, "grid(101)", "wanted")
    b.run(CACHE)
    a.run("grid(100)\nbpy.data.objects['grid'].location.x = 1")
    a.synced()
    b.run("scenesync.pump(0.5)")
    b.run(FAST)
    settle(a, b)
    same(a, b)
    lifted(a, b, 100)


def test_an_own_topology_while_another_was_coming(grids):
    a, b = grids
    hear(a, b, "grid(101)", "wanted")
    b.run(CACHE + "grid(102)\nscenesync.pump(0.5)")
    b.run(FAST)
    settle(a, b)
    same(a, b)
    lifted(a, b, 102)


LAYERS = """
layers = bpy.data.meshes["grid"].uv_layers
for name in ("first", "second"):
    layers.new(name=name)
layers.active = layers["first"]
"""
ACTIVE = "layers = bpy.data.meshes['grid'].uv_layers\nresult = [len(layers), layers.active.name]"
CHOOSE = """
layers = bpy.data.meshes["grid"].uv_layers
layers.active = layers[%r]
bpy.data.meshes["grid"].update()
"""


@pytest.mark.parametrize("who", [0, 1])
def test_a_layer_chosen_while_another_that_was_to_be_active_is_coming(both, who):
    a, b = both
    a.run(GRID + "grid(100)" + LAYERS)
    settle(a, b)
    b.run(SLOW)
    hear(a, b, "layers.active = layers.new(name='third')\nlayers.active.data[0].uv = (3, 3)\nbpy.data.meshes['grid'].update()", "wanted")
    b.run("scenesync.pump(0.5)")
    chosen = ("first", "second")[who]
    both[who].run(CHOOSE % chosen)
    a.synced()
    b.run("scenesync.pump(0.5)\n" + FAST)
    settle(a, b)
    assert [person.run(ACTIVE) for person in both] == [[3, chosen]] * 2


PAINTED = """
import numpy, os, tempfile
made = bpy.data.images.new("made", 128, 128)
made.pixels.foreach_set(numpy.random.default_rng(1).random(128 * 128 * 4, numpy.float32))
made.filepath_raw, made.file_format = os.path.join(tempfile.mkdtemp(), "made.png"), "PNG"
made.save()
image = bpy.data.images.load(made.filepath_raw)
bpy.data.images.remove(made)
image.name = "painted"
image.pixels.foreach_set([0.0, 1.0, 0.0, 1.0] * 128 * 128)
image.update()
"""
LATE_FILE = """
from scenesync import registration
from scenesync.incoming import receive
session, late = registration.session(), []
path = session.receive._path
def without_file(digest, kind, field):
    if field == "file":
        late.append(digest)
        raise receive._Missing(digest)
    return path(digest, kind, field)
session.receive._path = without_file
send, session.send = session.send, lambda frame: None if frame["t"] == "want" else send(frame)
"""


def test_pixels_that_come_before_the_file_under_them(both):
    a, b = both
    b.run(LATE_FILE)
    hear(a, b, PAINTED, "late")
    b.run("scenesync.pump(0.5)")
    b.run("session.receive._path, session.send = path, send\nsession.receive.have({'sha256': late[0]})")
    settle(a, b)
    assert [p.run("image = bpy.data.images['painted']\nresult = [image.is_dirty, *image.pixels[:4]]") for p in both] == [[True, 0, 1, 0, 1]] * 2


def test_what_is_not_acknowledged_when_a_scene_is_left(both, agents, scene):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    agents[0].kill()
    a.run("""
bpy.data.objects["one"].location.x = 1
bpy.data.objects["one"]["mark"] = 1
bpy.data.objects.remove(bpy.data.objects["two"])
bpy.context.scene.collection.objects.link(bpy.data.objects.new("new", None))
scenesync.pump(0.1)
scenesync.leave()
""")
    agents[0].start()
    a.join(agents[0], scene)
    settle(a, b)
    for person in both:
        assert person.run("o = bpy.data.objects\nresult = [o['one'].location.x, 'mark' in o['one'], 'two' in o, 'new' in o]") == [1, True, False, True]
    same(a, b)


def test_a_value_too_large_keeps_nothing_else_back(both):
    a, b = both
    a.run(CUBES)
    settle(a, b)
    a.run(
        "o = bpy.data.objects\no['one']['text'] = o['one']['again'] = 'x' * 100000\no['one']['long'] = 'x' * 60000\no['two']['mark'] = 1\n"
        "o['one'].color[0] = 0.5"
    )
    settle(a, b)
    assert b.run("o = bpy.data.objects\nresult = [o['two'].get('mark'), o['one'].color[0], len(o['one']['long'])]") == [1, 0.5, 60000]


def test_a_value_that_the_agent_refuses_keeps_nothing_else_back(both):
    """A file's name that is no text: nobody could be told of it."""
    a, b = both
    a.run("image = bpy.data.images.new('odd', 8, 8)\nimage.source = 'FILE'\nimage.filepath = '//w\\udce9.png'\n" + CUBES)
    errors = a.synced()
    assert [text.partition(":")[0] for cause, text in errors if cause == "refused"] == ["image odd, filepath"], errors
    settle(a, b)
    assert b.run("result = sorted(o.name for o in bpy.data.objects) + [i.source for i in bpy.data.images]") == ["one", "three", "two", "FILE"]


HEAR = """
import os, time
from scenesync import registration
session = registration.session()
def hear(kind, uuid, **fields):
    session.apply.put(kind, uuid, fields)
    session._work(session.apply.run, float("inf"), time.perf_counter())
"""
AWAY = HEAR + """
uuid, late = session.ctx.id_of(bpy.data.objects["show"]), os.urandom(16)
hear("object", uuid, instance_collection=late)
"""


NEWER = """
hear("object", uuid, instance_collection=None)
hear("collection", late, name="late")
hear("object", uuid, deleted=False)
result = [o.instance_collection and o.instance_collection.name for o in bpy.data.objects]
"""


@pytest.mark.parametrize("away", ["bpy.data.objects.remove(bpy.data.objects['show'])", "hear('object', uuid, deleted=True)"])
def test_what_waits_is_older_than_what_comes_while_its_object_is_away(both, away):
    """Removed here, which nobody has noticed, or deleted elsewhere: it is not to show what it was once to show when that comes."""
    _, b = both
    b.run("o = bpy.data.objects.new('show', None)\no.instance_type = 'COLLECTION'\nbpy.context.scene.collection.objects.link(o)")
    b.synced()
    assert b.run(AWAY + away + NEWER) == [None]


PARTS = """
kind = session.ctx.kinds["mesh"]
def fields_of(side, height):
    mesh = bpy.data.meshes.new("other")
    corners = [(row * side + column) for row in range(side - 1) for column in range(side - 1)]
    mesh.from_pydata([(i // side, i % side, height) for i in range(side * side)], [], [(c, c + 1, c + side + 1, c + side) for c in corners])
    return kind.read(session.ctx, mesh)
uuid = session.ctx.id_of(bpy.data.objects["grid"].data)
def hear_arrays(fields):
    hear("mesh", uuid, **{name: value for name, value in fields.items() if name.startswith("at/")})
"""


@pytest.mark.parametrize("side", [3, 4])
def test_arrays_that_come_before_their_topology_while_another_is_coming(both, side):
    """The agent may need two frames for them: what comes is the one that is there already, or a third."""
    _, b = both
    b.run(GRID + "grid(3)")
    b.synced()
    b.run(HEAR + PARTS + "hear('mesh', uuid, topology='5' * 64)")
    b.run("fields = fields_of(side, 7)\nhear_arrays(fields)\nhear('mesh', uuid, topology=fields['topology'])", side=side)
    assert b.run(SHAPE) == [side * side, 7]
