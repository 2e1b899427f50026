# SPDX-License-Identifier: Apache-2.0
"""Rows of what each broker costs, held against this system's mosquitto; `./dev bench brokers`, for docs/brokers.md."""
import contextlib
import itertools
import sys
from pathlib import Path

import brokers as every
import services
from place import Place, memory_mb
from rows import Row

sys.path.append(str(Path(__file__).resolve().parents[1] / "broker"))
from link import Link  # noqa: E402

MOVES, EDITS, OBJECTS = 200, 4000, 10000


class At(Place):
    """A place at a given broker; where that has several addresses, the two agents are at different ones."""

    def __init__(self, folder, build, broker):
        super().__init__(folder, build)
        self.broker, self.addresses = broker, itertools.cycle(broker.urls)

    def __enter__(self):
        contextlib.ExitStack.__enter__(self)
        self.enter_context(self.broker)
        self.store = self.enter_context(services.Store(self.folder))
        self.agents = [self.new_agent(), self.new_agent()]
        return self

    def new_agent(self, *options):
        number = next(self._agents)
        return self.enter_context(services.Agent(self.folder / f"agent{number}", next(self.addresses), self.store.url, options=options))


def family(pid):
    """A process and what it has started."""
    children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()
    return [pid, *itertools.chain.from_iterable(family(int(child)) for child in children)]


def broker_mb(broker):
    """The memory of all of a broker's processes."""
    parts = getattr(broker, "parts", [broker])
    return sum(memory_mb(pid) for part in parts for pid in family(part.pid))


def wait_until_published(agent, scene):
    with Link(agent.socket, scene) as link:
        link.until(lambda: any(frame["t"] == "status" and frame["broker"] == "connected" and frame["pending"] == 0 for frame in link.seen), 300)


def figures(place):
    """Milliseconds of a move, settled edits a second, megabytes without and with a scene."""
    idle = broker_mb(place.broker)
    move = place.edits("latency", MOVES)[0] * 1000
    count, _, seconds = place.edits("settled", EDITS, 100)
    scene = place.scene()
    place.program("agent_fill", place.agents[0].socket, scene, OBJECTS)
    wait_until_published(place.agents[0], scene)
    return move, count / seconds, idle, broker_mb(place.broker)


def measured(place):
    """name → figures, of those that this machine has; mosquitto's first."""
    found = {}
    for name in ["mosquitto", *every.NAMES]:
        folder = place.folder / name
        lack = every.missing(name) if name in every.NAMES else None
        if lack:
            print(f"\n  {name}: {lack}", end="", file=sys.stderr)
            continue
        broker = every.make(name, folder) if name in every.NAMES else services.Broker(folder)
        with At(folder, place.build, broker) as at:
            found[name] = figures(at)
    return found


def costs(place):
    found = measured(place)
    works = ("one live move, p50", "settled edits of 100 B", "memory of the broker, idle", f"memory of the broker, {OBJECTS:,} objects and {EDITS:,} more")
    rows = []
    for name, values in found.items():
        for work, unit, value, usual in zip(works, ("ms", "edits/s", "MB", "MB"), values, found["mosquitto"]):
            rows.append(Row(f"{name}: {work}", value, unit, "mosquitto, as broker-config has it", value / usual, True))
    return rows


GROUPS = {"brokers": costs}
