# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender and the scene agreed on last: the values Blender read back, per entity and field, and who wrote each last.

An edit is a difference to the mirror; what was just received is none. Transforms are numpy columns, so that ten thousand are compared at once.
"""

import math

import numpy

from . import entity
from .kinds import Blob
from .kinds.arrays import same as same_array
from .kinds.properties import PREFIX as PROPERTY
from .kinds.transform import WIDTHS


def same(a, b):
    """Whether two field values are equal; NaN equals itself, arrays are compared by their bytes."""
    if isinstance(a, numpy.ndarray) or isinstance(b, numpy.ndarray):
        return isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray) and same_array(a, b)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list) and isinstance(b, list):
        return a == b or (len(a) == len(b) and all(map(same, a, b)))
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if isinstance(a, Blob) and isinstance(b, bytes):
        a, b = b, a
    if isinstance(a, bytes) and isinstance(b, Blob):
        return len(a) < 1 << 16 and a == b.data
    return a == b


class Record:
    """One entity. `values` is what Blender holds, `remote` the fields (and `deleted`) that somebody else wrote last."""

    __slots__ = ("values", "remote", "deleted", "reached", "_properties", "_properties_of")

    def __init__(self):
        self.values = {}
        self.remote = set()
        self.deleted = False
        self.reached = False  # it has been seen in use: when it no longer is, it was deleted
        self._properties = self._properties_of = ()

    def properties(self):
        """The names of its custom properties, looked up once for each `values`."""
        if self._properties_of is not self.values:
            self._properties_of = self.values
            self._properties = [name for name in self.values if name.startswith(PROPERTY)]
        return self._properties


class Mirror:
    def __init__(self):
        self.records = {}  # kind → {UUID: Record}
        self.transforms = Transforms()

    def of_kind(self, kind):
        return self.records.setdefault(kind, {})

    def get(self, kind, uuid):
        return self.of_kind(kind).get(uuid)

    def add(self, kind, uuid):
        return self.of_kind(kind).setdefault(uuid, Record())

    def know(self, ctx, keys):
        """Take over what Blender holds of these, {(kind, UUID)}."""
        for kind_name, uuid in keys:
            block = ctx.identity.find(uuid)
            self.add(kind_name, uuid).values = entity.read(ctx, ctx.kinds[kind_name], uuid, block)
            if kind_name == "object":
                self.transforms.set(uuid, ctx.kinds["transform"].read(ctx, block), remote=True)

    def known(self, kind, uuid):
        """Whether the entity is in the scene and not deleted."""
        record = self.get(kind, uuid)
        return record is not None and not record.deleted


class Transforms:
    """Rows of location, rotation and scale; `remote` says per row and column whether somebody else wrote it last. `matrices` has the world
    matrices that we sent last, row-major."""

    NAMES = tuple(WIDTHS)

    def __init__(self):
        self.rows = {}  # UUID → row
        self.free = []
        self.size = 0
        self.ids = numpy.zeros((0, 16), numpy.uint8)
        self.columns = {name: numpy.zeros((0, width), numpy.float32) for name, width in WIDTHS.items()}
        self.remote = numpy.zeros((0, len(WIDTHS)), bool)
        self.matrices = numpy.zeros((0, 16), numpy.float32)

    def row(self, uuid):
        """The row of an entity, made when new (with values that equal nothing)."""
        row = self.rows.get(uuid)
        if row is None:
            row = self._take(uuid)
            self.ids[row] = numpy.frombuffer(uuid, numpy.uint8)
            for column in self.columns.values():
                column[row] = numpy.nan
            self.remote[row] = False
        return row

    def add(self, uuids, columns):
        """What others say of new entities: for each name a list of the values, one per UUID."""
        rows = [self.rows[uuid] if uuid in self.rows else self._take(uuid) for uuid in uuids]
        self.ids[rows] = numpy.frombuffer(b"".join(uuids), numpy.uint8).reshape(-1, 16)
        for name, values in columns.items():
            self.columns[name][rows] = values
        self.remote[rows] = True

    def _take(self, uuid):
        row = self.rows[uuid] = self.free.pop() if self.free else self._grow()
        self.matrices[row] = numpy.nan
        return row

    def _grow(self):
        if self.size == len(self.ids):
            capacity = max(256, 2 * self.size)
            self.ids = _resized(self.ids, capacity)
            self.remote = _resized(self.remote, capacity)
            self.matrices = _resized(self.matrices, capacity)
            self.columns = {name: _resized(column, capacity) for name, column in self.columns.items()}
        self.size += 1
        return self.size - 1

    def remove(self, uuid):
        row = self.rows.pop(uuid, None)
        if row is not None:
            self.free.append(row)

    def get(self, uuid):
        """{field: list of numbers} of one entity."""
        row = self.rows.get(uuid)
        if row is None:
            return {}
        return {name: column[row].tolist() for name, column in self.columns.items() if not numpy.isnan(column[row, 0])}

    def set(self, uuid, fields, remote):
        row = self.row(uuid)
        for index, name in enumerate(self.NAMES):
            if name in fields:
                self.columns[name][row] = fields[name]
                self.remote[row, index] = remote

    def changed(self, name, rows, values):
        """Which of `values` (one per row) differ in any bit that matters from the mirror: a mask."""
        mine = self.columns[name][rows]
        return ((mine != values) & ~(numpy.isnan(mine) & numpy.isnan(values))).any(axis=1)


def _resized(array, capacity):
    grown = numpy.zeros((capacity,) + array.shape[1:], array.dtype)
    grown[:len(array)] = array
    return grown
