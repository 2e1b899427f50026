# SPDX-License-Identifier: GPL-3.0-or-later
"""msgpack, as much as the local link needs: typed arrays are ext types 1…7 and become numpy arrays; anything broken raises DecodeError."""

import struct
from typing import NamedTuple

import numpy

EXT_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "|u1", 5: "<u2", 6: "<i8", 7: "<f2"}
EXT_OF = {numpy.dtype(name): code for code, name in EXT_TYPES.items()}
MAX_DEPTH = 24


class Ext(NamedTuple):
    """A value of an ext type that this version does not know; it travels on untouched."""

    code: int
    data: bytes


class DecodeError(ValueError):
    """These bytes are no msgpack, or more than they may be."""


# ---- encoding


def pack(value):
    """The encoding of a value; TypeError says what cannot travel."""
    parts = []
    _pack(value, parts.append, 0)
    return b"".join(parts)


_float = struct.Struct(">Bd").pack
_head16 = struct.Struct(">BH").pack
_head32 = struct.Struct(">BI").pack
_head64 = struct.Struct(">BQ").pack
_int64 = struct.Struct(">Bq").pack
_ints = [bytes([i]) for i in range(128)]


def _pack(value, put, depth):
    kind = type(value)
    if kind is float:
        put(_float(0xCB, value))
    elif kind is int:
        put(_pack_int(value))
    elif kind is str:
        data = value.encode("utf-8", "surrogatepass")
        put(_pack_head(len(data), 0xA0, 32, 0xD9, 0xDA, 0xDB))
        put(data)
    elif value is None:
        put(b"\xc0")
    elif kind is bool:
        put(b"\xc3" if value else b"\xc2")
    elif kind in (list, tuple):
        _check_depth(depth)
        put(_pack_head(len(value), 0x90, 16, None, 0xDC, 0xDD))
        for item in value:
            _pack(item, put, depth + 1)
    elif kind is dict:
        _check_depth(depth)
        put(_pack_head(len(value), 0x80, 16, None, 0xDE, 0xDF))
        for key, item in value.items():
            _pack(key, put, depth + 1)
            _pack(item, put, depth + 1)
    elif kind in (bytes, bytearray, memoryview):
        put(_pack_head(len(value), None, 0, 0xC4, 0xC5, 0xC6))
        put(bytes(value))
    elif kind is numpy.ndarray:
        _pack_array(value, put)
    elif kind is Ext:
        put(_pack_head(len(value.data), None, 0, 0xC7, 0xC8, 0xC9))
        put(bytes((value.code & 0xFF,)))
        put(value.data)
    else:
        raise TypeError(f"{kind.__name__} does not travel")


def _check_depth(depth):
    if depth >= MAX_DEPTH:
        raise TypeError("nested too deeply")


def _pack_int(value):
    if 0 <= value < 128:
        return _ints[value]
    if value >= 0:
        if value < 1 << 32:
            return _head32(0xCE, value)
        if value < 1 << 64:
            return _head64(0xCF, value)
    elif value >= -(1 << 63):
        return _int64(0xD3, value)
    raise TypeError("an integer of more than 64 bits does not travel")


def _pack_head(size, fix, fix_limit, code8, code16, code32):
    if size < fix_limit:
        return bytes((fix | size,))
    if code8 is not None and size < 1 << 8:
        return bytes((code8, size))
    if size < 1 << 16:
        return _head16(code16, size)
    return _head32(code32, size)


def _pack_array(array, put):
    code = EXT_OF.get(array.dtype.newbyteorder("<"))
    if code is None:
        raise TypeError(f"an array of {array.dtype} does not travel")
    data = numpy.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    put(_head32(0xC9, data.nbytes))
    put(_ints[code])
    put(data.tobytes())


# ---- decoding


def unpack(data):
    """The one value that `data` encodes. Arrays are read-only and share memory with `data`. Raises DecodeError."""
    view = memoryview(data)
    try:
        value, end = _unpack(view, 0, 0)
    except (IndexError, struct.error):
        raise DecodeError("cut short") from None
    except RecursionError:
        raise DecodeError("nested too deeply") from None
    if end != len(view):
        raise DecodeError("something follows the value")
    return value


