# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom properties, `properties/{name}` of every kind. The session reads and writes them for all datablocks."""

from urllib.parse import quote, unquote

PREFIX = "properties/"
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
    if not hasattr(block, "keys"):
        return {}
    fields = {}
    registered = block.bl_rna.properties
    for name in block.keys():
        if name.startswith("scenesync") or name == "_RNA_UI" or name in registered:
            continue
        value = _plain(block[name], 0)
        if value is not None:
            fields[PREFIX + encode_level(name)] = value
    return fields


def write(block, fields):
    """Apply the `properties/…` among `fields`."""
    for field, value in fields.items():
        if not field.startswith(PREFIX):
            continue
        name = decode_level(field[len(PREFIX):])
        if name.startswith("scenesync") or name in block.bl_rna.properties:
            continue
        if value is None:
            if name in block:
                del block[name]
        else:
            _set(block, name, value)


def _set(block, name, value):
    if isinstance(value, int) and not isinstance(value, bool) and not -2**31 <= value < 2**31:
        value = float(value)
    # Assigning keeps the limits and description of a property of the same type.
    block[name] = value


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
