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
