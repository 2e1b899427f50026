# SPDX-License-Identifier: Apache-2.0
"""What differs between two dumps of compare.py."""

from collections import Counter

import numpy

RENAMED = ("blend_method", "use_nodes", "subsurface_method")  # other words or none in later versions


def differences(a, b, mixed=False):
    """Readable lines, one per difference. `mixed`: only what both have is compared below nodes, as versions have different sockets."""
    lines = []
    _walk("", a, b, lines, mixed)
    return lines


def _walk(path, a, b, lines, mixed):
    if isinstance(a, dict) and isinstance(b, dict):
        unused = mixed and a.get("use_nodes") != b.get("use_nodes")  # later versions cannot leave a tree unused, and make one
        for key in sorted((a.keys() | b.keys()) - ({"tree"} if unused else set()), key=str):
            if key in a and key in b:
                _walk(f"{path}/{key}", a[key], b[key], lines, mixed)
            elif not key.startswith("~") and not (mixed and _version_dependent(path)):
                lines.append(f"{path}/{key}: only in {'A' if key in a else 'B'}")
    elif isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray):
        _walk_arrays(path, a, b, lines)
    elif not _equal(a, b) and not (mixed and _incomparable(path, a, b)):
        lines.append(f"{path}: {_only(a, b)!r} != {_only(b, a)!r}"[:300])


def _only(a, b):
    """What the first of two lists of names has more often than the other; anything else whole, as names whose order alone differs."""
    if isinstance(a, list) and isinstance(b, list) and all(isinstance(name, str) for name in a + b) and sorted(a) != sorted(b):
        return sorted((Counter(a) - Counter(b)).elements())
    return a


def _version_dependent(path):
    return "/nodes/" in path or path.count("/") == 2


def _incomparable(path, a, b):
    """Between versions: what means something else there, and sockets that became colours."""
    name = path.rsplit("/", 1)[1]
    return name in RENAMED or "/nodes/" in path and type(a) is not type(b) or name == "tree" and (a is None or b is None)


def _walk_arrays(path, a, b, lines):
    if a.shape != b.shape:
        lines.append(f"{path}: shape {a.shape} != {b.shape}")
        return
    name = path.rsplit("/", 1)[1]
    if name.startswith("~"):
        ok = numpy.allclose(a, b, rtol=1e-6, atol=1e-6 * max(1.0, float(numpy.abs(a).max(initial=0))))
    elif name.startswith("!"):
        ok = numpy.allclose(a, b, atol=2e-2)
    else:
        ok = numpy.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if not ok:
        where = numpy.flatnonzero(a.reshape(-1) != b.reshape(-1))
        lines.append(f"{path}: {len(where)} of {a.size} differ, first at {where[0]}: {a.reshape(-1)[where[0]]} != {b.reshape(-1)[where[0]]}")


def _equal(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    return type(a) is type(b) and a == b
