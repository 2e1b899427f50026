#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Moves an object of a scene with nothing of ours, only MQTT: move_object.py HOST PORT SCENE NAME X Y Z
import os
import struct
import sys
import time

import msgpack
from paho.mqtt import publish, subscribe

host, port, root = sys.argv[1], int(sys.argv[2]), f"scenesync/v1/{sys.argv[3]}"
name, location = sys.argv[4], [float(number) for number in sys.argv[5:8]]


def look(client, data, message):
    if msgpack.unpackb(message.payload)["fields"].get("name") == name:
        stamp = struct.pack(">Q", int(time.time() * 1000) << 16) + os.urandom(8)
        payload = msgpack.packb({"v": 1, "stamp": stamp, "fields": {"location": location}})
        topic = message.topic.replace("/object/", "/transform/")
        publish.single(topic, payload, qos=1, retain=True, hostname=host, port=port)
        client.disconnect()


subscribe.callback(look, f"{root}/state/object/+", qos=1, hostname=host, port=port)
