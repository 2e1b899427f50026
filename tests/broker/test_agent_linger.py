# SPDX-License-Identifier: Apache-2.0
"""An agent that was started on behalf of a program ends by itself, but not while others wait for what only it has."""
import time

import pytest
from agents import eventually, new_id, world

TICKS = 3.5  # seconds; the agent looks every second


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def agent(scene, tmp_path):
    (tmp_path / "agent.ini").write_text("linger = 1\n")
    return scene.agent("ada", config=tmp_path / "agent.ini")


def test_it_ends_when_nobody_uses_it(scene, agent):
    link = scene.link(agent)
    link.set("object", new_id(), name="Cube")
    time.sleep(TICKS)
    assert agent.alive
    link.close()
    eventually(lambda: not agent.alive)
    assert agent.process.returncode == 0 and "no program uses it" in agent.output()


def test_it_delivers_first(scene, agent):
    link = scene.link(agent)
    cube = new_id()
    link.set("object", cube, name="Cube")
    scene.broker.kill()
    link.set("object", cube, name="Box")
    link.close()
    time.sleep(TICKS)
    assert agent.alive
    scene.broker.start()
    eventually(lambda: not agent.alive)
    other = scene.agent("ben")
    scene.link(other).sees("object", cube, "name", "Box")


def test_it_gives_back_what_the_broker_forgot(scene, agent):
    link = scene.link(agent)
    cube, sphere = new_id(), new_id()
    link.set("object", sphere, name="Sphere")
    link.set("object", cube, name="Cube")
    link.until(lambda: any(f["t"] == "status" and f["broker"] == "connected" and f["pending"] == 0 for f in link.seen))
    scene.broker.kill()
    scene.broker.forget()
    link.set("object", cube, name="Box")
    link.close()
    scene.broker.start()
    eventually(lambda: not agent.alive)
    other = scene.link(scene.agent("ben"))
    other.sees("object", cube, "name", "Box")
    other.sees("object", sphere, "name", "Sphere")


def test_without_the_setting_it_stays(scene):
    agent = scene.agent("ada")
    time.sleep(TICKS)
    assert agent.alive
