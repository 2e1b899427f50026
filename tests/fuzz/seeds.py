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


CONFIGS = {
    "all": "# a comment\nbroker = wss://ada:p%40ss@host:99/mqtt/\nuser=ada\npassword = a = b\nstore = s3+https://key:secret@host/bucket/path\n"
           "store_user = key\nstore_password = secret\nstore_region = eu-central-1\ndata = d\nsocket = s\ntcp = 0\ndurability = relaxed\n"
           "metrics = 127.0.0.1:9464\nname = Ada\nprefix = a/b\nca_file = ca.pem\ntls_verify = no\ncache_bytes = 20G\nblob_bytes = 1k\n"
           "snapshot_bytes = 4M\ncheckpoint = 60\nkeep_alive = 20\nlinger = 7\nkeep = film, set-2\nleave_after = 300\n",
    "ipv6": "data=d\nsocket=s\nbroker=mqtt://[fe80::1]:99\nstore=http://[::1]/a/b//\nkeep=*\n",
    "no-s3": "data=d\nsocket=s\nstore = s3+http://host\n",
    "no-key": "data=d\nsocket=s\ncolour = red\n",
    "no-port": "data=d\nsocket=s\nbroker = mqtt://host: +80\n",
    "no-host": "data=d\nsocket=s\nbroker = mqtt://a b?c#d/e\n",
    "no-ipv6": "data=d\nsocket=s\nbroker = mqtt://[::1]x:80\n",
    "no-path": "data=d\nsocket=s\nstore = http://host/a\tb\n",
    "no-scene": "data=d\nsocket=s\nkeep = *" + "a" * 200 + "\n",
    "nowhere": "data =\nsocket =\n",
    "nul": "data=d\nsocket=s\npassword = a\0b\n",
    "number": "data=d\nsocket=s\ntcp = -1\ncache_bytes = 99999999999G\nlinger = 0\n",
}

# The files version, origin and host.
DATA_DIRS = {"ours": ("scenesync data 1\n", "12345678", "machine 0011223344556677\n"), "empty": ("", "", ""),
             "of the future": ("scenesync data 2\n", "12345678", ""), "damaged": ("scenesync data 1", "1234", "machine \nboot\nboot "),
             "rebooted": ("scenesync data 1\n", "12345678", "boot 01234567-89ab-cdef-0123-456789abcdef"),
             "long": ("scenesync data 1\n" + "x" * 200, "x" * 200, "machine " + "x" * 300)}

ROLES = {"responses": [{"command": "listRoles", "data": {"roles": [{"rolename": "demo/editor/ada", "textdescription": "until 1700000000"},
                                                                   {"rolename": "*/owner/bob"}, {"rolename": "admin"}]}}]}
ADA = {"responses": [{"command": "getClient", "data": {"client": {"username": "ada", "roles": [{"rolename": "demo/editor/ada"}]}}}]}
NOBODY, DONE = {"responses": [{"command": "getClient", "error": "Client not found"}]}, {"responses": [{"command": "createRole"}] * 3}
REQUESTS = {"who": [{"action": "who", "call": "7"}, ROLES], "invite": [{"action": "invite", "role": "editor", "expires": "7d"}, ROLES, NOBODY, DONE],
            "invite ada": [{"action": "invite", "role": "viewer", "user": "ada"}, ROLES, ADA, DONE],
            "no roles": [{"action": "who"}, {"responses": [{"command": "listRoles"}]}], "revoke": [{"action": "revoke", "user": "ada"}, ROLES, ADA, DONE], "unknown": [{"action": "x"}], "text": ["who"], "silence": [{"action": "who"}]}


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


def entity(kind, fields, number=1, part=None, touches=((1, 1),), flags=0, version=1):
    """A record as agent/core/record.c has it; a field is (name, value[, flags])."""
    key = b"e" + kind.encode() + b"\0" + bytes([number] * 16) + (b"" if part is None else bytes([part]))
    value = struct.pack(">BBH", version, flags, len(touches)) + b"".join(bytes([origin] + 7 * [0]) + struct.pack(">Q", seq) for origin, seq in touches)
    value += struct.pack(">H" if version == 1 else ">I", len(fields))
    for i, (name, what, *more) in enumerate(fields):
        data = msgpack.packb(what)
        stamp = (1700000000000 << 16 | i).to_bytes(8, "big") + bytes([1] + 7 * [0])
        value += struct.pack(">B", len(name)) + name.encode() + bytes(more or [0]) + stamp + struct.pack(">I", len(data)) + data
    return key, value


