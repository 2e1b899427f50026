# SPDX-License-Identifier: Apache-2.0
"""Round trips of kinds without agent: read a file as plain values, empty Blender, make everything anew from the values, read again.

    ctx = harness.context()                 # of the file that is open
    before = harness.snapshot(ctx)          # {kind: {uuid: fields}}
    ctx = harness.replay(before)            # in an emptied Blender, through create and write
    assert harness.differences(before, harness.snapshot(ctx)) == []

    fields = harness.read(ctx, "light", block)
    harness.write(ctx, "light", block, {"power": 5.0})
"""

import os
import sys
import tempfile

import bpy
import numpy

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "addon"))

from scenesync import entity, identity, kinds  # noqa: E402
from scenesync.context import Context  # noqa: E402

ELEMENTS = ("float32", "float64", "int32", "uint8", "uint16", "int64", "float16")


def context(slug="test"):
    """A context for the open file."""
    ctx = Context(slug, bpy.context.scene.name)
    ctx.identity.bind("scene", ctx.scene, identity.singleton(slug, "scene"))
    return ctx


def read(ctx, kind_name, block):
    """One entity's fields as they travel."""
    fields = entity.read(ctx, ctx.kinds[kind_name], ctx.id_of(block), block)
    return {name: check(f"{kind_name}.{name}", value) for name, value in fields.items()}


def write(ctx, kind_name, block, fields):
    """Apply fields as the session does."""
    errors = entity.write(ctx, ctx.kinds[kind_name], ctx.id_of(block), block, {name: arrived(value) for name, value in fields.items()})
    if errors:
        raise next(iter(errors.values()))


def snapshot(ctx):
    """{kind: {uuid: fields}} of everything shared."""
    result = {name: {} for name in ctx.kinds}
    for block in ctx.walk():
        kind = ctx.kind_of(block)
        result[kind.name][ctx.id_of(block)] = read(ctx, kind.name, block)
        for name, part in ctx.kinds.items():
            if part.collection is None and getattr(part, "shares", None) == kind.name:
                result[name][ctx.id_of(block)] = read(ctx, name, block)
    return result


def replay(values, slug="test"):
    """Empty Blender, then make everything in `values` through create and write."""
    bpy.ops.wm.read_homefile(use_empty=True)
    ctx = context(slug)
    for name, kind in ctx.kinds.items():
        for value, fields in values.get(name, {}).items():
            if kind.collection is None or kind.singleton:
                continue
            block = kind.create(ctx, fields.get("name", name), {field: arrived(v) for field, v in fields.items()})
            ctx.identity.bind(name, block, value)
    for name, kind in ctx.kinds.items():
        for value, fields in values.get(name, {}).items():
            write(ctx, name, ctx.identity.find(value), fields)
    settle(ctx)
    return ctx


def settle(ctx):
    """Write again what waited for datablocks that have been completed since, as the session does."""
    while ctx.completed:
        waiting = {}
        for (owner, kind_name, field), value in ctx.pop_wanted(ctx.completed.pop()):
            waiting.setdefault((owner, kind_name), {})[field] = value
        for (owner, kind_name), fields in waiting.items():
            write(ctx, kind_name, ctx.identity.find(owner), fields)


def differences(a, b, tolerance=None):
    """Readable lines, one per difference between two snapshots."""
    lines = []
    for kind in sorted(set(a) | set(b)):
        for value in sorted(set(a.get(kind, {})) | set(b.get(kind, {}))):
            lines += _entity_differences(kind, value, a.get(kind, {}).get(value), b.get(kind, {}).get(value))
    return lines


def _entity_differences(kind, value, a, b):
    if a is None or b is None:
        return [f"{kind} {(a or b).get('name', value.hex())}: only in {'a' if b is None else 'b'}"]
    lines = []
    for field in sorted(set(a) | set(b)):
        if not equal(a.get(field), b.get(field)):
            lines.append(f"{kind} {a.get('name', value.hex())} {field}: {a.get(field)!r} != {b.get(field)!r}")
    return lines


def equal(a, b):
    if isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray):
        return a.dtype == b.dtype and a.size == b.size and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b or isinstance(a, (int, float)) and isinstance(b, (int, float)) and a == b


def arrived(value):
    """What a value looks like on the other side: read-only arrays, blobs with a path."""
    if isinstance(value, numpy.ndarray):
        copy = numpy.array(value, order="C")
        copy.setflags(write=False)
        return copy
    if isinstance(value, kinds.Blob):
        file = tempfile.NamedTemporaryFile(delete=False, dir=bpy.app.tempdir)
        with file:
            file.write(value.data)
        return kinds.Blob(path=file.name, type=value.type, sha256=value.digest())
    return value


def check(where, value, depth=0):
    """A value as it may travel, or a TypeError that says what is wrong with it."""
    if isinstance(value, numpy.ndarray):
        if value.dtype.name not in ELEMENTS or not value.flags["C_CONTIGUOUS"] or value.dtype.byteorder == ">":
            raise TypeError(f"{where}: array of {value.dtype}, contiguous {value.flags['C_CONTIGUOUS']}")
        return value
    if value is None and depth == 0:
        raise TypeError(f"{where}: None; leave the field out")
    if type(value) in (bool, int, float, str, bytes, type(None)) or isinstance(value, kinds.Blob):
        return value
    if type(value) is list and depth < 15:
        return [check(where, item, depth + 1) for item in value]
    if type(value) is dict and depth < 15 and all(type(key) is str for key in value):
        return {key: check(where, item, depth + 1) for key, item in value.items()}
    raise TypeError(f"{where}: {type(value).__name__} does not travel")
