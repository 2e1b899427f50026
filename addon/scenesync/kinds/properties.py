# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom properties, `properties/{name}` of every kind. The session reads and writes them for all datablocks.

On the wire 1.0 and 1 are the same number, so what would read back as an int says in `property_types/{name}` that it is a float or a bool.
Anything else says nothing there: whether it did would depend on what it was before, and be another answer for everybody.
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
        said = _said_type(value)
        if said is not None:
            fields[TYPES + level] = said
    return fields


def with_types(changes, values):
    """These changes of `values`, and of every property among them the type: nobody is to take it for one of the type that it had."""
    levels = [field.partition("/")[2] for field in changes if field.startswith(PREFIX)]
    return {**changes, **{TYPES + level: values.get(TYPES + level) for level in levels}}


def decided_by(name):
    """A type goes with the value that it is of."""
    return PREFIX + name[len(TYPES):] if name.startswith(TYPES) else name


def write(block, fields):
    """Apply the custom properties among `fields`; of 1.0 that becomes 1, or the reverse, only the type is. Returns the types, fields too, that
    have changed in consequence: 1.0 that becomes 0.5 need not say any longer what it is."""
    followed = []
    for level in dict.fromkeys(field.partition("/")[2] for field in fields if field.startswith(PREFIXES)):
        name = decode_level(level)
        if name.startswith("scenesync") or name in block.bl_rna.properties:
            continue
        here = _plain(block[name], 0) if name in block else None
        value = fields.get(PREFIX + level, here)
        if value is not None:
            value = block[name] = _typed(value, fields.get(TYPES + level, _said_type(here)) or "int")
        elif name in block and PREFIX + level in fields:
            del block[name]
        if TYPES + level not in fields and _said_type(here) not in (None, _said_type(value)):
            followed.append(TYPES + level)
    return followed


def _said_type(value):
    """What `property_types/{name}` says of this value, None where it need not say anything."""
    said = _number_type(value)
    return said if said == "bool" or said == "float" and _looks_whole(value) else None


def _looks_whole(value):
    """Whether nothing of these floats shows on the wire that they are some; in a flat list one that shows it does so for all."""
    if isinstance(value, list):
        return (any if isinstance(value[0], list) else all)(map(_looks_whole, value))
    return value.is_integer()


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
    return int(value) if wanted == "int" and float(value).is_integer() else value


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