def scenes():
    """What the disk has of a scene: records."""
    def number(n):
        return n.to_bytes(8, "big")

    blob = {"sha256": b"\1" * 32, "size": 3}
    pages = {"ext": 1, "page": 65536, "pages": [b"\1" * 32, b"\2" * 32], "size": 70000}
    lamp, origin = entity("light", [("energy", 5.0), ("name", "Lamp")]), bytes([1] + 7 * [0])
    waits = (b"o" + number(2), struct.pack(">H", 0) + lamp[0])
    yield "entities", [lamp, entity("object", [("name", "Lamp"), ("parent", None), ("properties/x/y", [1, {"a": True}])], 2)]
    yield "own", [lamp, (b"mc", number(1700000100000)), (b"mo", origin), waits, (b"v" + bytes([2] * 8), number(7))]
    yield "copy", [lamp, (b"mo", bytes([3] * 8)), (b"mx", number(0)), waits]
    yield "blobs", [entity("image", [("pixels", blob, 36)]), entity("mesh", [("at/00000001/positions", pages, 36), ("topology", "00000001")], 2)]
    yield "parts", [entity("mesh", [("parts", True)], touches=((1, 4), (2, 9))), entity("mesh", [("nodes/1/name", "n" * 300)], part=58, touches=()),
                    (b"o" + number(4), struct.pack(">H", 59) + b"emesh\0" + b"\1" * 16)]
    yield "deleted", [entity("object", [("deleted", True)], flags=2), entity("object", [("deleted", True), ("name", "x")], 2)]
    yield "wide", [entity("object", [("name", "x"), ("parent", None)], version=2), entity("light", [("name", "x")], version=3)]
    yield "unsettled", [entity("transform", [("location", [0.0, 1.5, -2.0])], flags=1)]
    last, damaged = 2 ** 64 - 1, entity("object", [("name", "x"), ("parent", "y")], 2)
    yield "no kind", [entity("no kind", [("name", "x")])]
    yield "no name", [entity("object", [("a//b", "x")])]
    yield "no value", [(damaged[0], damaged[1][:-2] + b"\xc1y")]
    for flags in (1, 2, 8, 16, 64, 219):
        yield f"flags {flags}", [entity("object", [("name", "x", flags), ("properties/x", [5], flags)])]
    yield "no part", [lamp, *((b"o" + number(n), struct.pack(">H", n) + lamp[0]) for n in (256, 257, 40000, 65535))]
    parts, name = [("deleted", False), ("parts", True)], ("nodes/1/name", "x")
    yield "another part", [entity("mesh", parts), entity("mesh", [name], part=230, touches=())]
    yield "no parts", [entity("mesh", [*parts, name])]
    yield "last numbers", [entity("light", [("energy", 5.0)], touches=((1, last), (2, last))), (b"o" + number(last), struct.pack(">H", 0) + lamp[0]),
                           (b"mc", number(last)), (b"v" + bytes([1] + 7 * [0]), number(last))]
    yield "first number", [lamp, (b"o" + number(0), struct.pack(">H", 0) + lamp[0])]
    yield "unsent of nothing", [waits, (b"o" + number(3), struct.pack(">H", 9) + lamp[0])]
    yield "nothing", [entity("object", [], flags=3), entity("mesh", [], 2, part=1), (b"e", b"x"), (b"ex", b"x"), (b"x", b"x"), (b"o", b"x"), (b"v", b"x"), (b"m", b"x")]
    yield "twice", [entity("object", [("name", "x"), ("name", "y")]), (lamp[0] + b"more", lamp[1]), (lamp[0] + b"m", lamp[1] + b"more")]
    yield "large", [entity("object", [(f"properties/{i}", "x" * 6000) for i in range(2)], n) for n in range(1, 5)]


def main():
    vectors = ROOT / "schemas/vectors"
    for entry in json.loads((vectors / "values.json").read_text()):
        put("wire_canonical", entry["name"], vector_bytes(entry["in"]))
    for entry in json.loads((vectors / "messages.json").read_text()):
        data, channel = bytes.fromhex(entry["hex"]), entry["channel"]
        target = {"client": "wire_request", "agent": "wire_notice"}.get(channel, "wire_" + entry["message"])
        if entry["message"] != "online":
            put(target, entry["message"] + " " + entry["name"], data)
        if entry["message"] == "reply":
            first = msgpack.packb(dict(sorted({**msgpack.unpackb(data), "scene": "demo"}.items())))
            put("sweep_checkpoint", entry["name"], b"".join(struct.pack(">I", len(part)) + part for part in (first, data)))
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
    for name, text in CONFIGS.items():
        put("daemon_config", name, text.encode())
    for name, (version, origin, host) in DATA_DIRS.items():
        put("edges_data_dir", name, b"".join(bytes([len(text)]) + text.encode() for text in (version, origin)) + host.encode())
    put("wire_frame", "frames", b"".join(struct.pack("<I", len(frame)) + frame for frame in (b"abc", b"", b"x" * 300)) + b"\3\0\0\0ab")
    put("wire_frame", "too long", struct.pack("<I", 2 ** 31))
    for name, texts in REQUESTS.items():
        put("access_request", name, b"\0".join([b"scenesync/v1/demo/access/bob", *(json.dumps(text).encode() for text in texts)]))
    for name, records in scenes():
        put("core_restored", name, b"".join(struct.pack(">BH", len(key), len(value)) + key + value for key, value in records))
    for i, (kind, text) in enumerate(UPDATES):
        put("bridge_update", f"{i} {kind}", f"{kind}\0{text}".encode())


main()
