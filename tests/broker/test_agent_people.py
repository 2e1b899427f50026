# SPDX-License-Identifier: Apache-2.0
"""Programs at one agent see each other as they see those at other agents; to these, the agent is one."""
import pytest
from agents import ROOT, eventually, new_id, world
from mqtt import Client
from services import Broker


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def people(link):
    """Name and program of the others, as far as this client was told."""
    last = {frame["origin"]: frame for frame in link.seen if frame["t"] == "peer"}
    return sorted((frame["name"], frame["app"]) for frame in last.values() if frame["online"])


def test_two_programs_at_one_agent_see_each_other(scene):
    agent = scene.agent("ada")
    first = scene.link(agent, name="Ada", app="Blender", colour=[1, 0, 0])
    second = scene.link(agent, name="Ada", app="renderer", app_version="2")
    first.until(lambda: people(first) == [("Ada", "renderer")])
    second.until(lambda: people(second) == [("Ada", "Blender")])
    seen = next(frame for frame in second.seen if frame["t"] == "peer")
    assert seen["colour"] == [1, 0, 0] and seen["user"] == "anonymous"
    assert seen["origin"] not in (first.welcome["origin"], second.welcome["origin"])

    second.send({"t": "presence", "fields": {"frame": 7}})
    here = first.wait("presence")
    assert here["fields"] == {"frame": 7}
    assert here["origin"] == next(frame["origin"] for frame in first.seen if frame["t"] == "peer")
    first.set("object", new_id(), name="Cube")
    second.sync()
    assert not [frame for frame in second.seen if frame["t"] == "presence"]  # nobody is told of himself

    second.send({"t": "leave"})
    first.until(lambda: people(first) == [])
    second.send({"t": "join", "scene": "demo"})
    first.until(lambda: people(first) == [("Ada", "renderer")])
    second.close()
    first.until(lambda: people(first) == [])


def test_tools_and_other_scenes_are_not_people(scene):
    agent = scene.agent("ada")
    first = scene.link(agent, name="Ada", app="Blender")
    scene.link(agent, app="scenesync", role="tool")
    scene.link(agent, scene="other", name="Ada", app="Blender")
    first.sync()
    assert people(first) == []
    tool = scene.link(agent, app="scenesync", role="tool")
    tool.until(lambda: people(tool) == [("Ada", "Blender")])


def test_for_others_an_agent_is_one(scene):
    agent = scene.agent("ada")
    first = scene.link(agent, name="Ada", app="Blender")
    second = scene.link(agent, name="Ada", app="renderer")
    other = scene.link(scene.agent("bob"))
    other.until(lambda: people(other) == [("ada", "Blender")])
    for link in (first, second):
        link.until(lambda: ("bob", "test") in people(link) and len(people(link)) == 2)
    second.send({"t": "presence", "fields": {"frame": 3}})
    assert other.wait("presence")["origin"] == agent_origin(first)
    assert first.wait("presence")["origin"] != agent_origin(first)


def agent_origin(link):
    return link.welcome["origin"]


def test_those_who_are_gone_take_nobodys_place(scene):
    """A broker retains what was said of everybody who ever was in the scene."""
    scene.link(scene.agent("ada"), name="Ada", app="Blender")
    with Client(scene.broker.url) as client:
        client.subscribe(f"{ROOT}/peer/#")
        said = client.next()[1]
        for number in range(4200):
            client.paho.publish(f"{ROOT}/peer/anonymous/ff{number:014x}", said, 1, True)
        client.publish(f"{ROOT}/peer/anonymous/{4200:016x}", said, retain=True)
    bob = scene.link(scene.agent("bob"))
    scene.link(scene.agent("carol"), app="Blender")
    bob.until(lambda: ("carol", "Blender") in people(bob))


def test_who_may_only_look_on_stays_and_others_look_after_the_scene(tmp_path):
    """Carol, who was there first, would give the broker back what it has lost, and mosquitto 2.0 puts out who tries what he may not."""
    with world(tmp_path, Broker(tmp_path, "lan.conf", {"alice": "wonder", "carol": "cat"})) as scene:
        def join(user, password):
            agent = scene.agent(user, broker=scene.broker.url.replace("://", f"://{user}:{password}@"))
            link = scene.link(agent)
            link.until(lambda: any(frame["t"] == "status" and frame["broker"] == "connected" for frame in link.seen))
            return agent, link

        (watching, carol), (_, alice) = join("carol", "cat"), join("alice", "wonder")
        ids = [new_id() for _ in range(30)]
        for identity in ids:
            alice.set("object", identity, name="Cube")
        for identity in ids:
            carol.sees("object", identity, "name", "Cube")
        scene.broker.kill()
        scene.broker.forget()
        scene.broker.start()
        with Client(scene.broker.url, "carol", "cat") as tool:
            assert tool.subscribe(f"{ROOT}/state/#")
            found = set()
            eventually(lambda: found.update(topic for topic, _ in tool.all()) or len(found) == len(ids))
        alice.set("object", ids[0], name="Box")
        carol.sees("object", ids[0], "name", "Box")
        assert watching.output().count("lost the broker") < 5
