# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of one spline of a mask, as arrays."""

import numpy

from . import KindError
from .arrays import BYTE, FLOAT, check, get, put

HANDLES = ("AUTO", "VECTOR", "ALIGNED", "ALIGNED_DOUBLESIDE", "FREE")  # the places are the numbers that travel
COLUMNS = (("handle_left", 2), ("co", 2), ("handle_right", 2), ("weight", 1))
WIDTH = 7
ROUNDING = 1e-4  # of the frame
MAX_POINTS = 100000
PARENT = ("type", "parent", "sub_parent")


def read(ctx, spline, before):
    """`before`: the points as they were last read or written."""
    points = spline.points
    types = [HANDLES.index(side) for point in points for side in (point.handle_left_type, point.handle_right_type)]
    found = {"handle_types": numpy.array(types, BYTE)}
    found["points"] = _settled(before, _numbers(points, len(points)).reshape(-1), found["handle_types"])
    feather = [(place, item.u, item.weight) for place, point in enumerate(points) for item in point.feather_points]
    if feather:
        found["feather"] = numpy.array(feather, FLOAT).reshape(-1)
    parents = {str(place): _parent(ctx, point.parent) for place, point in enumerate(points) if point.parent.id is not None}
    if parents:
        found["parents"] = parents
    return found


def _numbers(points, count):
    return numpy.concatenate([get(points, name, count * width, FLOAT).reshape(count, width) for name, width in COLUMNS], axis=1)


def _settled(before, now, types):
    """`before` while only handles that Blender computes differ, by less than anybody sees: each version rounds them in its own way."""
    if before is None or before.size != now.size:
        return now
    difference = numpy.abs(before - now).reshape(-1, WIDTH)
    computed = (types != HANDLES.index("FREE")).reshape(-1, 2)
    allowed = numpy.zeros_like(difference)
    allowed[:, 0:2] = computed[:, :1] * ROUNDING
    allowed[:, 4:6] = computed[:, 1:] * ROUNDING
    return before if (difference <= allowed).all() else now


def _parent(ctx, parent):
    return {"clip": ctx.id_of(parent.id), **{name: getattr(parent, name) for name in PARENT}}


def box(spline):
    """(left, bottom, right, top) of points and handles."""
    table = _numbers(spline.points, len(spline.points))[:, :6].reshape(-1, 2)
    return (*table.min(axis=0), *table.max(axis=0))


def write(ctx, mask, spline, field, values):
    points = values.get("points")
    if points is not None:
        points = _checked_points(field + "/points", points)
        _set_count(spline, len(points))
    if values.get("handle_types") is not None:
        _write_types(spline, field + "/handle_types", values["handle_types"])
    if points is not None:
        _write_points(spline, points)
    if values.get("feather") is not None:
        _write_feather(spline, field + "/feather", values["feather"])
    if "parents" in values:
        _write_parents(ctx, mask, spline, field + "/parents", values["parents"] or {})


def _checked_points(field, values):
    count = getattr(values, "size", 0) // WIDTH
    if not 1 <= count <= MAX_POINTS:
        raise KindError(field, f"is a spline of {count} points", "send it again")
    values = check(field, values, FLOAT, count * WIDTH)
    if not numpy.isfinite(values).all():
        raise KindError(field, "holds numbers that are not finite", "send it again")
    return values.reshape(count, WIDTH)


def _set_count(spline, count):
    if len(spline.points) < count:
        spline.points.add(count - len(spline.points))
    while len(spline.points) > count:
        spline.points.remove(spline.points[len(spline.points) - 1])


def _write_points(spline, table):
    column = 0
    for name, width in COLUMNS:
        put(spline.points, name, numpy.ascontiguousarray(table[:, column:column + width]).reshape(-1))
        column += width


def _write_types(spline, field, values):
    values = check(field, values, BYTE, getattr(values, "size", 0)).tolist()
    for point, left, right in zip(spline.points, values[::2], values[1::2]):
        if left < len(HANDLES) and point.handle_left_type != HANDLES[left]:
            point.handle_left_type = HANDLES[left]
        if right < len(HANDLES) and point.handle_right_type != HANDLES[right]:
            point.handle_right_type = HANDLES[right]


def _write_feather(spline, field, values):
    """Blender lets scripts move feather points but not make them: those that are here follow, the others stay with the agent."""
    size = getattr(values, "size", 0)
    rows = check(field, values, FLOAT, size - size % 3).reshape(-1, 3)
    for place, point in enumerate(spline.points):
        own = rows[rows[:, 0] == place]
        if len(own) == len(point.feather_points):
            for item, (_, u, weight) in zip(point.feather_points, own.tolist()):
                item.u, item.weight = u, weight


def _write_parents(ctx, mask, spline, field, parents):
    for place, point in enumerate(spline.points):
        wanted = parents.get(str(place))
        if not isinstance(wanted, dict):
            if point.parent.id is not None:
                point.parent.id = None
            continue
        clip = ctx.block(wanted.get("clip"), "clip")
        if clip is None:
            ctx.want(wanted.get("clip"), mask, field)
            continue
        point.parent.id_type = "MOVIECLIP"
        point.parent.id = clip
        for name in PARENT:
            if isinstance(wanted.get(name), str) and getattr(point.parent, name) != wanted[name]:
                setattr(point.parent, name, wanted[name])
