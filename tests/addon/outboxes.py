# SPDX-License-Identifier: Apache-2.0
"""What tests of the outbox share: a link that keeps what is sent."""

import numpy
from scenesync.link import LinkError

ONE, TWO = b"1" * 16, b"2" * 16
MANY = [bytes([number]) * 16 for number in range(100)]


class Link:
    """Keeps what is sent, as the socket would take it."""

    backlog = 0

    def __init__(self):
        self.frames = []

    def send(self, frame):
        self.frames.append(frame)


class Broken(Link):
    """The agent is gone, and nobody has noticed."""

    def send(self, frame):
        raise LinkError("the agent closed the connection")


def edits(outbox):
    return [frame for frame in outbox.link.frames if frame["t"] == "edit"]


def queue_locations(outbox, x):
    outbox.queue_rows("transform", b"".join(MANY), {"location": numpy.full((len(MANY), 3), x, "float32")}, live=True)
