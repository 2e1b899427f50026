# SPDX-License-Identifier: GPL-3.0-or-later
"""The structs inside of nodes: colour ramps, curves, image users, texture mappings, and lists of items that the user adds.

Each property of a struct is a field of its own, `props/<struct>/<property>`; the stops of a ramp, the points of one curve and a list of
items are one field each, since none of them means anything without the others.
"""

from functools import lru_cache

from .. import rna

SKIP = frozenset({"frame_current", "tone"})
FLAT = frozenset({"ImageUser", "TexMapping", "ColorMapping", "ColorManagedViewSettings", "ColorManagedDisplaySettings"})


def read(ctx, kind, struct, prefix, fields):
    """`kind` is the RNA type of the struct, one of KINDS."""
    _table(type(struct)).read(ctx, struct, prefix, fields)
    if kind == "ColorRamp":
        fields[prefix + "elements"] = [[element.position, *element.color] for element in struct.elements]
    elif kind == "CurveMapping":
        for index, curve in enumerate(struct.curves):
            fields[f"{prefix}curves/{index}"] = [[*point.location, point.handle_type] for point in curve.points]


def write(ctx, block, struct, path, value, field):
    """`path` is what follows `props/<struct>/`."""
    if value is None:
        return
    if path == "elements":
        _write_ramp(struct, value)
    elif path.startswith("curves/"):
        _write_curve(struct, int(path[len("curves/"):]), value)
    else:
        _table(type(struct)).write(ctx, block, struct, path, value, field)
        if hasattr(struct, "curves"):
            struct.update()


KINDS = FLAT | {"ColorRamp", "CurveMapping"}


@lru_cache(maxsize=None)
def _table(struct_type):
    return rna.Table(struct_type.bl_rna, SKIP)


def _write_ramp(ramp, stops):
    elements = ramp.elements
    while len(elements) > max(len(stops), 1):
        elements.remove(elements[len(elements) - 1])
    while len(elements) < len(stops):
        elements.new(1.0)
    # Blender keeps stops sorted: first all to the end, then each to its place, in order.
    for index in range(len(stops) - 1, -1, -1):
        rna.put(elements[index], "position", 1.0)
    for index, (position, *color) in enumerate(stops):
        rna.put(elements[index], "position", position)
        rna.put(elements[index], "color", color)


def _write_curve(mapping, index, points):
    if index >= len(mapping.curves) or len(points) < 2:
        return
    existing = mapping.curves[index].points
    while len(existing) > len(points):
        existing.remove(existing[len(existing) - 1])
    while len(existing) < len(points):
        existing.new(1.0, 1.0)
    for point, (x, y, handle_type) in zip(existing, points):
        rna.put(point, "location", [x, y])
        rna.put(point, "handle_type", handle_type)
    mapping.update()


# ---- lists of items


def read_items(collection):
    """[{property: value}] of a node's items."""
    return [_read_item(item) for item in collection]


def _read_item(item):
    fields = {}
    _item_table(type(item)).read(None, item, "", fields)
    return fields


@lru_cache(maxsize=None)
def _item_table(item_type):
    table = rna.Table(item_type.bl_rna, frozenset({"color"}))
    table.pointers = []
    return table


def write_items(collection, items):
    """Items that are there are changed in place, so that links to them stay."""
    while len(collection) > len(items):
        collection.remove(collection[len(collection) - 1])
    for index, fields in enumerate(items):
        item = collection[index] if index < len(collection) else _new_item(collection, fields)
        for name, value in fields.items():
            if name in _item_table(type(item)).names:
                rna.put(item, name, value)


def _new_item(collection, fields):
    given = {"name": fields.get("name", ""), "socket_type": fields.get("socket_type", "FLOAT")}
    wanted = [parameter.identifier for parameter in collection.bl_rna.functions["new"].parameters if not parameter.is_output]
    return collection.new(*(given[name] for name in wanted if name in given))
