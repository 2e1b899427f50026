# SPDX-License-Identifier: Apache-2.0
"""The faults, and the plan that a seed makes of them.

A fault begins and ends; what it holds in between (`holds`: a process, a machine's line, a disk, a reader, a Blender) no other fault touches
meanwhile. Faults of different things overlap.
"""
import heapq
import itertools
import os
import random
import signal
import time
from collections import namedtuple

from place import AGENTS, DISKS

GAP = 2.0  # seconds between the beginnings of two, on average
WITH_DISKS = [name for name in AGENTS if name in DISKS]


class Fault:
    """Of `target`, for `seconds`."""

    targets, lasts, weight = AGENTS, (0.2, 3), 4

    def __init__(self, rng):
        self.target, self.seconds = rng.choice(self.targets), rng.uniform(*self.lasts)
        self.rng = random.Random(rng.random())

    @property
    def holds(self):
        return {self.target}

    def __str__(self):
        return f"{type(self).__name__} {self.target} {self.seconds:.1f} s"

    def begin(self, place):
        raise NotImplementedError

    def end(self, place):
        raise NotImplementedError


# ---- processes


class Kill(Fault):
    """kill -9."""

    targets, weight = ("broker", "store", *AGENTS, *AGENTS), 24

    def begin(self, place):
        place.down.add(self.target)
        place[self.target].kill()

    def end(self, place):
        place[self.target].start()
        place.down.remove(self.target)


class KillTwice(Kill):
    """And again while it starts."""

    targets, weight = AGENTS, 8

    def end(self, place):
        with place[self.target].node:
            place[self.target].launch()
        self.rng.choice((lambda: None, os.sched_yield, place[self.target].await_ready))()
        place[self.target].kill()
        super().end(place)


class Restart(Kill):
    """As an administrator does it."""

    weight = 4

    def begin(self, place):
        place.down.add(self.target)
        place[self.target].stop()


class Forget(Kill):
    """The broker loses all that it kept."""

    targets, weight = ("broker",), 2

    def begin(self, place):
        super().begin(place)
        place.broker.forget()


class Freeze(Fault):
    """It stops, and goes on as if nothing had been: a laptop that sleeps, a server that is overloaded."""

    targets, lasts, weight = ("broker", "store", *AGENTS), (1, 8), 12

    def begin(self, place):
        os.killpg(place[self.target].pid, signal.SIGSTOP)

    def end(self, place):
        os.killpg(place[self.target].pid, signal.SIGCONT)


# ---- lines


class Line(Fault):
    """What is between `target` and `others` is in this condition (network.py)."""

    lasts, weight, others, one_way = (2, 8), 6, ("broker", "store"), False

    def condition(self):
        raise NotImplementedError

    @property
    def holds(self):
        return {f"line of {self.target}"}

    def begin(self, place):
        self.made = place.network.worsen(self.target, *self.others, one_way=self.one_way, **self.condition())

    def end(self, place):
        place.network.mend(self.made)


class Partition(Line):
    """Longer than all keep-alives."""

    lasts, weight = (4, 10), 14

    def condition(self):
        return {"cut": True}


class NoBroker(Partition):
    weight, others = 6, ("broker",)


class NoStore(Partition):
    weight, others = 6, ("store",)


class Deaf(Partition):
    """It is heard and hears nothing; or the other way round."""

    weight, one_way = 6, True

    def begin(self, place):
        pair = ("broker", self.target) if self.rng.random() < 0.5 else (self.target, "broker")
        self.made = place.network.worsen(*pair, one_way=True, **self.condition())


class Lonely(Partition):
    """Nobody reaches the broker, or the store."""

    targets, others, weight = ("broker", "store"), AGENTS, 4


class Loss(Line):
    def condition(self):
        return {"loss": self.rng.uniform(0.02, 0.3)}


class Delay(Line):
    def condition(self):
        return {"delay": self.rng.uniform(0.02, 0.4)}


class Reorder(Line):
    def condition(self):
        return {"delay": 0.01, "jitter": self.rng.uniform(0.02, 0.2), "duplicate": 0.2}


