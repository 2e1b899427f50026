# SPDX-License-Identifier: Apache-2.0
"""The canonical form of values (README.md), as simply as it can be said: the reference that other languages are tested against.

A value is None, bool, int, float, str, bytes, list, dict or Ext. `Malformed` and `Limit` are the two ways to be refused.
"""
import struct
from typing import NamedTuple

MAX_DEPTH = 16
MAX_VALUE = 65536
ELEMENT_SIZE = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 8, 7: 2}  # ext type of a typed array → bytes of one element


class Malformed(ValueError):
    """Bytes that are no value."""


class Limit(ValueError):
    """A value beyond v1's limits."""


class Ext(NamedTuple):
    type: int
    data: bytes


def encode(value) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        data = value.encode()
        return _header(len(data), (0xA0, 32), 0xD9, 0xDA, 0xDB) + data
    if isinstance(value, bytes):
        return _header(len(value), None, 0xC4, 0xC5, 0xC6) + value
    if isinstance(value, Ext):
        return _ext_header(len(value.data)) + struct.pack("b", value.type) + value.data
    if isinstance(value, dict):
        items = sorted((key.encode(), encode(key) + encode(item)) for key, item in value.items())
        return _header(len(items), (0x80, 16), None, 0xDE, 0xDF) + b"".join(item for _, item in items)
    return _header(len(value), (0x90, 16), None, 0xDC, 0xDD) + b"".join(map(encode, value))


def _number(value) -> bytes:
    if isinstance(value, int) or (value.is_integer() and -(2.0**63) <= value < 2.0**64 and repr(value) != "-0.0"):
        return _integer(int(value))
    if value != value:
        return bytes.fromhex("ca7fc00000")
    try:
        short = struct.pack(">f", value)
    except OverflowError:
        return b"\xcb" + struct.pack(">d", value)
    return b"\xca" + short if struct.unpack(">f", short)[0] == value else b"\xcb" + struct.pack(">d", value)


def _integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack("b" if value < 0 else "B", value)
    codes, formats = (b"\xcc\xcd\xce\xcf", "BHIQ") if value > 0 else (b"\xd0\xd1\xd2\xd3", "bhiq")
    for code, fmt in zip(codes, formats):
        try:
            return bytes([code]) + struct.pack(">" + fmt, value)
        except struct.error:
            continue
    raise Malformed(f"{value} does not fit 64 bits")


def _header(length, fix, *codes) -> bytes:
    if fix and length < fix[1]:
        return bytes([fix[0] | length])
    for code, fmt, limit in zip(codes, "BHI", (1 << 8, 1 << 16, 1 << 32)):
        if code and length < limit:
            return struct.pack(">B" + fmt, code, length)
    raise Limit(f"{length} bytes or items")


def _ext_header(length) -> bytes:
    fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
    return bytes([fixed[length]]) if length in fixed else _header(length, None, 0xC7, 0xC8, 0xC9)


def decode(data: bytes, around=0):
    """The value of exactly these bytes, in any exact encoding. A message has `around` levels around its values."""
    value, end = _decode(data, 0, -around)
    if end != len(data):
        raise Malformed(f"{len(data) - end} bytes too many")
    return value


def canonical(data: bytes) -> bytes:
    """What is kept of a field's value that came as these bytes."""
    encoded = encode(decode(data))
    if len(encoded) > MAX_VALUE:
        raise Limit(f"a value of {len(encoded)} bytes")
    return encoded


_NUMBERS = dict(zip(range(0xCA, 0xD4), "fdBHIQbhiq"))
_SIZED = {0xC4: ("bin", "B"), 0xC5: ("bin", "H"), 0xC6: ("bin", "I"), 0xC7: ("ext", "B"), 0xC8: ("ext", "H"), 0xC9: ("ext", "I"),
          0xD9: ("str", "B"), 0xDA: ("str", "H"), 0xDB: ("str", "I"), 0xDC: ("list", "H"), 0xDD: ("list", "I"),
          0xDE: ("map", "H"), 0xDF: ("map", "I")}


def _take(data, at, fmt):
    end = at + struct.calcsize(">" + fmt)
    if end > len(data):
        raise Malformed("cut short")
    return struct.unpack_from(">" + fmt, data, at)[0], end


def _decode(data, at, depth):
    code, at = _take(data, at, "B")
    if code < 0x80 or code >= 0xE0:
        return (code if code < 0x80 else code - 256), at
    if code in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[code], at
    if code in _NUMBERS:
        return _take(data, at, _NUMBERS[code])
    if code < 0xC0:
        what, count = ("map", code & 15) if code < 0x90 else ("list", code & 15) if code < 0xA0 else ("str", code & 31)
    elif 0xD4 <= code <= 0xD8:
        what, count = "ext", 1 << (code - 0xD4)
    elif code in _SIZED:
        what, fmt = _SIZED[code]
        count, at = _take(data, at, fmt)
    else:
        raise Malformed("the byte c1")
    return _decode_container(data, at, depth + 1, what, count) if what in ("list", "map") else _decode_bytes(data, at, what, count)


def _decode_bytes(data, at, what, count):
    kind, at = _take(data, at, "b") if what == "ext" else (None, at)
    body, end = data[at:at + count], at + count
    if end > len(data):
        raise Malformed("cut short")
    if what == "ext":
        if count % ELEMENT_SIZE.get(kind, 1):
            raise Malformed("a typed array with part of an element")
        return Ext(kind, body), end
    try:
        return (body.decode() if what == "str" else body), end
    except UnicodeDecodeError as error:
        raise Malformed("a string that is not UTF-8") from error


def _decode_container(data, at, depth, what, count):
    if depth > MAX_DEPTH:
        raise Limit(f"nested deeper than {MAX_DEPTH}")
    items = []
    for _ in range(count if what == "list" else 2 * count):
        item, at = _decode(data, at, depth)
        items.append(item)
    if what == "list":
        return items, at
    keys = items[::2]
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) < count:
        raise Malformed("a map key that is not a string, or comes twice")
    return dict(zip(keys, items[1::2])), at


def from_json(value):
    """A value from its JSON notation (README.md)."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$bin"}:
        return bytes.fromhex(value["$bin"])
    if set(value) == {"$ext"}:
        return Ext(value["$ext"][0], bytes.fromhex(value["$ext"][1]))
    if set(value) == {"$float"}:
        return float(value["$float"])
    return {key: from_json(item) for key, item in value.items()}


def vector_bytes(pieces) -> bytes:
    """The `in` of a test vector: hex, or a list of hex and [hex, times]."""
    if isinstance(pieces, str):
        return bytes.fromhex(pieces)
    return b"".join(bytes.fromhex(p) if isinstance(p, str) else bytes.fromhex(p[0]) * p[1] for p in pieces)
