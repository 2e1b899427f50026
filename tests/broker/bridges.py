# SPDX-License-Identifier: Apache-2.0
"""The JSON bridge for tests, and a client that speaks JSON with it."""
import json

from mqtt import Client
from services import Service, binary

SECONDS = 20


class Bridge(Service):
    """`scenesync bridge` for some scenes."""

    name = "bridge"

    def __init__(self, directory, broker, socket, *scenes, options=()):
        super().__init__(directory)
        self.broker, self.socket, self.scenes, self.options = broker, socket, scenes, options

    def command(self):
        return [binary(), "bridge", *self.scenes, "--broker", self.broker, "--socket", self.socket, *self.options]

    def ready(self):
        return "ready" in self.output().splitlines()


class Tool:
    """A program that knows MQTT and JSON. `mirror` is what the broker retains below json/, by topic."""

    def __init__(self, url, scene, **client):
        self.root = f"scenesync/v1/{scene}/json"
        self.client = Client(url, **client)
        self.mirror, self.answers, self.messages = {}, [], []
        self.client.subscribe(f"{self.root}/#")

    def listen(self, quiet=0.3):
        """Takes what has come; what came before was taken by an earlier call."""
        for topic, payload in self.client.all(quiet):
            where = topic[len(self.root) + 1:]
            self.messages.append((where, payload))
            if where.endswith("/answer"):
                self.answers.append((where[:-len("/answer")], json.loads(payload)))
            elif not where.endswith("/set"):
                self.mirror[where] = json.loads(payload) if payload else None
        return self

    def set(self, target, message, retain=False):
        """Publishes an update and returns its answer."""
        payload = message if isinstance(message, (str, bytes)) else json.dumps(message)
        before = len(self.answers)
        self.client.publish(f"{self.root}/{target}/set", payload, retain=retain)
        for _ in range(int(SECONDS / 0.1)):
            self.listen(0.1)
            if len(self.answers) > before:
                where, answer = self.answers[before]
                assert where == target
                return answer
        raise AssertionError(f"nobody answered {target}")

    def has(self, target, condition=lambda message: message is not None):
        """Waits until the broker retains something of `target` for which the condition holds, and returns it."""
        for _ in range(int(SECONDS / 0.1)):
            if target in self.mirror and condition(self.mirror[target]):
                return self.mirror[target]
            self.listen(0.1)
        raise AssertionError(f"{target}: {self.mirror.get(target)}")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.client.__exit__()
