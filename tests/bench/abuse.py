# SPDX-License-Identifier: Apache-2.0
"""Rows of what an agent's memory costs when a client does not read, or says what is refused."""
import os
import sys
import time
from pathlib import Path

from place import memory_mb
from rows import at_most

sys.path.append(str(Path(__file__).resolve().parents[1] / "broker"))
from link import Link  # noqa: E402

ENTITIES, TEXT = 200, "x" * 30_000
ROUNDS = 20
REFUSED_MB = 200
FRAME = 256 * 1024


def unread(place):
    """One client does not read while another edits all of a scene again and again."""
    agent, scene = place.agents[0], place.scene()
    with Link(agent.socket, scene), Link(agent.socket, scene) as busy:
        ids = [number.to_bytes(16, "big") for number in range(ENTITIES)]
        before = memory_mb(agent.pid)
        for turn in range(ROUNDS):
            for identity in ids:
                busy.edit("object", identity, {"name": f"{TEXT}{turn}"})
            busy.wait("ack", id=busy.last_id)
        grown = memory_mb(agent.pid) - before
    size = ENTITIES * len(TEXT) / 1e6
    note = f"a scene of {size:.0f} MB, all of it edited {ROUNDS} times"
    return [at_most("agent, memory beside a client that does not read", grown, 30, "MB", note=note)]


def refused(place):
    """A client sends nonsense, frame after frame."""
    agent = place.agents[0]
    with Link(agent.socket, place.scene()) as client:
        client.set("object", bytes(16), name="Cube")
        before = memory_mb(agent.pid)
        for _ in range(REFUSED_MB * 1024 * 1024 // FRAME):
            client.send_body(os.urandom(FRAME))
            client.read()
        client.set("object", bytes(16), name="Box")
        time.sleep(1)
        grown = memory_mb(agent.pid) - before
    return [at_most(f"agent, memory after {REFUSED_MB} MB of refused frames", grown, 10, "MB")]


GROUPS = {"unread": unread, "refused": refused}
