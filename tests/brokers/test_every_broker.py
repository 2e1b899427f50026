# SPDX-License-Identifier: Apache-2.0
"""What must hold at every broker: tests that mosquitto is tested with (tests/broker), and some of larger scenes, several people and more faults."""
import itertools
import os
import struct
import time

import msgpack
import pytest
from agents import ROOT, eventually, new_id
from mqtt import Client
from test_agent_blobs import (  # noqa: F401
    blob_of, test_a_blob_reaches_the_other_before_the_field_that_names_it, test_everything_else_of_the_entity_goes_at_once, test_many_small_blobs)
from test_agent_sync import (  # noqa: F401
    converged, published, test_a_dragged_value_is_seen_before_it_is_settled, test_a_late_joiner_has_the_whole_scene,
    test_an_acknowledged_edit_survives_kill_9, test_an_edit_on_one_is_seen_on_the_other, test_an_empty_scene_says_so,
    test_different_fields_at_the_same_moment_both_survive, test_edits_on_both_sides_of_a_dead_broker_converge,
    test_many_edits_while_the_agent_is_killed_again_and_again, test_peers_are_told_of_each_other, test_the_order_of_starting_does_not_matter)
from test_joining import at_rest, checkpoint, edits, fill, settings

MANY = 4000


def all_equal(links):
    return len({link.digest() for link in links}) == 1


def topic_of(kind, identity):
    text = identity.hex()
    return f"{ROOT}/state/{kind}/" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def test_the_newest_protocol_that_it_speaks(scene):
    agent = scene.agent("ada")
    scene.link(agent).until(lambda: "with MQTT" in agent.output())
    assert f"with MQTT {'5' if scene.broker.mqtt5 else '3.1.1'}" in agent.output()


def test_four_people(scene):
    """They see each other and what each does, and are told who has gone and how."""
    names = ["ada", "bob", "cid", "dora"]
    agents = [scene.agent(name) for name in names]
    links = [scene.link(agent, name=name) for agent, name in zip(agents, names)]
    cube = new_id()
    for link, field in zip(links, ("location", "rotation_euler", "scale", "delta_location")):
        link.edit("transform", cube, {field: [1, 2, 3]})
    for link, other in itertools.permutations(zip(links, names), 2):
        link[0].until(lambda link=link, other=other: any(frame["t"] == "peer" and frame["online"] and frame["name"] == other[1] for frame in link[0].seen))
    for link in links:
        for field in ("location", "rotation_euler", "scale", "delta_location"):
            link.sees("transform", cube, field, [1, 2, 3])
    eventually(lambda: all_equal(links))
    gone = [links[2].welcome["origin"], links[3].welcome["origin"]]
    agents[2].stop()
    agents[3].kill()
    for link in links[:2]:
        for origin in gone:
            link.until(lambda link=link, origin=origin: [frame["online"] for frame in link.seen if frame["t"] == "peer" and frame["origin"] == origin][-1] is False)


def test_a_large_scene_from_a_peer(scene):
    scene.store.kill()
    host = scene.agent("ada")
    ada = scene.link(host)
    fill(ada, MANY)
    with edits(host, True) as poured:
        bob = scene.link(scene.agent("bob"))
        assert bob.joined["entities"] >= MANY
    for identity, name in poured.items():
        bob.sees("object", identity, "name", name)
    eventually(lambda: converged(ada, bob))


def test_a_large_scene_where_nobody_is(scene):
    """From what the broker retains or, where it does not replay all of that, from the checkpoint."""
    host = scene.agent("ada", config=settings(scene.directory, "ada", checkpoint=1))
    ada = scene.link(host)
    ids = fill(ada, MANY)
    at_rest(ada)
    if scene.broker.replays == "all":
        scene.store.kill()
    else:
        own = host_origin(ada)
        eventually(lambda: (checkpoint(scene.broker) or {"vector": {}})["vector"].get(own, 0) >= MANY, 120)
    before = ada.digest()
    host.stop()
    bob = scene.link(scene.agent("bob"))
    assert bob.joined["entities"] == MANY and bob.digest() == before
    assert bob.values["object", ids[-1], "name"] == f"Cube {MANY - 1}"


def host_origin(link):
    return link.welcome["origin"].hex()


