# SPDX-License-Identifier: Apache-2.0
"""The local link by hand: sockets and msgpack only, so that a test can also say what no proper client would."""
import hashlib
import os
import socket
import struct
import time
import uuid

import msgpack

SECONDS = 60


def connect(path):
    """A connection to the agent that serves a Unix socket or, where there is a file in its place, TCP; and what hello must then say."""
    if not os.path.isfile(path):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(str(path))
        return connection, {}
    address, token, _ = open(path).read().split()
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), SECONDS), {"token": token}


class Link:
    """`path` is the agent's --socket, or a connection. `greet`: say hello, as every program must."""

    def __init__(self, path, scene=None, greet=True, **hello):
        self.socket, token = (path, {}) if isinstance(path, socket.socket) else connect(path)
        self.bytes = b""
        self.seen = []  # every frame that came
        self.values = {}  # (kind, id, field) → value, as edits and changes said
        self.last_id = 0
        if greet:
            self.send({"t": "hello", "v": 1, "app": "test", "app_version": "1", **token, **hello})
            self.welcome = self.wait("welcome")
        if scene:
            self.send({"t": "join", "scene": scene})
            self.joined = self.wait("joined")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def send(self, frame):
        self.send_body(msgpack.packb(frame))

    def send_body(self, body):
        self.socket.sendall(struct.pack("<I", len(body)) + body)

    def read(self, seconds=SECONDS):
        """The next frame, or None when none comes in time; ConnectionError when the agent closed."""
        end = time.monotonic() + seconds
        while len(self.bytes) < 4 or len(self.bytes) < 4 + struct.unpack("<I", self.bytes[:4])[0]:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                got = self.socket.recv(1 << 20)
            except TimeoutError:
                return None
            if not got:
                raise ConnectionError("the agent closed the connection")
            self.bytes += got
        size = struct.unpack("<I", self.bytes[:4])[0]
        frame = msgpack.unpackb(self.bytes[4:4 + size], strict_map_key=False)
        self.bytes = self.bytes[4 + size:]
        self.seen.append(frame)
        if frame.get("t") == "change":
            self._take(frame)
        return frame

    def _take(self, frame):
        for batch in frame["batches"]:
            ids = [batch["ids"][i:i + 16] for i in range(0, len(batch["ids"]), 16)]
            for field, column in batch["columns"].items():
                for row, identity in enumerate(ids):
                    self.values[batch["kind"], identity, field] = cell(column, row, len(ids))

    def wait(self, kind, seconds=SECONDS, **having):
        """Reads until a frame of this kind with these keys comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.read(max(0.001, end - time.monotonic()))
            if frame and frame.get("t") == kind and all(frame.get(key) == value for key, value in having.items()):
                return frame
        raise AssertionError(f"no {kind} {having} within {seconds} s; the last frames were {self.seen[-5:]}")

    def until(self, condition, seconds=SECONDS):
        """Reads until the condition holds; what it returned."""
        end = time.monotonic() + seconds
        while not (result := condition()):
            left = end - time.monotonic()
            assert left > 0, f"it did not become so within {seconds} s; {len(self.values)} values are known, the last {list(self.values.items())[-20:]}"
            self.read(min(left, 0.5))
        return result

    def edit(self, kind, identity, fields, live=False):
        """Sends one entity's fields; the id of the edit."""
        self.last_id += 1
        frame = {"t": "edit", "id": self.last_id,
                 "batches": [{"kind": kind, "ids": identity, "columns": {name: [value] for name, value in fields.items()}}]}
        if live:
            frame["live"] = True
        self.values.update({(kind, identity, name): value for name, value in fields.items()})
        self.send(frame)
        return self.last_id

    def set(self, kind, identity, **fields):
        """Edits and waits for the acknowledgement."""
        return self.wait("ack", id=self.edit(kind, identity, fields))

    def sees(self, kind, identity, field, value, seconds=SECONDS):
        self.until(lambda: self.values.get((kind, identity, field)) == value, seconds)

    def sync(self, number=1):
        self.send({"t": "sync", "id": number})
        return self.wait("sync", id=number)

    def digest(self, number=1):
        self.send({"t": "digest", "id": number})
        return self.wait("digest", id=number)["digest"]

    def give_blob(self, content, name=None):
        """Hands a file over; its SHA-256."""
        sha256 = hashlib.sha256(content).digest()
        path = os.path.join(self.welcome["incoming"], name or uuid.uuid4().hex)
        with open(path, "wb") as file:
            file.write(content)
        self.send({"t": "blob", "sha256": sha256, "size": len(content), "path": path})
        return sha256


def cell(column, row, rows):
    """One row of a column: a list, or a typed array."""
    if not isinstance(column, msgpack.ExtType):
        return column[row]
    letter = {1: "f", 2: "d", 3: "i", 4: "B", 5: "H", 6: "q", 7: "e"}[column.code]
    numbers = struct.unpack(f"<{len(column.data) // struct.calcsize(letter)}{letter}", column.data)
    width = len(numbers) // rows
    return numbers[row] if width == 1 else list(numbers[row * width:(row + 1) * width])