def _take(view, start, size):
    end = start + size
    if end > len(view):
        raise DecodeError("cut short")
    return view[start:end], end


def _unpack(view, at, depth):
    code = view[at]
    at += 1
    if code < 0x80:
        return code, at
    if code < 0x90:
        return _unpack_map(view, at, code & 0x0F, depth)
    if code < 0xA0:
        return _unpack_list(view, at, code & 0x0F, depth)
    if code < 0xC0:
        return _unpack_text(view, at, code & 0x1F)
    if code >= 0xE0:
        return code - 256, at
    reader = _READERS.get(code)
    if reader is None:
        raise DecodeError(f"unknown code {code:#x}")
    return reader(view, at, depth)


def _unpack_text(view, at, size):
    raw, at = _take(view, at, size)
    try:
        return str(raw, "utf-8"), at
    except UnicodeDecodeError:
        raise DecodeError("text that is not UTF-8") from None


def _unpack_list(view, at, size, depth):
    if depth >= MAX_DEPTH:
        raise DecodeError("nested too deeply")
    if size > len(view) - at:
        raise DecodeError("cut short")
    items = []
    for _ in range(size):
        item, at = _unpack(view, at, depth + 1)
        items.append(item)
    return items, at


def _unpack_map(view, at, size, depth):
    if depth >= MAX_DEPTH:
        raise DecodeError("nested too deeply")
    if size > len(view) - at:
        raise DecodeError("cut short")
    items = {}
    for _ in range(size):
        key, at = _unpack(view, at, depth + 1)
        if type(key) is not str:
            raise DecodeError("a key that is not text")
        items[key], at = _unpack(view, at, depth + 1)
    return items, at


def _unpack_ext(view, at, size):
    code = view[at]
    raw, at = _take(view, at + 1, size)
    name = EXT_TYPES.get(code)
    if name is None:
        return Ext(code - 256 if code > 127 else code, bytes(raw)), at
    dtype = numpy.dtype(name)
    if size % dtype.itemsize:
        raise DecodeError("an array of broken numbers")
    array = numpy.frombuffer(raw, dtype)
    if not array.flags.aligned:  # Blender refuses pixels that are not, and copies others number by number
        array = array.copy()
    array.flags.writeable = False
    return array, at


def _number(form):
    unpack_from, size = struct.Struct(">" + form).unpack_from, struct.calcsize(">" + form)
    return lambda view, at, depth: (unpack_from(view, at)[0], at + size)


def _sized(form, read):
    unpack_from, size = struct.Struct(">" + form).unpack_from, struct.calcsize(">" + form)

    def reader(view, at, depth):
        return read(view, at + size, unpack_from(view, at)[0], depth)

    return reader


def _bin(view, at, size, depth):
    raw, at = _take(view, at, size)
    return bytes(raw), at


def _text(view, at, size, depth):
    return _unpack_text(view, at, size)


def _ext(view, at, size, depth):
    return _unpack_ext(view, at, size)


def _fixext(size):
    return lambda view, at, depth: _unpack_ext(view, at, size)


_READERS = {
    0xC0: lambda view, at, depth: (None, at),
    0xC2: lambda view, at, depth: (False, at),
    0xC3: lambda view, at, depth: (True, at),
    0xC4: _sized("B", _bin),
    0xC5: _sized("H", _bin),
    0xC6: _sized("I", _bin),
    0xC7: _sized("B", _ext),
    0xC8: _sized("H", _ext),
    0xC9: _sized("I", _ext),
    0xCA: _number("f"),
    0xCB: _number("d"),
    0xCC: _number("B"),
    0xCD: _number("H"),
    0xCE: _number("I"),
    0xCF: _number("Q"),
    0xD0: _number("b"),
    0xD1: _number("h"),
    0xD2: _number("i"),
    0xD3: _number("q"),
    0xD4: _fixext(1),
    0xD5: _fixext(2),
    0xD6: _fixext(4),
    0xD7: _fixext(8),
    0xD8: _fixext(16),
    0xD9: _sized("B", _text),
    0xDA: _sized("H", _text),
    0xDB: _sized("I", _text),
    0xDC: _sized("H", _unpack_list),
    0xDD: _sized("I", _unpack_list),
    0xDE: _sized("H", _unpack_map),
    0xDF: _sized("I", _unpack_map),
}