def test_the_largest_messages(scene):
    """Live just below 256 KiB, settled in parts of at most 128 KiB, to who is there and to a newcomer."""
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, **{f"large{number}": b"" for number in range(8)})
    bob.sees("object", cube, "large7", b"")
    published(ada)
    dragged = {f"large{number}": os.urandom(31_000) for number in range(8)}
    ada.edit("object", cube, dragged, live=True)
    bob.until(lambda: any(frame.get("live") and len(frame["batches"][0]["columns"]) == 8 for frame in bob.seen))
    more = {f"more{number}": os.urandom(31_000) for number in range(30)}
    ada.wait("ack", id=ada.edit("object", cube, more))
    late = scene.link(scene.agent("cid"))
    for name, value in {**dragged, **more}.items():
        for link in (bob, late):
            link.sees("object", cube, name, value)
    eventually(lambda: all_equal([ada, bob, late]))


@pytest.mark.parametrize("forgetting", [False, True], ids=["with its store", "without its store"])
def test_a_broker_that_is_killed_while_edits_pour_in(scene, forgetting):
    hosts = [scene.agent("ada"), scene.agent("bob")]
    links = [scene.link(host) for host in hosts]
    fill(links[0], 200)
    with edits(hosts[0], True, 100) as by_ada, edits(hosts[1], True, 100) as by_bob:
        for _ in range(2):
            scene.broker.kill()
            if forgetting:
                scene.broker.forget()
            time.sleep(0.5)
            scene.broker.start()
            heard = new_id()
            links[0].set("object", heard, name="heard")
            links[1].sees("object", heard, "name", "heard", 60)
    for identity, name in {**by_ada, **by_bob}.items():
        for link in links:
            link.sees("object", identity, "name", name)
    eventually(lambda: all_equal(links))


def test_the_broker_gets_back_what_it_lost(scene):
    """A plain tool, too, finds each thing under its topic again."""
    ada = scene.link(scene.agent("ada"))
    lamp = new_id()
    ada.set("light", lamp, name="Lamp")
    published(ada)
    scene.broker.kill()
    scene.broker.forget()
    scene.broker.start()

    def retained():
        with Client(scene.broker.url) as tool:
            tool.subscribe(topic_of("light", lamp))
            return tool.all()

    found = eventually(retained, 60)
    assert msgpack.unpackb(found[0][1])["fields"] == {"name": "Lamp"}


def test_deleted_by_one_and_edited_by_another(scene):
    """While they do not hear of each other: the delete stands, and nothing of the edit is lost to an undo."""
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    scene.broker.kill()
    ada.set("object", cube, deleted=True)
    bob.set("object", cube, name="Box")
    scene.broker.start()
    bob.sees("object", cube, "deleted", True, 60)
    eventually(lambda: converged(ada, bob))
    ada.set("object", cube, deleted=None)
    for link in (ada, bob):
        link.sees("object", cube, "name", "Box")
    eventually(lambda: converged(ada, bob))


def test_leaving_and_dying_are_told(scene):
    """By `online`, which the broker itself sets to 0 when an agent has not said good-bye."""
    with Client(scene.broker.url) as tool:
        tool.subscribe(f"{ROOT}/online/#")
        agent = scene.agent("ada")
        for end in (agent.stop, agent.kill):
            agent.start()
            scene.link(agent)
            assert tool.next()[1] == b"1"
            end()
            eventually(lambda: tool.next()[1] == b"0")  # 1 is said again with each replay


def test_a_plain_tool_writes_and_reads(scene):
    """Nothing but MQTT, and with only the fields that it knows."""
    ada = scene.link(scene.agent("ada"))
    lamp = new_id()
    ada.set("light", lamp, name="Lamp", energy=10)
    with Client(scene.broker.url) as tool:
        tool.subscribe(f"{ROOT}/state/light/+")
        stamp = struct.pack(">Q", int((time.time() + 1) * 1000) << 16) + os.urandom(8)
        tool.publish(topic_of("light", lamp), msgpack.packb({"v": 1, "stamp": stamp, "fields": {"energy": 20}}), retain=True)
        ada.sees("light", lamp, "energy", 20)

        def whole():
            message = msgpack.unpackb(tool.next()[1])
            return "seq" in message and message["fields"] == {"name": "Lamp", "energy": 20}

        eventually(whole)


def test_a_browsers_way(scene):
    """MQTT over WebSocket, where the configuration has it."""
    if not hasattr(scene.broker, "ws_url") or scene.broker.replays == "some":
        pytest.skip("no WebSocket in the stock configuration")
    ada, bob = scene.link(scene.agent("ada", broker=scene.broker.ws_url)), scene.link(scene.agent("bob"))
    cube = new_id()
    ada.set("object", cube, name="Cube")
    bob.sees("object", cube, "name", "Cube")
    bob.set("object", cube, name="Box")
    ada.sees("object", cube, "name", "Box")
