# SPDX-License-Identifier: Apache-2.0
"""Rows of who comes to a scene of 100,000 objects (each with its transform): from a peer, from what the broker retains, and back after an absence."""
import subprocess
import time

from lines import Line, copy
from place import wait_until_idle
from rows import at_most

OBJECTS = 100000
CHANGED = OBJECTS // 100


class Meter:
    """Counts the bytes that are added to it."""

    def __init__(self):
        self.bytes = 0

    def __iadd__(self, data):
        self.bytes += len(data)
        return self


class MeteredLine(Line):
    """`meter`: what the broker has said; `began`: when the last connection was made."""

    def __init__(self, port):
        super().__init__(port)
        self.meter, self.began, self.url = Meter(), 0.0, f"mqtt://127.0.0.1:{self.port}"

    def answer(self, server, client):
        self.began = time.monotonic()
        copy(server, client, self.meter)


def rest(agent):
    if not wait_until_idle(agent.pid):
        raise RuntimeError("the agent does not come to rest")


def first_join(place, agent, scene):
    """Seconds until an agent that knew nothing has the scene."""
    entities, seconds = place.program("agent_join", agent.socket, scene, "first")
    if entities != 2 * OBJECTS:
        raise RuntimeError(f"{entities:.0f} entities came")
    return seconds


def come_back(place, host, guest, line, scene):
    """Seconds from the connection, and bytes, of who was away while 1 % changed; and the bytes of the same change for who is there."""
    with subprocess.Popen([place.build / "bench" / "agent_join", guest.socket, scene, "follow", str(CHANGED), "2"],
                          stdout=subprocess.PIPE, text=True) as follower:
        follower.stdout.readline()
        rest(guest)
        before = line.meter.bytes
        place.program("agent_join", host.socket, scene, "move", CHANGED, 1)
        rest(guest)
        there = line.meter.bytes - before
        line.cut()
        place.program("agent_join", host.socket, scene, "move", CHANGED, 2)
        rest(host)
        before = line.meter.bytes
        line.mend()
        came = float(follower.stdout.readline())
    return came - line.began, line.meter.bytes - before, there


def joining(place):
    host, scene = place.agents[0], place.scene()
    place.program("agent_fill", host.socket, scene, OBJECTS)
    rest(host)
    with MeteredLine(place.broker.port) as line:
        guest = place.new_agent(broker=line.url)
        peer = first_join(place, guest, scene)
        rest(guest)
        back, came, there = come_back(place, host, guest, line, scene)
    host.stop()
    guest.stop()
    retained = first_join(place, place.new_agent(), scene)
    note = "200,000 entities; from a client's first word until its agent has them"
    return [at_most("first join of 100,000 objects, from a peer", peer, 2, "s", note=note),
            at_most("first join of 100,000 objects, from what is retained", retained, 2, "s"),
            at_most("back after 1 % of 100,000 objects changed", back, 0.3, "s", note="from the connection until the last change is at a client"),
            at_most("back after 1 % of 100,000 objects changed, bytes", came / 1e3, 1.5 * there / 1e3, "kB", f"{there / 1e3:.0f} kB for who is there, ≤ × 1.5")]


GROUPS = {"joining": joining}
