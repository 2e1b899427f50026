# SPDX-License-Identifier: Apache-2.0
"""The three ways into a scene (from a peer, from what the broker retains, from the checkpoint), each alone, at rest and while edits pour in;
and the way back after an absence, which costs the change and not the scene."""
import contextlib
import itertools
import struct
import threading
import time

import msgpack
import pytest
from agents import ROOT, SilentBroker, eventually, new_id, world
from link import Link
from mqtt import Client

COUNT = 300


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def silent(scene):
    with SilentBroker(scene.broker.port) as broker:
        yield broker


@pytest.fixture(params=[False, True], ids=["at rest", "while edits pour in"])
def pouring(request):
    return request.param


def settings(directory, name, **values):
    path = directory / f"{name}.ini"
    path.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
    return path


def fill(link, count=COUNT, first=0):
    """Entities that a peer answers with in a few messages, or as a blob when told that this is much. Returns their ids."""
    ids = [new_id() for _ in range(count)]
    for number, identity in enumerate(ids):
        last = link.edit("object", identity, {"name": f"Cube {first + number}", "note": f"{number:04}" * 50})
    link.wait("ack", id=last)
    return ids


def at_rest(link):
    """Until the broker has everything that this client's agent knew."""
    def rests():
        link.send({"t": "sync", "id": 1})
        status = [frame for frame in link.seen if frame["t"] == "status"][-1:]
        return status and status[0]["broker"] == "connected" and status[0]["pending"] == 0

    link.seen.clear()
    link.sync()
    link.until(rests)


@contextlib.contextmanager
def meanwhile(edit, wanted):
    """While it lasts edit(done, stop) runs in a thread, when that is wanted, and notes in `done` what it set, by id. Gives that."""
    done, stop = {}, threading.Event()
    thread = threading.Thread(target=edit, args=(done, stop))
    if wanted:
        thread.start()
        eventually(lambda: len(done) > 5)
    try:
        yield done
    finally:
        stop.set()
        if wanted:
            thread.join()


def edits(agent, wanted, a_second=500):
    """While it lasts somebody edits through the agent, not faster than the broker can follow (docs/brokers.md): names by id."""
    def edit(done, stop):
        with Link(agent.socket, "demo") as link:
            while not stop.wait(1 / a_second):
                identity = new_id()
                link.set("object", identity, name=f"poured {len(done)}")
                done[identity] = f"poured {len(done)}"

    return meanwhile(edit, wanted)


def tool_edits(broker, wanted):
    """While it lasts a plain tool makes entities, and nobody else is there: their numbers by id."""
    def edit(done, stop):
        with Client(broker.url) as tool:
            for number in itertools.count():
                if stop.wait(0.005):  # or an agent under valgrind never sees the end of it
                    return
                identity = new_id()
                text = identity.hex()
                topic = f"{ROOT}/state/object/" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
                stamp = struct.pack(">Q", int(time.time() * 1000))[2:] + struct.pack(">H", number % 65536) + b"a  tool "
                tool.publish(topic, msgpack.packb({"v": 1, "stamp": stamp, "fields": {"number": number}}), retain=True)
                done[identity] = number

    return meanwhile(edit, wanted)


def checkpoint(broker):
    """The retained checkpoint, or None while there is none."""
    with Client(broker.url) as tool:
        tool.subscribe(f"{ROOT}/checkpoint")
        found = tool.all()
    return msgpack.unpackb(found[-1][1]) if found else None


def test_from_a_peer(scene, silent, pouring):
    """The broker replays nothing to the newcomer and the store is away."""
    scene.store.kill()
    host = scene.agent("ada")
    ada = scene.link(host)
    ids = fill(ada)
    with edits(host, pouring) as poured:
        bob = scene.link(scene.agent("bob", broker=silent.url))
        assert bob.joined["entities"] >= COUNT
    for identity, name in poured.items():
        bob.sees("object", identity, "name", name)
    assert bob.values["object", ids[-1], "name"] == f"Cube {COUNT - 1}"
    eventually(lambda: ada.digest() == bob.digest())


def test_from_what_the_broker_retains(scene, pouring):
    """Nobody is there and the store is away."""
    scene.store.kill()
    host = scene.agent("ada")
    ada = scene.link(host)
    ids = fill(ada)
    at_rest(ada)
    before = ada.digest()
    host.stop()
    with tool_edits(scene.broker, pouring) as made:
        bob = scene.link(scene.agent("bob"))
        assert bob.joined["entities"] >= COUNT
    for identity, number in made.items():
        bob.sees("object", identity, "number", number)
    assert pouring or bob.digest() == before
    assert bob.values["object", ids[-1], "name"] == f"Cube {COUNT - 1}"


