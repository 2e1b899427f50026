# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's layers of numbers as numpy arrays: exact, C order, and in the buffer type that Blender copies without converting."""

import ctypes
import gc
from contextlib import contextmanager

import numpy

from . import KindError

FLOAT, INT, BYTE = numpy.dtype("<f4"), numpy.dtype("<i4"), numpy.dtype("u1")
DOMAINS = ("POINT", "EDGE", "FACE", "CORNER")

# Attribute type → (property of its items, numbers per item, element that travels, element of the buffer that Blender fills fastest)
TYPES = {
    "FLOAT": ("value", 1, FLOAT, FLOAT),
    "INT": ("value", 1, INT, INT),
    "BOOLEAN": ("value", 1, BYTE, numpy.dtype("?")),
    "INT8": ("value", 1, INT, numpy.dtype("i1")),
    "FLOAT_VECTOR": ("vector", 3, FLOAT, FLOAT),
    "FLOAT2": ("vector", 2, FLOAT, FLOAT),
    "FLOAT4": ("vector", 4, FLOAT, FLOAT),
    "FLOAT_COLOR": ("color", 4, FLOAT, FLOAT),
    "BYTE_COLOR": ("color_srgb", 4, BYTE, FLOAT),
    "QUATERNION": ("value", 4, FLOAT, FLOAT),
    "FLOAT4X4": ("value", 16, FLOAT, FLOAT),
    "INT32_2D": ("value", 2, INT, INT),
    "INT16_2D": ("value", 2, INT, numpy.dtype("<i2")),
}
# Flags of Blender 3.4's mesh structs: bytes of one item, byte and bit of the flag in it, as DNA_meshdata_types.h says.
FLAGS = {"use_seam": (12, 10, 0x04), "use_edge_sharp": (12, 11, 0x02), "use_smooth": (12, 10, 0x01)}
STRING = "STRING"  # travels as UTF-8, each item ended by a zero byte


@contextmanager
def many_objects():
    """For loops that make hundreds of thousands of small objects: without the garbage collector looking at them they take half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def known(data_type):
    return data_type in TYPES or data_type == STRING


def width(data_type):
    return TYPES[data_type][1]


def same(a, b):
    """Equal to the bit (so that NaN equals itself and -0 differs from 0), at the cost of one pass over memory."""
    if a is b:
        return True
    if a is None or b is None or a.dtype != b.dtype or a.size != b.size:
        return False
    word = numpy.dtype("u8") if a.nbytes % 8 == 0 else BYTE
    return bool((a.reshape(-1).view(word) == b.reshape(-1).view(word)).all())


def kept(old, new):
    """`old` where it equals `new`: who compares later then compares two names of one array."""
    return old if same(old, new) else new


def get(collection, prop, count, element):
    """Property `prop` of every item as a flat array."""
    buffer = numpy.empty(count, element)
    if count:
        collection.foreach_get(prop, buffer)
    return buffer


def put(collection, prop, values):
    if values.size:
        collection.foreach_set(prop, values)


def get_attribute(mesh, name, prop, count, element):
    """An attribute that Blender always has, except where there is nothing to hold."""
    return get(mesh.attributes[name].data, prop, count, element) if count else numpy.empty(0, element)


def put_attribute(mesh, name, prop, values):
    if values.size:
        mesh.attributes[name].data.foreach_set(prop, values)


def get_flags(mesh, items, prop, count):
    """A flag of every edge or face. Blender 3.4 gives such out by a call each, 14 ms for 100,000 vertices, so there they are read where it
    holds them."""
    size, place, bit = FLAGS[prop]
    if not count or "position" in mesh.attributes or items[count - 1].as_pointer() - items[0].as_pointer() != (count - 1) * size:
        return get(items, prop, count, "?")
    held = numpy.frombuffer((ctypes.c_ubyte * (count * size)).from_address(items[0].as_pointer()), BYTE)
    return held[place::size] & bit != 0


def put_flags(mesh, items, prop, values):
    """As a rule they are all there: to write is slower still."""
    if not numpy.array_equal(get_flags(mesh, items, prop, len(values)), values):
        put(items, prop, values)


def flags(values):
    """Booleans as bytes; None when all are false, which travels as an absent field."""
    return values.view(BYTE) if values.any() else None


def read_layer(data, data_type, count):
    """The items of one attribute as they travel."""
    if data_type == STRING:
        return _pack_strings(data)
    prop, numbers, element, buffer = TYPES[data_type]
    values = get(data, prop, count * numbers, buffer)
    if data_type == "BYTE_COLOR":
        return numpy.rint(values * numpy.float32(255)).astype(BYTE)
    return values.view(BYTE) if buffer == numpy.dtype("?") else values.astype(element, copy=False)


def write_layer(data, data_type, values):
    """Inverse of read_layer; `values` have been checked by check_layer."""
    if data_type == STRING:
        for item, raw in zip(data, values.tobytes().split(b"\0")):
            item.value = raw if isinstance(item.value, bytes) else raw.decode("utf-8", "replace")
        return
    prop, _, _, buffer = TYPES[data_type]
    if data_type == "BYTE_COLOR":
        values = values.astype(FLOAT) / numpy.float32(255)
    elif buffer == numpy.dtype("?"):
        values = values != 0
    put(data, prop, numpy.ascontiguousarray(values, buffer))


def check_layer(field, data_type, values, count):
    """A KindError unless `values` fit `count` items of this type."""
    if data_type == STRING:
        if values.dtype != BYTE or int((values == 0).sum()) != count or (count and values.reshape(-1)[-1] != 0):
            raise KindError(field, "does not hold one string per item", "send the attribute again")
        return values
    _, numbers, element, buffer = TYPES[data_type]
    values = check(field, values, element, count * numbers)
    if buffer.kind == "i" and buffer != INT:
        limits = numpy.iinfo(buffer)
        in_range(field, values, limits.min, limits.max)
    return values


def check(field, values, element, count):
    """The array, flat, or a KindError unless it has this element type and length."""
    if not isinstance(values, numpy.ndarray) or values.dtype != element:
        raise KindError(field, f"is not an array of {element.name}", "send the array again")
    if values.size != count:
        raise KindError(field, f"has {values.size} numbers where {count} belong", "send the array again")
    return values.reshape(-1)


def in_range(field, values, low, high):
    """A KindError unless low ≤ every value ≤ high."""
    if values.size and (int(values.min()) < low or int(values.max()) > high):
        raise KindError(field, f"has numbers outside {low} to {high}", "send the array again")


def _pack_strings(data):
    texts = (item.value for item in data)
    raw = b"".join((text if isinstance(text, bytes) else text.encode()) + b"\0" for text in texts)
    return numpy.frombuffer(raw, BYTE)

