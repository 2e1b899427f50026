# SPDX-License-Identifier: Apache-2.0
"""A Blender with a window lives through hundreds of remote edits, creations and deletions mixed with its own edits, undos and redos.

SCENESYNC_SEED replays one seed; SCENESYNC_SEEDS=FIRST-LAST tries many; SCENESYNC_STEPS says how many edits each side makes. The seed decides
what is done; what meets on the way is up to the machine. SCENESYNC_MORE=1 searches farther, with edits of shape keys, masks, node groups, paint
and instances: of such runs some still fail.
"""

import os

import blenders
import pytest
from blender import Blender, BlenderDied, same, settle
from conftest import IN_WINDOWS

FIRST, _, LAST = os.environ.get("SCENESYNC_SEEDS", os.environ.get("SCENESYNC_SEED", "1")).partition("-")
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)
STEPS = int(os.environ.get("SCENESYNC_STEPS", "500"))
CHECK = 100  # steps between two comparisons


@pytest.fixture(params=IN_WINDOWS)
def pair(request, display, agents, scene):
    """One with a window and one without, empty, in one scene."""
    blenders.require(request.param)
    people = []
    try:
        for agent, window in zip(agents, (True, False)):
            person = Blender(request.param, window=window)
            people.append(person)
            person.empty()
            person.join(agent, scene)
            person.synced()
            person.run("import stress\nstress.prepare()")
        yield people
    finally:
        for person in people:
            person.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_window_lives_through_it(seed, pair):
    history = []
    try:
        for step in range(STEPS):
            for name, person in zip(("window", "peer"), pair):
                history.append(f"{step} {name}: " + "?")
                history[-1] = f"{step} {name}: " + person.run("result = stress.act(seed)", seed=f"{seed} {name} {step}")
            if step % CHECK == CHECK - 1:
                for person in pair:
                    person.run("stress.rest()")
                settle(*pair)
                same(*pair, by_tag=True)
    except (AssertionError, BlenderDied) as error:
        raise type(error)(f"SCENESYNC_SEED={seed}, after\n" + "\n".join(history[-12:]) + f"\n{error}") from None