class Narrow(Line):
    def condition(self):
        return {"rate": self.rng.uniform(8_000, 100_000)}


class BadWireless(Line):
    """All of it at once."""

    def condition(self):
        return {"loss": 0.1, "delay": 0.05, "jitter": 0.1, "duplicate": 0.05, "rate": 50_000}


# ---- disks


class FullDisk(Fault):
    targets, lasts, weight = DISKS, (1, 6), 10

    @property
    def holds(self):
        return {self.target, f"disk of {self.target}"}

    def begin(self, place):
        place.disks[self.target].fill()

    def end(self, place):
        place.disks[self.target].free()


class KillOnFullDisk(FullDisk):
    """It starts again when there is room."""

    targets, weight = WITH_DISKS, 4

    def begin(self, place):
        super().begin(place)
        place.down.add(self.target)
        place[self.target].kill()

    def end(self, place):
        super().end(place)
        place[self.target].start()
        place.down.remove(self.target)


# ---- programs


class StalledReader(Fault):
    """A program at the agent reads no more."""

    lasts, weight = (3, 12), 8

    @property
    def holds(self):
        return {f"reader at {self.target}"}

    def begin(self, place):
        place.readers[self.target].stalled.set()

    def end(self, place):
        place.readers[self.target].stalled.clear()


class SlowReader(StalledReader):
    weight = 4

    def begin(self, place):
        place.readers[self.target].slow.set()

    def end(self, place):
        place.readers[self.target].slow.clear()


class FrozenBlender(Fault):
    targets, lasts, weight = (0, 1), (2, 10), 8

    @property
    def holds(self):
        return {f"Blender {self.target}"}

    def begin(self, place):
        os.kill(place.blenders[self.target].pid, signal.SIGSTOP)

    def end(self, place):
        os.kill(place.blenders[self.target].pid, signal.SIGCONT)


KINDS = (Kill, KillTwice, Restart, Forget, Freeze, Partition, NoBroker, NoStore, Deaf, Lonely, Loss, Delay, Reorder, Narrow, BadWireless, FullDisk,
         KillOnFullDisk, StalledReader, SlowReader, FrozenBlender)

def suffer(planned, place, watch):
    """The faults, one by one and each to its end; `watch` is called all the time. The plan's time waits for the run where that is late, so that
    none begins before the one has ended that holds the same."""
    order = itertools.count()
    due = [(at, next(order), fault, True) for at, fault in planned]
    heapq.heapify(due)
    began = time.monotonic() - due[0][0]
    while due:
        at, _, fault, begins = heapq.heappop(due)
        while (left := began + at - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            watch()
        began = time.monotonic() - at
        if begins:
            print(f"{at:7.1f} {fault}", flush=True)
            fault.begin(place)
            heapq.heappush(due, (at + fault.seconds, next(order), fault, False))
        else:
            fault.end(place)
        watch()


Planned = namedtuple("Planned", "at fault")


def plan(seed, count, blenders):
    """`count` faults with the seconds at which they begin. Each kind comes at least once when there are enough; the weights decide on the rest."""
    rng = random.Random(f"faults {seed}")
    kinds = [kind for kind in KINDS if blenders or kind is not FrozenBlender]
    wanted = rng.sample(kinds, min(count, len(kinds)))
    wanted += rng.choices(kinds, [kind.weight for kind in kinds], k=count - len(wanted))
    rng.shuffle(wanted)
    now, planned, held = 0.0, [], {}
    for kind in wanted:
        now += rng.uniform(0, 2 * GAP)
        fault = kind(rng)
        for _ in range(20):  # rather another one of the kind than a wait
            if all(held.get(thing, 0) <= now for thing in fault.holds):
                break
            fault = kind(rng)
        now = max([now, *(held.get(thing, 0) for thing in fault.holds)])
        for thing in fault.holds:
            held[thing] = now + fault.seconds + 0.5
        planned.append(Planned(now, fault))
    return planned
