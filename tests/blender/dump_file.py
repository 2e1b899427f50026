# SPDX-License-Identifier: Apache-2.0
"""The file in which a dump of compare.py goes from one process to another."""

import pickle

import numpy


def write(path, values):
    with open(path, "wb") as file:
        pickle.dump(_packed(values), file)


def read(path):
    with open(path, "rb") as file:
        return _unpacked(pickle.load(file))


def _packed(value):
    """Arrays as bytes: a pickled array can only be read by a numpy of the same age."""
    if isinstance(value, dict):
        return {key: _packed(item) for key, item in value.items()}
    if isinstance(value, numpy.ndarray):
        return Packed((value.dtype.str, value.shape, value.tobytes()))
    return value


class Packed(tuple):
    """An array on its way between processes."""


def _unpacked(value):
    if isinstance(value, dict):
        return {key: _unpacked(item) for key, item in value.items()}
    if isinstance(value, Packed):
        return numpy.frombuffer(value[2], value[0]).reshape(value[1])
    return value
