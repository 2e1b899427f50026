# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds of the fuzz targets from schemas/vectors: run it when the vectors change. Seeds over 64 KiB are left to the vectors' own test."""
import json
import re
import struct
import sys
from pathlib import Path

import msgpack

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "schemas"), str(ROOT / "tests/support")]
import glb_write  # noqa: E402
from canonical import vector_bytes  # noqa: E402

UUID = "01234567-89ab-cdef-0123-456789abcdef"
TOPICS = ["state/object/" + UUID, "state/mesh/" + UUID + "/0f", "live/transform", "peer/ada/a1b2c3d4e5f60718", "online/ada/a1b2c3d4e5f60718",
          "presence/ada/a1b2c3d4e5f60718", "frame/ada/main", "call/a1b2c3d4e5f60718/sync", "reply/ada/a1b2c3d4e5f60718", "json/light/" + UUID + "/set",
          "checkpoint"]
JSON = [("transform", "location", "[0, 1.5, -2]"), ("transform", "location", "[1, 2]"), ("object", "name", '"Lamp \\u00e9"'), ("object", "deleted", "true"),
        ("object", "parent", f'"{UUID}"'), ("object", "properties/x", '{"a": [1, null, {"$bin": "00ff"}], "b": {"$float": "nan"}}'),
        ("mesh", "at/0a1b2c3d/positions", "[0, 0, 0, 1, 1, 1]"), ("mesh", "at/0a1b2c3d/edges", '{"$ext": [3, "0000000001000000"]}'),
        ("image", "pixels", '{"sha256": "%s", "size": 3}' % ("00" * 32)),
        ("mesh", "at/0a1b2c3d/positions", '{"page": 262144, "pages": ["%s"], "size": 12, "ext": 1}' % ("00" * 32)), ("light", "energy", "null")]

UPDATES = [("light", '{"fields": {"energy": 5, "name": "Lamp \\u00e9"}, "call": "7"}'), ("object", '{"fields": {"deleted": true}}'),
           ("object", '{"fields": {"type": "EMPTY", "parent": "%s"}}' % UUID), ("transform", '{"fields": {"location": [0, 1.5, -2]}}'),
           ("light", '{"fields": {"energy": 1e999}}'), ("light", '{"fields": {"energy": 1, "energy": 2}}'), ("light", '{"fields": {"name": "a\\u0000"}}'),
           ("light", '{"fields": {"properties/x": [[[[{"$ext": [1, "0000803f"]}]]]]}}'), ("mesh", '{"fields": {"at/0a1b2c3d/edges": {"$omitted": {"size": 9}}}}'),
           ("lamp", '{"fields": {}}'), ("light", "[" * 2000)]


def put(target, name, data):
    folder = ROOT / "tests/fuzz/seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(data) <= 65536:
        (folder / re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")).write_bytes(data)


def recording(frames, ended=True):
    """A file as agent/recording/recording.h has it."""
    data, places = b"SSREC1\r\n", {}
    for frame in frames:
        places.setdefault(frame[0], len(data))
        body = msgpack.packb(frame)
        data += struct.pack("<I", len(body)) + body
    index = msgpack.packb([4, 1500, [[0, places.get(1, 0)]], [[b"\1" * 32, places.get(3, 0)]]])
    return data + (struct.pack("<I", len(index)) + index + struct.pack("<Q", len(data)) + b"SSRECEND" if ended else b"")


def recordings():
    header, lamp = [0, 1, 1700000000000, ["demo"]], ["light", b"\1" * 16, ["name", "type"], ["Lamp", "POINT"]]
    blob = [3, b"\1" * 32, 3, 0, b"abc"]
    frames = [header, blob, [1, 0], [5, 0, 0, False, [lamp]], [2, 1000, 0, True, [["transform", b"\1" * 32, ["location"], [[0, 1, 2], [1.5, 0, 0]]]]]]
    yield "whole", recording(frames)
    yield "cut", recording(frames, ended=False)
    yield "cut in a frame", recording(frames, ended=False)[:-7]
    yield "of the future", recording([[0, 2, 0, ["demo"]], *frames[1:]])
    yield "unknown frames", recording([header, [1, 0, "more"], [9, {"a": 1}], *frames[3:]])
    yield "too few cells", recording([header, [1, 0], [5, 0, 0, False, [["light", b"\1" * 32, ["name"], ["Lamp"]]]]])


def gltf_files():
    text = glb_write.document(buffers=[{"byteLength": len(glb_write.TRIANGLE), "uri": glb_write.data_uri()}])
    image = {"images": [{"bufferView": 1, "mimeType": "image/png"}, {"uri": "data:image/png;base64,iVBORw0KGgo="}]}
    bytes_view = {"bufferView": 0, "componentType": 5121, "normalized": True, "count": 4, "type": "VEC4"}
    yield "glb", glb_write.glb(glb_write.document())
    yield "text", json.dumps(text).encode()
    yield "images", glb_write.glb(glb_write.document(**image))
    yield "strides", glb_write.glb(glb_write.document(accessors=[bytes_view], bufferViews=[{"buffer": 0, "byteLength": 40, "byteStride": 8}]))
    yield "needs an extension", glb_write.glb(glb_write.document(extensionsRequired=["KHR_draco_mesh_compression"]))


def main():
    vectors = ROOT / "schemas/vectors"
    for entry in json.loads((vectors / "values.json").read_text()):
        put("wire_canonical", entry["name"], vector_bytes(entry["in"]))
    for entry in json.loads((vectors / "messages.json").read_text()):
        data, channel = bytes.fromhex(entry["hex"]), entry["channel"]
        target = {"client": "wire_request", "agent": "wire_notice"}.get(channel, "wire_" + entry["message"])
        if entry["message"] != "online":
            put(target, entry["message"] + " " + entry["name"], data)
    for entry in json.loads((vectors / "refused.json").read_text()):
        target = "wire_canonical" if entry["as"] == "value" else "wire_" + entry["as"]
        if entry["as"] != "online":
            put(target, "refused " + entry["name"], vector_bytes(entry["in"]))
    for topic in TOPICS:
        put("wire_topic", topic, b"scenesync/v1/demo/" + topic.encode())
    for i, (kind, field, text) in enumerate(JSON):
        put("cli_json", f"{i} {kind} {field}", "\0".join((kind, field, text)).encode())
    for name, data in gltf_files():
        put("gltf", name, data)
    for name, data in recordings():
        put("recording", name, data)
    for i, (kind, text) in enumerate(UPDATES):
        put("bridge_update", f"{i} {kind}", f"{kind}\0{text}".encode())


main()
