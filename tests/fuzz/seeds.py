# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds of the fuzz targets from schemas/vectors: run it when the vectors change. Seeds over 64 KiB are left to the vectors' own test."""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "schemas"))
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
    for i, (kind, text) in enumerate(UPDATES):
        put("bridge_update", f"{i} {kind}", f"{kind}\0{text}".encode())


main()
