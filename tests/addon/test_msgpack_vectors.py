# SPDX-License-Identifier: Apache-2.0
"""The add-on's codec against the shared vectors. Its encoding need not be canonical (the agent sees to that), only exact."""

import json
import sys
from pathlib import Path

import pytest
from scenesync import msgpack

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
sys.path.insert(0, str(SCHEMAS))
import canonical  # noqa: E402


def vectors(name, key):
    return [pytest.param(entry[key], id=entry["name"]) for entry in json.loads((SCHEMAS / "vectors" / name).read_text())]


@pytest.mark.parametrize("encoded", vectors("values.json", "in") + vectors("values.json", "out") + vectors("messages.json", "hex"))
def test_passes_on_what_it_read(encoded):
    data = bytes.fromhex(encoded)
    again = msgpack.pack(msgpack.unpack(data))
    assert canonical.encode(canonical.decode(again, around=8)) == canonical.encode(canonical.decode(data, around=8))