def test_from_the_checkpoint(scene, silent, pouring):
    """Nobody is there, and the broker replays nothing to a wildcard."""
    host = scene.agent("ada", broker=silent.url, config=settings(scene.directory, "ada", checkpoint=1))
    ada = scene.link(host)
    ids = fill(ada)
    at_rest(ada)
    vector = eventually(lambda: (checkpoint(scene.broker) or {}).get("vector"), 60)
    assert max(vector.values()) >= COUNT
    before = ada.digest()
    host.stop()
    with tool_edits(scene.broker, pouring) as made:
        bob = scene.link(scene.agent("bob", broker=silent.url))
        assert bob.joined["entities"] >= COUNT
        assert bob.values["object", ids[-1], "name"] == f"Cube {COUNT - 1}"
        assert pouring or bob.digest() == before
        before = len(made)
        eventually(lambda: len(made) > before + 5 or not pouring)
    for identity in list(made)[before:]:  # what was made before it joined is not replayed
        bob.sees("object", identity, "number", made[identity])


def test_a_large_answer_is_a_blob(scene, silent, pouring):
    """Most of it goes through the store, hardly anything through the broker."""
    host = scene.agent("ada", config=settings(scene.directory, "ada", snapshot_bytes="10k"))
    ada = scene.link(host)
    fill(ada)
    at_rest(ada)
    with edits(host, pouring) as poured:
        bob = scene.link(scene.agent("bob", broker=silent.url))
        assert bob.joined["entities"] >= COUNT
    for identity, name in poured.items():
        bob.sees("object", identity, "name", name)
    eventually(lambda: ada.digest() == bob.digest())
    assert checkpoint(scene.broker)["blob"]["size"] > 1000
    assert pouring or silent.answered < 20_000


def test_a_large_answer_goes_in_messages_when_the_store_fails(scene, silent):
    host = scene.agent("ada", config=settings(scene.directory, "ada", snapshot_bytes="10k"))
    ada = scene.link(host)
    fill(ada)
    at_rest(ada)
    bob = scene.link(scene.agent("bob", broker=silent.url, store="http://127.0.0.1:9"))
    assert bob.joined["entities"] == COUNT
    eventually(lambda: ada.digest() == bob.digest())


def test_a_checkpoint_survives_its_writers_death(scene, silent):
    """One after the other is killed while it may be writing; whoever is left finishes."""
    config = settings(scene.directory, "all", checkpoint=1)
    agents = [scene.agent(name, broker=silent.url, config=config) for name in ("ada", "bob", "cid")]
    links = [scene.link(agent) for agent in agents]
    fill(links[0])
    eventually(lambda: len({link.digest() for link in links}) == 1, 60)
    eventually(lambda: checkpoint(scene.broker), 60)
    for agent in agents[:2]:
        fill(links[2], 20)
        time.sleep(0.5)
        agent.kill()
    ids = fill(links[2], 20, first=9000)
    at_rest(links[2])
    written = vector_of(scene.broker, links[2])
    eventually(lambda: counts(checkpoint(scene.broker), written), 90)
    before = links[2].digest()
    agents[2].kill()
    dora = scene.link(scene.agent("dora", broker=silent.url))
    assert dora.digest() == before and dora.values["object", ids[-1], "name"] == "Cube 9019"


def vector_of(broker, link):
    """What the agent beside the link has: the vector of the next peer message that it publishes, not of the retained one, which may be older."""
    with Client(broker.url) as tool:
        tool.subscribe(f"{ROOT}/peer/+/{link.welcome['origin'].hex()}")
        tool.next()
        return msgpack.unpackb(tool.next()[1])["vector"]


def counts(found, vector):
    """Whether the checkpoint has all that the vector counts."""
    return found and all(found["vector"].get(origin, 0) >= seq for origin, seq in vector.items())


def test_a_return_costs_the_change(scene, silent):
    """A newcomer takes the scene; one who was away takes what has changed, be it after a restart or after a dropped link."""
    host = scene.agent("ada")
    ada = scene.link(host)
    ids = fill(ada, 5000)  # so large that an answer given again, because it was late, is still little
    at_rest(ada)
    away = scene.agent("bob", broker=silent.url)
    bob = scene.link(away)
    eventually(lambda: ada.digest() == bob.digest())
    whole_scene = silent.answered
    for leave, come_back in ((away.stop, away.start), (silent.cut, silent.mend)):
        bob.close()
        leave()
        for identity in ids[:10]:
            ada.set("object", identity, name=f"renamed {time.monotonic()}")
        at_rest(ada)
        silent.answered = 0
        come_back()
        bob = scene.link(away)
        eventually(lambda: ada.digest() == bob.digest())
        assert silent.answered < whole_scene / 10
