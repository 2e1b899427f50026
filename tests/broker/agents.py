# SPDX-License-Identifier: Apache-2.0
"""What tests of the agent share: a broker, a store and agents, and a broker that speaks only MQTT 3.1.1."""
import contextlib
import itertools
import socket
import threading
import time
import uuid

from link import Link
from lines import Line, copy
from services import Agent, Broker, Store

SCENE = "demo"
ROOT = f"scenesync/v1/{SCENE}"


class World:
    """A broker (by default mosquitto as broker-config/ has it) and a store (nginx, likewise) that run, and agents by name: where the broker has
    several addresses, one after the other at the next."""

    def __init__(self, directory, broker=None, store=None):
        self.directory = directory
        self.stack = contextlib.ExitStack()
        self.broker = self.stack.enter_context(broker or Broker(directory))
        self.store = self.stack.enter_context(store or Store(directory))
        self.addresses = itertools.cycle(self.broker.urls)

    def agent(self, name, broker=None, store=None, start=True, **options):
        agent = Agent(self.directory / name, broker or next(self.addresses), store or self.store.url, name=name, **options)
        self.stack.callback(agent.kill)
        if start:
            self.stack.callback(agent.stop)
            agent.start()
        return agent

    def link(self, agent, scene=SCENE, **hello):
        return self.stack.enter_context(Link(agent.socket, scene, **hello))


@contextlib.contextmanager
def world(directory, broker=None, store=None):
    made = World(directory, broker, store)
    with made.stack:
        yield made


def new_id():
    return uuid.uuid4().bytes


def eventually(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"it did not become so within {seconds} s"
        time.sleep(0.02)
    return result


class OldBroker:
    """A way to a broker that knows MQTT 3.1.1 only: it answers a CONNECT of version 5 as such a broker does (`manner`: "refuse" with
    code 1, or "close"), and passes everything else on to the real broker. `versions` is what was asked for."""

    def __init__(self, port, manner="refuse"):
        self.port, self.manner, self.versions = port, manner, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._pass, args=(self.listener.accept()[0],), daemon=True).start()

    def _pass(self, client):
        first = client.recv(65536)
        version = first[first.index(b"MQTT") + 4]
        self.versions.append(version)
        if version != 4:
            if self.manner == "refuse":
                client.sendall(b"\x20\x02\x00\x01")
            client.close()
            return
        try:
            broker = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            client.close()
            return
        broker.sendall(first)
        threading.Thread(target=copy, args=(broker, client), daemon=True).start()
        self.ask(client, broker)

    def ask(self, client, broker):
        copy(client, broker)


class ElectingBroker(OldBroker):
    """A way to a broker that, like a cluster that elects, refuses all but one filter of the first `refusals` subscriptions."""

    def __init__(self, port, refusals):
        self.refusals = refusals
        super().__init__(port)

    def ask(self, client, broker):
        with contextlib.suppress(OSError), client.makefile("rb") as stream:
            while packet := _packet(stream):
                head, body = packet
                if head[0] >> 4 == 8 and self.refusals > 0:
                    self.refusals -= 1
                    filters, at = 0, 2
                    while at < len(body):
                        filters, at = filters + 1, at + 3 + int.from_bytes(body[at:at + 2], "big")
                    client.sendall(bytes([0x90, 2 + filters]) + body[:2] + b"\x01" + b"\x80" * (filters - 1))
                else:
                    broker.sendall(head + body)
        for end in (broker, client):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Tap:
    """A way to a server on this machine, `url`, that keeps what passes: `asked` and `answered`."""

    def __init__(self, port):
        self.port, self.asked, self.answered = port, bytearray(), bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=copy, args=(client, server, self.asked), daemon=True).start()
                threading.Thread(target=copy, args=(server, client, self.answered), daemon=True).start()


class SilentBroker(Line):
    """A way to a broker that, like RabbitMQ, replays nothing that is retained to a wildcard. `answered`: bytes that passed to clients."""

    def __init__(self, port):
        super().__init__(port)
        self.answered = 0
        self.url = f"mqtt://127.0.0.1:{self.port}"

    def answer(self, broker, client):
        with contextlib.suppress(OSError), broker.makefile("rb") as stream:
            while packet := _packet(stream):
                head, body = packet
                topic = body[2:2 + int.from_bytes(body[:2], "big")] if head[0] >> 4 == 3 else b""
                if not topic or not head[0] & 1 or topic.endswith(b"/checkpoint"):
                    self.answered += len(head) + len(body)
                    client.sendall(head + body)
                elif head[0] & 6:
                    broker.sendall(b"\x40\x02" + body[2 + len(topic):4 + len(topic)])  # the client never gets it
        for end in (broker, client):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _packet(stream):
    """One MQTT packet: its fixed header and the rest; None at the end."""
    head, size, shift = stream.read(1), 0, 0
    while head and (len(head) == 1 or head[-1] & 128):
        byte = stream.read(1)
        if not byte:
            return None
        head += byte
        size |= (byte[0] & 127) << shift
        shift += 7
    return (head, stream.read(size)) if head else None
