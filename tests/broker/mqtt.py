# SPDX-License-Identifier: Apache-2.0
"""A plain MQTT client for tests: Paho's Python client, alike in its versions 1 (Debian 12) and 2 (Debian 13)."""
import contextlib
import queue
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SECONDS = 30


class Client:
    """Connects at once, as the user in the URL when none is given; `connected` is the broker's return code (0: accepted). `next()` is (topic, payload) of the next message."""

    def __init__(self, url, user=None, password=None, protocol=paho.MQTTv311, ca=None, receive_maximum=None):
        parts = urlsplit(url)
        version = [paho.CallbackAPIVersion.VERSION1] if hasattr(paho, "CallbackAPIVersion") else []
        transport = "websockets" if parts.scheme.startswith("ws") else "tcp"
        self.paho = paho.Client(*version, protocol=protocol, transport=transport, reconnect_on_failure=False)
        self._results, self._messages, self._subscribed, self._processed = (queue.Queue() for _ in range(4))
        self.paho.on_connect = lambda client, data, flags, code, *rest: self._results.put(code)
        self.paho.on_message = lambda client, data, message: self._messages.put((message.topic, message.payload))
        self.paho.on_subscribe = lambda client, data, mid, granted, *rest: self._subscribed.put(granted)
        self.paho.on_publish = self.paho.on_disconnect = lambda *_: self._processed.put(True)
        self.paho.max_inflight_messages_set(1000)
        if user or parts.username:
            self.paho.username_pw_set(user or parts.username, password or parts.password)
        if ca:
            self.paho.tls_set(str(ca))
        properties = None
        if receive_maximum:
            properties = Properties(PacketTypes.CONNECT)
            properties.ReceiveMaximum = receive_maximum
        self.paho.connect(parts.hostname, parts.port, properties=properties)
        self.paho.loop_start()
        code = self._results.get(timeout=SECONDS)
        self.connected = getattr(code, "value", code)

    def subscribe(self, topic, qos=1):
        """Returns whether the broker grants it."""
        self.paho.subscribe(topic, qos)
        granted = self._subscribed.get(timeout=SECONDS)
        return all(getattr(code, "value", code) < 128 for code in granted)

    def publish(self, topic, payload, qos=1, retain=False):
        """Returns once the broker has acknowledged it."""
        self.paho.publish(topic, payload, qos, retain).wait_for_publish(SECONDS)

    def attempt(self, topic, payload):
        """Publishes what may not be allowed; returns once the broker has made up its mind. mosquitto 2.0.11 may disconnect us for it."""
        self.paho.publish(topic, payload, 1)
        self._processed.get(timeout=SECONDS)

    def next(self):
        return self._messages.get(timeout=SECONDS)

    def all(self, quiet=0.5):
        """What comes until nothing has come for so many seconds."""
        got = []
        with contextlib.suppress(queue.Empty):
            while True:
                got.append(self._messages.get(timeout=quiet))
        return got

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.paho.disconnect()
        self.paho.loop_stop()
