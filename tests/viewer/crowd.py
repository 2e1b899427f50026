# SPDX-License-Identifier: Apache-2.0
"""A plain MQTT client that makes many objects and moves them, with nothing of ours but the schema's reference encoder."""
import math
import queue
import struct
import sys
import time
import uuid
from pathlib import Path

import msgpack
import paho.mqtt.client as mqtt

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "schemas"))
from canonical import Ext, encode  # noqa: E402

ORIGIN = bytes.fromhex("00000000000000c0")
CUBE = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
FACES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
ROWS = 4000  # of a live message, which has at most 256 KiB


def stamp(counter=0):
    return struct.pack(">Q", int(time.time() * 1000) << 16 | counter)[:8] + ORIGIN


def ints(values):
    return Ext(3, struct.pack(f"<{len(values)}i", *values))


def floats(values):
    return Ext(1, struct.pack(f"<{len(values)}f", *values))


class Crowd:
    """`count` cubes in the scene, in a square."""

    def __init__(self, broker, scene, count, login=None):
        self.root = f"scenesync/v1/{scene}"
        self.ids = [uuid.uuid4().bytes for _ in range(count)]
        self.side = math.ceil(math.sqrt(count))
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
        self.client.max_inflight_messages_set(0)
        self.client.max_queued_messages_set(0)
        if login:
            self.client.username_pw_set(*login)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.scene_id = uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, f"scenesync:{scene}"), "scene")

    def state(self, kind, key, fields):
        body = encode({"v": 1, "stamp": stamp(), "fields": fields})
        return self.client.publish(f"{self.root}/state/{kind}/{uuid.UUID(bytes=key)}", body, qos=1, retain=True)

    def build(self):
        mesh = uuid.uuid4().bytes
        at = "at/0123456789abcdef/"
        self.state("scene", self.scene_id.bytes, {"name": "Scene"})
        self.state("mesh", mesh, {
            "name": "Cube", "topology": "0123456789abcdef", "bounds": [-0.5, -0.5, -0.5, 0.5, 0.5, 0.5], at + "counts": [8, 12, 24, 6],
            at + "corner_verts": ints([v for face in FACES for v in face]), at + "face_offsets": ints(list(range(0, 25, 4))),
            at + "positions": floats([c for p in CUBE for c in p])})
        for number, key in enumerate(self.ids):
            self.state("object", key, {"name": f"Cube {number}", "type": "MESH", "data": mesh, f"collections/{self.scene_id.hex}": True})
            last = self.state("transform", key, {"location": list(self.place(number, 0)), "scale": [0.4, 0.4, 0.4]})
        last.wait_for_publish()

    def retained(self, kind, key):
        """The state of one entity that the broker retains."""
        held = queue.Queue()
        self.client.on_message = lambda _, __, message: held.put(message.payload)
        topic = f"{self.root}/state/{kind}/{uuid.UUID(key)}"
        self.client.subscribe(topic)
        state = msgpack.unpackb(held.get(timeout=20))
        self.client.unsubscribe(topic)
        return state

    def heard(self, kind, field, key):
        """The value of a field of it."""
        return self.retained(kind, key)["fields"][field]

    def stamped(self, kind, key):
        """When it was last edited, by its newest stamp, in seconds since 1970."""
        return int.from_bytes(self.retained(kind, key)["stamp"][:6], "big") / 1000

    def place(self, number, when):
        x, y = number % self.side - self.side / 2, number // self.side - self.side / 2
        return x, y, math.sin(0.35 * math.hypot(x, y) - 3 * when)

    def live(self, when):
        """The messages with which everybody moves a little, as agents send them."""
        for first in range(0, len(self.ids), ROWS):
            ids = self.ids[first:first + ROWS]
            places = [c for number in range(first, first + len(ids)) for c in self.place(number, when)]
            yield encode({"v": 1, "from": ORIGIN, "stamp": stamp(), "ids": b"".join(ids), "columns": {"location": floats(places)}})

    def move(self, when):
        for body in self.live(when):
            self.client.publish(f"{self.root}/live/transform", body, qos=0)

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()
