# SPDX-License-Identifier: Apache-2.0
"""Somebody who is in a scene: a plain MQTT client that says its name and where it looks."""
import os
import time

import paho.mqtt.client as mqtt
from crowd import encode


class Person:
    def __init__(self, broker, scene, name):
        self.origin = os.urandom(8).hex()
        self.root = f"scenesync/v1/{scene}"
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self._say("online", b"1", True)
        self.peer = {"v": 1, "name": name, "app": "test"}
        self._say("peer", encode(self.peer), True).wait_for_publish()

    def _say(self, what, body, retain):
        return self.client.publish(f"{self.root}/{what}/someone/{self.origin}", body, qos=1, retain=retain)

    def says_time(self):
        self._say("peer", encode({**self.peer, "time": int(1000 * time.time())}), False).wait_for_publish()

    def looks(self, view, **more):
        """From where (a world matrix, row-major), with what selected, at which frame."""
        self._say("presence", encode({"v": 1, "fields": {"view": view, "fov": 0.8, **more}}), False).wait_for_publish()

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()
