# SPDX-License-Identifier: Apache-2.0
"""The plan of the faults."""
import random
import time

from faults import Fault, Planned, plan, suffer

SLOW = 0.2


class Slow(Fault):
    """It begins as slowly as everything does on a machine that others use, too."""

    lasts = (0.05, 0.05)

    def begin(self, place):
        time.sleep(SLOW)
        place.append("begin")

    def end(self, place):
        place.append("end")


def test_what_a_fault_holds_no_other_touches_however_late_it_is():
    seen = []
    planned = [Planned(at, Slow(random.Random(1))) for at in (0.0, 0.1, 0.2)]
    suffer(planned, seen, lambda: None)
    assert seen == ["begin", "end"] * 3


def test_a_seed_is_a_plan():
    assert [str(planned) for planned in plan(1, 50, True)] != [str(planned) for planned in plan(2, 50, True)]
    first, again = ([(planned.at, str(planned.fault)) for planned in plan(1, 50, True)] for _ in range(2))
    assert first == again
