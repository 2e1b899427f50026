# SPDX-License-Identifier: Apache-2.0
"""A broker that takes less than our largest message: that is told, and everything smaller goes on."""
import os

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
