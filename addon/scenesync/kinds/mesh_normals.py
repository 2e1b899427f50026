# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom normals. Everyone understands one direction per corner; Blender stores two rounded angles relative to the automatic normal.

What was set and what Blender made of it are remembered, corner by corner: as long as a corner reads back the same, it is reported as it was
set. So the rounding never travels and nothing drifts. Where Blender shows its own form (`custom_normal`), that travels beside the directions,
named by their hash, so that an old one never meets newer directions.
"""

import hashlib

import numpy

from . import KindError
from .arrays import FLOAT, check, check_layer, get, many_objects, read_layer, same, write_layer
from .mesh_layers import ensure

DIRECTIONS, STORED = "custom_normals", "custom_normals_stored/"
ATTRIBUTE = "custom_normal"


class Memory:
    """Of one mesh: the directions set, what they read back as, and a stored form that arrived before its directions."""

    def __init__(self):
        self.set = None
        self.read_back = None
        self.early = {}
        self.named = (None, None)  # directions and their name

    def name(self):
        """What the directions are called: 16 hex digits of their hash, computed once."""
        if self.named[0] is not self.set:
            self.named = (self.set, hashlib.sha256(self.set).hexdigest()[:16])
        return self.named[1]

    def reported(self, values):
        """`values` as Blender has them → as they were set, where Blender still has what it made of that."""
        if self.set is None or self.set.size != values.size:
            return values
        if self.read_back is None or same(values, self.read_back):
            return self.set
        x, y, z = (values.reshape(-1, 3) == self.read_back.reshape(-1, 3)).T
        untouched = x & y & z
        return numpy.where(untouched[:, None], self.set.reshape(-1, 3), values.reshape(-1, 3)).reshape(-1)


def read(mesh, topology, memory):
    if not mesh.has_custom_normals:
        return {}
    values = _corner_normals(mesh, topology.counts[2])
    if values is None:  # Blender shows them only with auto smooth on
        return {} if memory.set is None or memory.set.size != topology.counts[2] * 3 else {DIRECTIONS: memory.set}
    directions = memory.reported(values)
    memory.set, memory.read_back = directions, values
    found = {DIRECTIONS: directions}
    layer = mesh.attributes.get(ATTRIBUTE)
    if layer is not None:
        form = f"{layer.domain.lower()}/{layer.data_type.lower()}"
        found[f"{STORED}{memory.name()}/{form}"] = read_layer(layer.data, layer.data_type, topology.count(layer.domain))
    return found


def _corner_normals(mesh, corners):
    if hasattr(mesh, "corner_normals"):
        return get(mesh.corner_normals, "vector", corners * 3, FLOAT)
    if not mesh.use_auto_smooth:
        return None
    mesh.calc_normals_split()
    values = get(mesh.loops, "normal", corners * 3, FLOAT)
    mesh.free_normals_split()
    return values


def write(mesh, topology, fields, memory, exact, ops):
    """`fields`: those of DIRECTIONS and STORED that arrived; None removes."""
    if exact:
        memory.early = {name: values for name, values in fields.items() if name.startswith(STORED) and values is not None} or memory.early
    if DIRECTIONS in fields:
        values = fields[DIRECTIONS]
        if values is None:
            if mesh.has_custom_normals:
                ops(mesh, "customdata_custom_splitnormals_clear")
            memory.set = memory.read_back = None
            return
        values = check(DIRECTIONS, values, FLOAT, topology.counts[2] * 3)
        if not numpy.isfinite(values).all():
            raise KindError(DIRECTIONS, "holds numbers that are not finite", "send the mesh again")
        memory.set = values
    if memory.set is None:
        return
    stored = next((name for name in memory.early if name.split("/")[1] == memory.name()), None)
    if stored is not None:
        _write_stored(mesh, topology, stored, memory.early[stored])
        memory.early = {}
    elif DIRECTIONS in fields:
        with many_objects():
            mesh.normals_split_custom_set(memory.set.reshape(-1, 3).tolist())
    else:
        return
    memory.read_back = None


def _write_stored(mesh, topology, field, values):
    levels = field.split("/")
    domain, data_type = levels[2].upper(), levels[3].upper()
    if (domain, data_type) != ("CORNER", "INT16_2D") and (domain not in ("POINT", "FACE", "CORNER") or data_type != "FLOAT_VECTOR"):
        raise KindError(field, "is no form in which Blender stores normals")
    values = check_layer(field, data_type, values, topology.count(domain))
    write_layer(ensure(mesh, field, ATTRIBUTE, domain, data_type).data, data_type, values)
