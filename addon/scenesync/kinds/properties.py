# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom properties, `properties/{name}` of every kind. The session reads and writes them for all datablocks.

On the wire 1.0 and 1 are the same number, so what would read back as an int says in `property_types/{name}` that it is a float or a bool.
"""

from urllib.parse import quote, unquote

PREFIX = "properties/"
TYPES = "property_types/"
PREFIXES = (PREFIX, TYPES)
MAX_DEPTH = 8


def encode_level(name):
    """One level of a field's path: `%`, `/` and control characters percent-encoded."""
    if name.isalnum():
        return name
    return "".join(c if c not in "%/" and ord(c) >= 32 and ord(c) != 127 else quote(c, safe="") for c in name)


def decode_level(level):
    return unquote(level)


def read(block):
    """{field: value} of a datablock's custom properties."""
    fields = {}
    for name in block.keys():
        if name.startswith("scenesync") or name == "_RNA_UI" or name in block.bl_rna.properties:
            continue
        value = _plain(block[name], 0)
        if value is None:
            continue
        level = encode_level(name)
        fields[PREFIX + level] = value
        if _number_type(value) in ("float", "bool"):
            fields[TYPES + level] = _number_type(value)
    return fields


def write(block, fields):
    """Apply the custom properties among `fields`; of 1.0 that becomes 1, or the reverse, only the type is."""
    for level in dict.fromkeys(field.partition("/")[2] for field in fields if field.startswith(PREFIXES)):
        name = decode_level(level)
        if name.startswith("scenesync") or name in block.bl_rna.properties:
            continue
        here = _plain(block[name], 0) if name in block else None
        value = fields.get(PREFIX + level, here)
        if value is not None:
            block[name] = _typed(value, fields[TYPES + level] or "int" if TYPES + level in fields else _number_type(here))
        elif name in block and PREFIX + level in fields:
            del block[name]


def _number_type(value):
    """`float`, `bool` or `int` for a number or a list of numbers, else None."""
    if isinstance(value, list):
        types = {_number_type(item) for item in value}
        return types.pop() if len(types) == 1 else None
    return type(value).__name__ if isinstance(value, (bool, int, float)) else None


def _typed(value, wanted):
    """A value as Blender can store it: ints of 32 bits where they fit, and floats where floats were sent."""
    if isinstance(value, list):
        return [_typed(item, wanted) for item in value]
    if isinstance(value, dict):
        return {key: _typed(item, None) for key, item in value.items()}
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if wanted == "float" or not -(2**31) <= value < 2**31:
        return float(value)
    return int(value) if wanted == "int" and value == int(value) else value


def _plain(value, depth):
    """A custom property as plain Python; None for what cannot be shared (pointers to datablocks)."""
    if isinstance(value, (bool, int, float, str, bytes)):
        return value
    if depth >= MAX_DEPTH:
        return None
    if hasattr(value, "typecode"):
        return list(value)
    if isinstance(value, list):
        items = [_plain(item, depth + 1) for item in value]
        return None if any(item is None for item in items) else items
    if hasattr(value, "keys"):
        items = {key: _plain(value[key], depth + 1) for key in value.keys()}
        return {key: item for key, item in items.items() if item is not None}
    return None
