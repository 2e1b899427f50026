# SPDX-License-Identifier: Apache-2.0
"""Many objects moved at once are kept as columns until they are written: whatever comes meanwhile for one of them is newer, or stays older."""

import pytest
from blender import hear, same, settle

MANY = 100
SETUP = f"""
for index in range({MANY}):
    block = bpy.data.objects.new(f"o{{index}}", None)
    bpy.context.scene.collection.objects.link(block)
"""
ALL = "for index in range(%d):\n    bpy.data.objects[f'o{index}'].location = (%%s, 0, 0)" % MANY
ONE = "bpy.data.objects['o7'].location = (%s, 0, 0)"
HOLD = """
from scenesync import registration
session = registration.session()
moves, inbox = session.apply.moves, session.apply.inbox["transform"]
one = session.ctx.id_of(bpy.data.objects["o7"])
take_in, session._take_in = session._take_in, lambda deadline: None
"""
RELEASE = "\nsession._take_in = take_in"


@pytest.fixture
def crowd(both):
    """`b` hears of what `a` does and does not apply it yet."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    b.run(HOLD)
    return both


def agree(a, b, place):
    settle(a, b)
    assert [blender.run("result = bpy.data.objects['o7'].location.x") for blender in (a, b)] == [place, place]
    same(a, b)


def test_one_and_then_all(crowd):
    a, b = crowd
    hear(a, b, ONE % 1, "one in inbox")
    hear(a, b, ALL % 2, "moves.waiting or inbox[one]['location'][0] == 2")
    b.run(RELEASE)
    agree(a, b, 2)


def test_all_and_then_one_and_an_edit_of_another(crowd):
    a, b = crowd
    hear(a, b, ALL % 1, "moves.waiting")
    hear(a, b, ONE % 2, "one in inbox")
    b.run("bpy.data.objects['o8'].location.x = 3\nscenesync.pump(0.1)" + RELEASE)
    agree(a, b, 2)


def test_an_own_edit_that_is_acknowledged_before_they_are_written(crowd):
    a, b = crowd
    hear(a, b, ALL % 1, "moves.waiting")
    b.run(ONE % 2 + "\nscenesync.pump(0.1)\nwhile not session.outbox.idle:\n    scenesync.pump(0.1)" + RELEASE)
    agree(a, b, 2)


def test_one_that_waits_for_its_object_and_then_all(crowd):
    """Undo had taken it away when it was moved before."""
    _, b = crowd
    b.run(
        "import numpy\nsession.apply.held['transform', one] = {'location': [1.0, 0.0, 0.0]}\n"
        "ids, places = b''.join(map(session.ctx.id_of, bpy.data.objects)), numpy.full(3 * len(bpy.data.objects), 2, 'f4')\n"
        "session.receive.change({'batches': [{'kind': 'transform', 'ids': ids, 'columns': {'location': places}}]})" + RELEASE + "\n"
        "scenesync.pump(1.0)"
    )
    assert b.run("result = [bpy.data.objects[name].location.x for name in ('o6', 'o7')]") == [2, 2]


def test_undo_before_they_are_written(crowd):
    """What undo has changed of others' is put back: as it is now, not as it was."""
    a, b = crowd
    hear(a, b, ALL % 1, "moves.waiting")
    written = "\nsession._work(take_in, float('inf'))\nresult = bpy.data.objects['o7'].location.x"
    assert b.run("inbox.clear()\nsession.apply.put('transform', one, {'location': [0.0, 0.0, 0.0]}, force=True)" + written) == 1
    b.run(RELEASE)
    agree(a, b, 1)


def test_a_matrix_that_undo_left_as_it_was(both):
    """Blender forgets in undo that it was about to compute it: the object would be drawn where it was before."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    place = b.run("""
from scenesync import registration
session, block = registration.session(), bpy.data.objects["o7"]
places = [0.0] * 3 * len(bpy.data.objects)
places[3 * bpy.data.objects.find("o7")] = 7.0
bpy.data.objects.foreach_set("location", places)  # tells Blender nothing
session.mirror.transforms.set(session.ctx.id_of(block), {"location": list(block.location)}, remote=True)
stale = block.matrix_world.translation.x
session.watch.undone = True
scenesync.pump(0.2)
result = [stale, block.matrix_world.translation.x]
""")
    assert place == [0, 7]


def test_a_move_of_many_while_what_undo_took_is_put_back(crowd):
    """Undo moves many at once: that others moved them last is to be seen again before anything counts as a move of ours."""
    a, b = crowd
    b.run("del session._take_in")
    a.run(ALL % 1)
    settle(a, b)
    b.run(HOLD + ALL % 0 + "\nsession.watch.undone = session.watch.many_moved = True\nscenesync.pump(0.2)")
    assert b.run("result = bool(session.apply.forced)")
    b.run("session.watch.many_moved = True\nscenesync.pump(0.2)" + RELEASE)
    agree(a, b, 1)
