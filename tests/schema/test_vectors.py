# SPDX-License-Identifier: Apache-2.0
"""The reference encoder against the vectors written by hand, and the messages' examples against their JSON Schemas."""
import json
import random
import struct

import canonical
import json_schema
import msgpack
import pytest
from jsonschema import Draft202012Validator
from load import HERE as SCHEMAS
from load import Schema


def vectors(name):
    return [pytest.param(vector, id=vector["name"]) for vector in json.loads((SCHEMAS / "vectors" / f"{name}.json").read_text())]


@pytest.mark.parametrize("vector", vectors("values"))
def test_value(vector):
    out = bytes.fromhex(vector["out"])
    assert canonical.canonical(bytes.fromhex(vector["in"])).hex() == vector["out"]
    assert canonical.canonical(out) == out
    assert canonical.encode(canonical.from_json(vector["json"])) == out


@pytest.mark.parametrize("vector", vectors("messages"))
def test_message(vector):
    data = bytes.fromhex(vector["hex"])
    assert canonical.encode(canonical.decode(data, around=8)) == data == canonical.encode(canonical.from_json(vector["json"]))


@pytest.mark.parametrize("vector", [case for case in vectors("refused") if case.values[0]["as"] == "value"])
def test_refused(vector):
    with pytest.raises({"malformed": canonical.Malformed, "limit": canonical.Limit}[vector["cause"]]):
        canonical.canonical(canonical.vector_bytes(vector["in"]))


def random_value(rng, depth=0):
    leaf = [lambda: rng.choice([None, True, False, -0.0, 0.0]), lambda: rng.randint(-2**63, 2**64 - 1) >> rng.randint(0, 64),
            lambda: struct.unpack(">d", rng.randbytes(8))[0], lambda: struct.unpack(">f", rng.randbytes(4))[0], lambda: rng.randbytes(rng.randint(0, 300)),
            lambda: "".join(rng.choices("aé漢🎨", k=rng.randint(0, 40)))]
    inner = [lambda: [random_value(rng, depth + 1) for _ in range(rng.randint(0, 20))],
             lambda: {str(rng.random())[:rng.randint(0, 18)]: random_value(rng, depth + 1) for _ in range(rng.randint(0, 20))}]
    return rng.choice(leaf if depth > 2 else leaf + inner)()


def test_random_values_agree_with_another_implementation():
    """What any msgpack library writes has one canonical form, which that library reads back as the same value."""
    rng = random.Random(1)
    for _ in range(2000):
        value = random_value(rng)
        packed = msgpack.packb(value)
        encoded = canonical.encode(canonical.decode(packed))
        assert encoded == canonical.encode(value) == canonical.encode(canonical.decode(encoded))
        assert len(encoded) <= len(packed)
        assert repr(msgpack.unpackb(encoded, strict_map_key=True)) == repr(as_canonical(value))


def as_canonical(value):
    """The value with its floats as the canonical form gives them back."""
    if isinstance(value, float) and value.is_integer() and -2.0**63 <= value < 2.0**64 and str(value) != "-0.0":
        return int(value)
    if isinstance(value, list):
        return [as_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: as_canonical(value[key]) for key in sorted(value, key=str.encode)}
    return value


SCHEMA = Schema()
MESSAGES = [(channel, name) for channel, messages in SCHEMA.messages.items() for name in messages]


@pytest.mark.parametrize("channel, name", MESSAGES)
def test_examples_fit_their_json_schema(channel, name):
    message = SCHEMA.messages[channel][name]
    validator = Draft202012Validator(json_schema.of_message(message))
    Draft202012Validator.check_schema(validator.schema)
    for example in message.get("examples", []):
        validator.validate(example["value"])
        for key, spec in message["keys"].items():
            if not spec.get("optional"):
                without = {other: value for other, value in example["value"].items() if other != key}
                assert not validator.is_valid(without), f"{key} may be missing"


def test_json_schema_of_a_kind():
    kind = {"title": "Lamp", "description": "It shines.", "fields": {
        "power": {"type": "float", "min": 0}, "target": {"type": "ref", "kinds": ["object"]}, "at/uv": {"type": "array", "element": "f32", "shape": ["n"]},
        "at/{name}": {"type": "bool"}, "pixels": {"type": "blob"}, "size": {"type": "vector", "shape": [2]}}}
    validator = Draft202012Validator(json_schema.of_kind(kind))
    Draft202012Validator.check_schema(validator.schema)
    good = [{"power": 1.5}, {"power": None}, {"target": "01234567-89ab-cdef-0123-456789abcdef"}, {"at/uv": {"$ext": [1, "0000803f"]}}, {"at/x": True},
            {"pixels": {"sha256": "e3" * 32, "size": 1}}, {"size": [1, {"$float": "nan"}]}, {"unknown": "kept"}, {"power": {"$float": "inf"}}]
    bad = [{"power": -1}, {"power": "1"}, {"target": 7}, {"at/uv": True}, {"at/x": 1}, {"pixels": {"size": 1}}, {"size": [1]}, {"at/uv": {"$ext": [2, ""]}}]
    assert [value for value in good if not validator.is_valid(value)] == []
    assert [value for value in bad if validator.is_valid(value)] == []
