# SPDX-License-Identifier: Apache-2.0
"""Somebody who may edit and means harm: the scene stays usable, the log and what the panel shows name the cause, and the rest goes on."""
import os
import struct
import time
import uuid

import msgpack
import pytest
from agents import ROOT, eventually, new_id, world
from mqtt import Client

ORIGINS = 17_000  # made up: more than a message of 256 KiB could tell of
ENTITIES, MESSAGES, FIELDS = 5, 20, 10_000  # with a million fields together
YEAR_3000 = 32_503_680_000_000


def stamp(ms=None):
    return struct.pack(">Q", int(ms or time.time() * 1000) << 16) + os.urandom(8)


def topic(identity, kind="object"):
    return f"{ROOT}/state/{kind}/{uuid.UUID(bytes=identity)}"


def state(fields, ms=None, **more):
    return msgpack.packb({"v": 1, "stamp": stamp(ms), "fields": fields, **more})


def said(link):
    """What was refused, by cause, as the panel shows it."""
    return next((frame["refused"] for frame in reversed(link.seen) if frame["t"] == "status"), {})


class Scene:
    """Ada and Bob at work on a cube, with somebody hostile, `tool`, at the same broker."""

    def __init__(self, made, tool):
        self.made, self.tool = made, tool
        self.agents = made.agent("ada"), made.agent("bob")
        self.ada, self.bob = map(made.link, self.agents)
        self.cube = new_id()
        self.ada.set("object", self.cube, name="Cube")
        self.bob.sees("object", self.cube, "name", "Cube")

    def send(self, where, payload, qos=1, retain=True):
        """Without waiting for the broker; `sent` does."""
        self.tool.paho.publish(where, payload, qos, retain)

    def sent(self):
        self.tool.publish(f"{ROOT}/sent", b"")

    def names(self, cause, text):
        """Both say why."""
        for link, agent in zip((self.ada, self.bob), self.agents):
            link.until(lambda link=link: said(link).get(cause))
            assert text in agent.output()

    def stays_usable(self):
        """What either does reaches the other, both go on saying what they have, whoever joins has it, too, and all of it survives a kill."""
        self.ada.set("object", self.cube, name="Box")
        self.bob.sees("object", self.cube, "name", "Box")
        self.bob.set("object", self.cube, note="mine")
        self.ada.sees("object", self.cube, "note", "mine")
        eventually(lambda: self.ada.digest() == self.bob.digest())
        for link in (self.ada, self.bob):
            with Client(self.made.broker.url) as watcher:
                assert watcher.subscribe(f"{ROOT}/peer/+/{link.welcome['origin'].hex()}")
                assert watcher.next()[1] != watcher.next()[1]  # the first is retained
        eve = self.made.link(self.made.agent("eve"))
        eventually(lambda: eve.digest() == self.ada.digest())
        for agent in self.agents:
            agent.run("dump", "demo")
        before = self.ada.digest()
        self.made.broker.kill()  # so that nobody can help
        self.agents[0].kill()
        self.agents[0].start()
        assert self.made.link(self.agents[0]).digest() == before


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made, Client(made.broker.url) as tool:
        yield Scene(made, tool)


def test_made_up_origins(scene):
    """Each counts for a line in everybody's vector, but only so many do."""
    for number in range(ORIGINS):
        scene.send(topic(scene.cube), state({"x": number}, **{"from": os.urandom(8), "seq": 1}))
    scene.sent()
    scene.stays_usable()


def test_a_flood_of_live_values(scene):
    live = {"v": 1, "from": b"hostile!", "ids": scene.cube, "columns": {"name": ["x" * 1000]}}
    for _ in range(20_000):
        scene.send(f"{ROOT}/live/object", msgpack.packb({**live, "stamp": stamp()}), qos=0, retain=False)
    scene.sent()
    scene.stays_usable()


def test_the_year_3000(scene):
    """It wins nowhere, and whoever edits next is not pushed there."""
    for fields in ({"name": "x"}, {"deleted": True}):
        scene.send(topic(scene.cube), state(fields, YEAR_3000))
        scene.send(f"{ROOT}/live/object", msgpack.packb({"v": 1, "from": b"hostile!", "stamp": stamp(YEAR_3000), "ids": scene.cube,
                                                         "columns": {name: [value] for name, value in fields.items()}}), retain=False)
    scene.names("future", "over a day ahead; it was refused. Check the clocks")
    scene.stays_usable()
    assert scene.ada.values["object", scene.cube, "name"] == "Box"
    scene.made.broker.start()
    with Client(scene.made.broker.url) as tool:
        assert tool.subscribe(topic(scene.cube))
        told = msgpack.unpackb(tool.next()[1])
    assert told["fields"]["name"] == "Box" and told["stamp"] < stamp(time.time() * 1000 + 60_000)


def test_circles_of_parents(scene):
    ring = [new_id() for _ in range(1000)]
    for child, parent in [*zip(ring, ring[1:] + ring[:1]), (scene.cube, scene.cube)]:
        scene.send(topic(child), state({"type": "EMPTY", "parent": parent}))
    scene.sent()
    for identity in [scene.cube, *ring]:
        scene.ada.sees("object", identity, "type", "EMPTY")
    listed = scene.agents[0].run("tree", "demo").stdout.splitlines()
    assert len(listed) == 1001 and len([line for line in listed if line[0] in "├└"]) == 2
    scene.stays_usable()


def test_a_million_fields(scene):
    """What is too much for any message is said by nobody; whoever asks gets it."""
    hoards = [scene.cube, *(new_id() for _ in range(ENTITIES - 1))]
    for identity in hoards:
        for first in range(0, MESSAGES * FIELDS, FIELDS):
            scene.send(topic(identity), state({f"a/b/{first + i:06}": 1 for i in range(FIELDS)}))
    scene.sent()
    scene.names("encode", "fields: at most 65536")
    for identity in hoards:
        scene.bob.sees("object", identity, f"a/b/{MESSAGES * FIELDS - 1:06}", 1)
    scene.stays_usable()


def test_names_of_every_byte(scene):
    """Fields' names, kinds and what people read as names."""
    def raw(name):
        return b"\xd9" + bytes([len(name)]) + name

    def has(name, value):
        return state({}).replace(b"\xa6fields\x80", b"\xa6fields\x81" + raw(name) + value)

    names = [b"a" + bytes([byte]) + b"b" for byte in range(256)]
    for name in names:
        scene.send(topic(scene.cube), has(name, b"\x01"))
        scene.send(topic(new_id()), has(b"name", raw(name)))
    for byte in range(0x20, 0x7f):  # mosquitto takes no others in topics
        if chr(byte) not in "+#":
            scene.send(f"{ROOT}/state/a{chr(byte)}b/{uuid.uuid4()}", state({"name": "x"}))
    scene.sent()
    scene.names("malformed", "expected field names of UTF-8 without control characters")
    for byte in range(0x20, 0x7f):
        scene.ada.sees("object", scene.cube, f"a{chr(byte)}b", 1)
    assert not any(name < " " or "\x7f" in name for _, _, names in scene.ada.values for name in names)
    scene.stays_usable()
