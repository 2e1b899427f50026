# SPDX-License-Identifier: Apache-2.0
"""Who has a window tells the others where they look from, what they have selected, and tells it again to whoever comes later."""

import math
import time

import blenders
import pytest
from blender import Blender

SEEN = """
from scenesync import registration
result = [{k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items() if k != "selection"} for fields in registration.session().presence.others.values()]
"""
EYE = """
region = next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D").spaces.active.region_3d
result = [[number for row in region.view_matrix.inverted() for number in row], 2 * math.atan(1 / region.window_matrix[1][1])]
"""


def heard(blender):
    end = time.monotonic() + 30
    while True:
        found = [fields for fields in blender.run(SEEN) if "view" in fields]
        if found:
            return found[0]
        assert time.monotonic() < end, "nobody said where they look from"
        time.sleep(0.1)


@pytest.mark.parametrize("version", ["3.4"])
def test_a_view_is_where_the_eye_is(windows, version):
    view, fov = windows[0].run("import math\n" + EYE)
    said = heard(windows[1])
    assert said["view"] == pytest.approx(view, abs=1e-5)
    assert said["fov"] == pytest.approx(fov, abs=1e-5)
    assert 0.1 < fov < math.pi


@pytest.mark.parametrize("version", ["3.4"])
def test_who_comes_later_is_told(display, agents, scene, version):
    blenders.require(version)
    first = Blender(version, window=True)
    try:
        first.empty()
        first.join(agents[0], scene)
        first.synced()
        time.sleep(1)  # what it says now, nobody hears
        second = Blender(version)
        try:
            second.empty()
            second.join(agents[1], scene)
            second.synced()
            end = time.monotonic() + 30
            while not [fields for fields in second.run("import scenesync\nscenesync.pump(0.05)\n" + SEEN) if "view" in fields]:
                assert time.monotonic() < end
        finally:
            second.close()
    finally:
        first.close()
