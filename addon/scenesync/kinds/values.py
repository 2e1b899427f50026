# SPDX-License-Identifier: GPL-3.0-or-later
"""RNA attributes as plain values, for the many fields that are simply attributes."""

import functools
import operator

import mathutils

from . import KindError


SCALARS = frozenset((bool, int, float, str))


def plain(value):
    """A number, string, vector, colour or matrix (row-major, flat) of Blender as plain Python."""
    if value.__class__ in SCALARS:
        return value
    items = list(value)
    if items and hasattr(items[0], "__len__"):
        return [number for row in items for number in row]
    return items


def read_attributes(holder, names):
    """{name: value} of those attributes that this Blender has."""
    single, arrays, enums = _plan(type(holder), tuple(names))
    fields = dict(zip(single, operator.attrgetter(*single)(holder))) if len(single) > 1 else {name: getattr(holder, name) for name in single}
    for name in arrays:
        fields[name] = plain(getattr(holder, name))
    for name in enums:
        if fields[name] == "":
            del fields[name]  # a file can hold an enum value that this Blender has no name for
    return fields


@functools.lru_cache(maxsize=256)
def _plan(holder_type, names):
    """(names of single values, of arrays, of enums) among `names`."""
    properties = holder_type.bl_rna.properties
    known = [name for name in names if name in properties]
    arrays = [name for name in known if getattr(properties[name], "is_array", False) or getattr(properties[name], "is_enum_flag", False)]
    single = [name for name in known if name not in arrays]
    return single, arrays, [name for name in single if properties[name].type == "ENUM"]


def write_attributes(holder, names, fields):
    """Set those of `names` that are in `fields` and that this Blender has. None puts the default back.

    An enum value that this Blender does not know is passed over: it is kept for those who do.
    """
    for name in names:
        if name in fields and hasattr(holder, name):
            set_attribute(holder, name, fields[name])


def set_attribute(holder, name, value):
    rna = holder.bl_rna.properties[name]
    if value is None:
        value = default(rna)
    if rna.type == "ENUM" and not rna.is_enum_flag and value not in rna.enum_items and len(rna.enum_items) > 1:
        return
    try:
        setattr(holder, name, _matrix(value, rna) if len(_dimensions(rna)) == 2 else value)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise KindError(name, str(error), "set it by hand or ask its author which version made it") from None


def default(rna):
    if rna.type == "ENUM" and rna.is_enum_flag:
        return set(rna.default_flag)
    if getattr(rna, "is_array", False):
        return list(rna.default_array)
    return rna.default


def _dimensions(rna):
    if not getattr(rna, "is_array", False):
        return ()
    return [size for size in rna.array_dimensions if size]


def _matrix(value, rna):
    """A matrix from flat numbers, row-major. (Plain nested lists would be taken as columns.)"""
    rows, columns = _dimensions(rna)
    if len(value) != rows * columns:
        raise ValueError(f"{len(value)} numbers instead of {rows * columns}")
    return mathutils.Matrix([value[row * columns:(row + 1) * columns] for row in range(rows)])
