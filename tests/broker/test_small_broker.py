# SPDX-License-Identifier: Apache-2.0
"""A broker that takes less than our largest message: that is told, and everything smaller goes on."""
import os
import signal
import time

import pytest
from agents import new_id, world
from services import Broker

LARGEST = 20_000


def lower(text):
    assert "max_packet_size 327680" in text
    return text.replace("max_packet_size 327680", f"max_packet_size {LARGEST}")


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path, Broker(tmp_path, edit=lower)) as made:
        yield made


def test_what_is_too_large_is_told_and_the_rest_goes_on(scene):
    agent = scene.agent("ada")
    ada, bob = scene.link(agent), scene.link(scene.agent("bob"))
    cube, ball = new_id(), new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    status = ada.wait("status", broker="connected")
    assert f"at most {LARGEST} bytes" in status["error"]
    ada.edit("object", cube, {"name": "Cuboid"}, live=True)
    ada.set("object", cube, note=os.urandom(30_000))
    ada.set("object", ball, name="Ball")
    bob.sees("object", ball, "name", "Ball")
    ada.until(lambda: any(frame["t"] == "status" and frame["refused"].get("broker") for frame in ada.seen))
    assert "larger than the broker takes" in agent.output() and "lost the broker" not in agent.output()


def one_at_a_time(text):
    assert "max_inflight_messages 0" in text
    return text.replace("max_inflight_messages 0", "max_inflight_messages 1")


def test_a_broker_that_takes_one_at_a_time_gets_everything_of_a_drag_and_what_was_before(tmp_path):
    with world(tmp_path, Broker(tmp_path, edit=one_at_a_time)) as scene:
        ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
        ids = [new_id() for _ in range(200)]
        ada.set("object", ids[0], name="before")
        bob.sees("object", ids[0], "name", "before")
        os.kill(scene.broker.pid, signal.SIGSTOP)
        for identity in ids:
            ada.edit("object", identity, {"name": "Cube"})
        for turn in range(150):
            ada.wait("ack", id=ada.edit("object", ids[0], {"name": f"turn {turn}"}, live=True))
            time.sleep(0.017)  # the next tick
        os.kill(scene.broker.pid, signal.SIGCONT)
        bob.sees("object", ids[0], "name", "turn 149")
        for identity in ids[1:]:
            bob.sees("object", identity, "name", "Cube")
        ada.wait("status", pending=0)
        assert not any("paho" in frame["refused"] for frame in ada.seen if frame["t"] == "status")
