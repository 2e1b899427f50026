# SPDX-License-Identifier: Apache-2.0
"""Agents that meet at a broker: what one is told, the others come to know, whatever is killed on the way."""
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest
from agents import ROOT, ElectingBroker, OldBroker, eventually, new_id, world
from link import Link
from mqtt import Client
from services import REPOSITORY, Broker


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def published(link):
    """Until the broker has acknowledged what this client's agent knew."""
    def done():
        last = [frame for frame in link.seen if frame["t"] == "status"][-1:]
        return last and last[0]["broker"] == "connected" and last[0]["pending"] == 0

    link.seen.clear()
    link.sync()
    link.until(done)


def converged(one, other):
    return one.digest() == other.digest()


def test_an_edit_on_one_is_seen_on_the_other(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    bob.set("object", cube, name="Box")
    ada.sees("object", cube, "name", "Box")
    assert converged(ada, bob)


def test_a_dragged_value_is_seen_before_it_is_settled(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("transform", cube, location=[0, 0, 0])
    bob.sees("transform", cube, "location", [0, 0, 0])
    published(ada)
    ada.edit("transform", cube, {"location": [1, 2, 3]}, live=True)
    bob.sees("transform", cube, "location", [1, 2, 3])
    assert any(frame.get("live") for frame in bob.seen)
    eventually(lambda: converged(ada, bob))


def test_a_change_says_which_edits_of_the_client_it_knows(scene):
    """Without `after`, a client whose edit crosses another's would take the older value for the newer one."""
    agent = scene.agent("ada")
    first, second = scene.link(agent), scene.link(agent)
    cube = new_id()
    first.set("object", cube, name="Cube")
    second.sees("object", cube, "name", "Cube")
    second.set("object", cube, name="older")
    mine = first.edit("object", cube, {"name": "newer"})
    crossing = first.wait("change")
    assert crossing["batches"][0]["columns"]["name"] == ["older"]
    assert crossing["after"] == mine - 1, "it was made before the edit under way was stamped: that one stands"
    first.wait("ack", id=mine)
    second.sees("object", cube, "name", "newer")
    second.set("object", cube, name="newest")
    assert first.wait("change")["after"] == mine, "it was made after our last edit"


def test_different_fields_at_the_same_moment_both_survive(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("transform", cube, location=[0, 0, 0], scale=[1, 1, 1])
    bob.sees("transform", cube, "scale", [1, 1, 1])
    ada.edit("transform", cube, {"location": [5, 5, 5]})
    bob.edit("transform", cube, {"scale": [2, 2, 2]})
    for link in (ada, bob):
        link.sees("transform", cube, "location", [5, 5, 5])
        link.sees("transform", cube, "scale", [2, 2, 2])


def test_two_clients_of_one_agent_meet_without_a_broker(scene):
    scene.broker.kill()
    agent = scene.agent("ada")
    one, two = scene.link(agent), scene.link(agent)
    cube = new_id()
    one.set("object", cube, name="Cube")
    two.sees("object", cube, "name", "Cube")


def test_the_order_of_starting_does_not_matter(scene):
    scene.broker.kill()
    scene.store.kill()
    ada = scene.link(scene.agent("ada"))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob = scene.agent("bob")
    scene.broker.start()
    scene.store.start()
    scene.link(bob).sees("object", cube, "name", "Cube")


def test_edits_on_both_sides_of_a_dead_broker_converge(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube, ball = new_id(), new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    scene.broker.kill()
    ada.set("object", cube, name="from Ada")
    bob.set("object", ball, name="from Bob")
    scene.broker.start()
    ada.sees("object", ball, "name", "from Bob")
    bob.sees("object", cube, "name", "from Ada")
    eventually(lambda: converged(ada, bob))


def test_a_broker_that_lost_its_store_gets_it_back(scene):
    ada = scene.link(scene.agent("ada"))
    lamp = new_id()
    ada.set("light", lamp, name="Lamp")
    published(ada)
    scene.broker.kill()
    scene.broker.forget()
    scene.broker.start()
    with Client(scene.broker.url) as tool:
        tool.subscribe(f"{ROOT}/state/light/#")
        topic, payload = tool.next()
    assert topic.startswith(f"{ROOT}/state/light/") and payload


def test_an_acknowledged_edit_survives_kill_9(scene):
    first = scene.agent("ada")
    bob = scene.link(scene.agent("bob"))
    ada = scene.link(first)
    scene.broker.kill()  # so that the disk alone has it
    cube = new_id()
    ada.set("object", cube, name="Cube")
    first.kill()
    scene.broker.start()
    first.start()
    bob.sees("object", cube, "name", "Cube")


def test_many_edits_while_the_agent_is_killed_again_and_again(scene):
    agent = scene.agent("ada")
    bob = scene.link(scene.agent("bob"))
    ids = [new_id() for _ in range(60)]
    for number, identity in enumerate(ids):
        with Link(agent.socket, "demo") as ada:
            ada.set("object", identity, name=f"Cube {number}")
        if number % 20 == 19:
            agent.kill()
            agent.start()
    for number, identity in enumerate(ids):
        bob.sees("object", identity, "name", f"Cube {number}")


def test_a_late_joiner_has_the_whole_scene(scene):
    ada = scene.link(scene.agent("ada"))
    ids = [new_id() for _ in range(500)]
    for number, identity in enumerate(ids):
        ada.edit("object", identity, {"name": f"Cube {number}"})
    ada.wait("ack", id=len(ids))
    bob = scene.link(scene.agent("bob"))
    assert bob.joined["entities"] == 500 and not bob.joined["empty"]
    assert converged(ada, bob)


def test_an_empty_scene_says_so(scene):
    assert scene.link(scene.agent("ada")).joined["empty"]


def test_peers_are_told_of_each_other(scene):
    ada_agent, bob_agent = scene.agent("ada"), scene.agent("bob")
    ada = scene.link(ada_agent)
    bob = scene.link(bob_agent, name="Bob", colour=[0.5, 0.25, 1.0])
    seen = ada.wait("peer", online=True, name="bob")
    assert seen["app"] == "test" and seen["colour"] == [0.5, 0.25, 1.0]
    bob.send({"t": "presence", "fields": {"frame": 7}})
    assert ada.wait("presence")["fields"] == {"frame": 7}
    bob_agent.kill()
    ada.wait("peer", online=False, origin=seen["origin"])


@pytest.mark.parametrize("manner", ["refuse", "close"])
def test_a_broker_that_knows_only_mqtt_3_1_1(scene, manner):
    old = OldBroker(scene.broker.port, manner)
    ada, bob = scene.link(scene.agent("ada", broker=old.url)), scene.link(scene.agent("bob", broker=old.url))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    assert 5 in old.versions and 4 in old.versions
    scene.broker.kill()
    bob.set("object", cube, name="Box")
    scene.broker.start()
    ada.sees("object", cube, "name", "Box")
    eventually(lambda: converged(ada, bob))


def test_a_subscription_that_is_refused_for_no_reason_is_tried_again(scene):
    electing = ElectingBroker(scene.broker.port, 2)
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob", broker=electing.url))
    eventually(lambda: electing.refusals == 0)
    assert electing.versions.count(4) == 1
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    eventually(lambda: converged(ada, bob))


def test_a_user_who_may_not_read_everything_stays(scene):
    electing = ElectingBroker(scene.broker.port, 1000)
    agent = scene.agent("bob", broker=electing.url)
    with scene.link(agent):
        eventually(lambda: "refuses some subscriptions" in agent.output())
        assert (1000 - electing.refusals, electing.versions.count(4)) == (6, 1)


def test_over_websocket(scene):
    ada, bob = scene.link(scene.agent("ada", broker=scene.broker.ws_url)), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    bob.set("object", cube, name="Box")
    ada.sees("object", cube, "name", "Box")


def test_over_tls_with_passwords(tmp_path):
    with world(tmp_path) as made, Broker(tmp_path / "tls", config="lan.conf", passwords={"alice": "secret/1"}, tls=True) as broker:
        (tmp_path / "ada.ini").write_text(f"# how Ada connects\nca_file = {broker.ca}\nuser = alice\npassword = secret/1\n")
        ada = made.link(made.agent("ada", broker=broker.url, config=tmp_path / "ada.ini"))
        (tmp_path / "ca.ini").write_text(f"ca_file = {broker.ca}\n")
        url = broker.url.replace("://", "://alice:secret%2F1@")
        bob = made.link(made.agent("bob", broker=url, config=tmp_path / "ca.ini"))
        cube = new_id()
        ada.set("object", cube, name="Cube")
        bob.sees("object", cube, "name", "Cube")
        liar = made.agent("eve", broker=broker.url.replace("://", "://alice:wrong@"), config=tmp_path / "ca.ini")
        with Link(liar.socket) as eve:
            eve.send({"t": "join", "scene": "demo"})
            eve.wait("status", broker="refused")


PLAIN_SCRIPT = REPOSITORY / "docs" / "examples" / "move_object.py"


def test_a_plain_script_moves_an_object(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, name="Cube", type="EMPTY")
    ada.set("transform", cube, location=[0, 0, 0], scale=[2, 2, 2])
    bob.sees("transform", cube, "location", [0, 0, 0])
    text = cube.hex()
    identity = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    arguments = ["127.0.0.1", str(scene.broker.port), "demo", "Cube", "1", "2", "3"]
    subprocess.run([sys.executable, PLAIN_SCRIPT, *arguments], check=True, timeout=60)
    for link in (ada, bob):
        link.sees("transform", cube, "location", [1, 2, 3])
    # The one first in rank publishes it again, whole and numbered.
    with Client(scene.broker.url) as tool:
        tool.subscribe(f"{ROOT}/state/transform/{identity}")

        def whole():
            message = msgpack.unpackb(tool.next()[1])
            return "seq" in message and set(message["fields"]) == {"location", "scale"}

        eventually(whole)


def test_leaving_says_goodbye(scene):
    """An agent may say several times that it is here: it notices by that when a replay is over."""
    agent = scene.agent("ada")
    scene.link(agent)
    with Client(scene.broker.url) as tool:
        tool.subscribe(f"{ROOT}/online/#")

        def hears(said):
            while (heard := tool.next()[1]) != said:
                assert heard == b"1"

        hears(b"1")
        agent.stop()
        hears(b"0")
        agent.start()
        scene.link(agent)
        hears(b"1")
        agent.kill()
        hears(b"0")


def test_a_copied_data_directory_takes_another_origin(scene, tmp_path):
    first = scene.agent("ada")
    ada = scene.link(first)
    cube = new_id()
    ada.set("object", cube, name="Cube")
    first.stop()
    second = scene.agent("bob", start=False)
    subprocess.run(["cp", "-r", first.data, second.data], check=True)
    first.start()
    ada = scene.link(first)
    ada.set("object", cube, name="Box")
    second.start()
    bob = scene.link(second)
    ball = new_id()
    bob.set("object", ball, name="Ball")
    ada.sees("object", ball, "name", "Ball")
    ada.set("object", cube, name="Crate")
    bob.sees("object", cube, "name", "Crate")
    eventually(lambda: converged(ada, bob))
    assert Path(second.data, "origin").read_bytes() == Path(first.data, "origin").read_bytes()  # it is the records that know
