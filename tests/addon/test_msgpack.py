# SPDX-License-Identifier: Apache-2.0
"""The add-on's codec against the reference implementation, and against bytes nobody should send."""

import random
import struct

import msgpack as reference
import numpy
import pytest
from scenesync import msgpack

VALUES = [
    None,
    True,
    False,
    0,
    127,
    128,
    255,
    256,
    65535,
    65536,
    2**32 - 1,
    2**32,
    2**64 - 1,
    -1,
    -32,
    -33,
    -128,
    -129,
    -(2**31),
    -(2**63),
    0.5,
    -0.0,
    1e300,
    "",
    "é" * 20,
    "x" * 70000,
    b"",
    b"\0" * 300,
    b"\1" * 70000,
    [],
    [1, [2, [3]]],
    list(range(70000)),
    {"a": 1, "b": {"c": [None, True]}},
    {str(i): i for i in range(20)},
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_agrees_with_the_reference(value):
    assert reference.unpackb(msgpack.pack(value), strict_map_key=False) == value
    assert msgpack.unpack(reference.packb(value)) == value
    assert type(msgpack.unpack(msgpack.pack(value))) is type(value)


def test_reads_single_floats():
    assert msgpack.unpack(reference.packb(0.1, use_single_float=True)) == struct.unpack("f", struct.pack("f", 0.1))[0]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8", "uint16", "int64", "float16"])
@pytest.mark.parametrize("count", [0, 1, 2, 16, 100000])
def test_arrays_return_bit_for_bit(dtype, count):
    array = (numpy.random.default_rng(count).random(count) * 200).astype(dtype)
    back = msgpack.unpack(msgpack.pack([array]))[0]
    assert back.dtype == array.dtype and back.tobytes() == array.tobytes() and not back.flags.writeable


@pytest.mark.parametrize("before", range(8))
def test_arrays_are_aligned(before):
    """Blender's pixels.foreach_set takes no others."""
    array = msgpack.unpack(msgpack.pack(["x" * before, numpy.ones(100, numpy.float32)]))[1]
    assert array.flags.aligned and memoryview(array).format in ("f", "<f") and (array == 1).all()


def test_fixed_ext_sizes():
    assert list(msgpack.unpack(reference.packb(reference.ExtType(1, b"\0\0\x80\x3f" * 2)))) == [1.0, 1.0]


def test_refuses_what_does_not_travel():
    for value in (object(), 2**64, {1, 2}, numpy.zeros(2, complex), numpy.float32(1)):
        with pytest.raises(TypeError):
            msgpack.pack(value)
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(TypeError):
        msgpack.pack(deep)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xa1a",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 1000,
        b"\xa1\xff",
        b"\x81\x01\x01",
        b"\xc7\x03\x01abc",
        b"\xc7\x04\x63abc",
        b"\x01\x02",
    ],
)
def test_refuses_broken_bytes(data):
    with pytest.raises(msgpack.DecodeError):
        msgpack.unpack(data)


def test_survives_any_bytes():
    source = random.Random(1)
    whole = msgpack.pack({"t": "change", "batches": [{"ids": b"\0" * 16, "columns": {"location": numpy.zeros(3, "float32"), "n": ["x", None]}}]})
    for _ in range(20000):
        data = bytearray(whole)
        for _ in range(source.randint(1, 6)):
            data[source.randrange(len(data))] = source.randrange(256)
        try:
            msgpack.unpack(bytes(data[: source.randint(0, len(data))]))
        except msgpack.DecodeError:
            pass
