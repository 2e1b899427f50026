# SPDX-License-Identifier: GPL-3.0-or-later
"""RNA properties as fields, for everything that is mostly a list of properties: what a struct type has is looked up once and kept.

A reference is read as the UUID of its datablock. A value that this Blender cannot hold (an enum item of a newer version, a property it does not
have) is not written and no error: it stays with the agent.
"""

from functools import lru_cache
from operator import attrgetter

from .values import plain as plain_value

REFUSED = (TypeError, ValueError, OverflowError, AttributeError, RuntimeError)
# Types of datablocks that are entities; pointers to others (texts, fonts, textures) stay local.
REFERENCES = {
    "Image": "image",
    "Material": "material",
    "Object": "object",
    "Collection": "collection",
    "NodeTree": "node_group",
    "Mask": "mask",
    "MovieClip": "clip",
    "World": "world",
    "Light": "light",
    "Camera": "camera",
}


def plain(value):
    return sorted(value) if isinstance(value, set) else plain_value(value)


def shape_as(value, current):
    """A wire value in the form in which RNA takes it, `current` being what is there now. Vectors of other versions can be longer or shorter."""
    if isinstance(current, set):
        return set(value)
    if hasattr(current, "row"):
        width = len(current)
        return [value[place:place + width] for place in range(0, len(value), width)]
    if isinstance(value, list) and len(value) != len(current):
        return [*value, *current[len(value):]][:len(current)]
    return value


def put(struct, name, value):
    """Set a property unless it has this value already (every assignment makes Blender update); False when it cannot be held."""
    try:
        current = getattr(struct, name)
        if plain(current) != value:
            setattr(struct, name, shape_as(value, current))
    except REFUSED:
        return False
    return True


def reference_kind(prop):
    """The kind a pointer property refers to, or None."""
    if prop.type != "POINTER":
        return None
    rna = prop.fixed_type
    while rna is not None:
        if rna.identifier in REFERENCES:
            return REFERENCES[rna.identifier]
        rna = rna.base
    return None


class Table:
    """The shared properties of one RNA struct type."""

    def __init__(self, rna, skip=frozenset(), only=None):
        self.scalars, self.vectors, self.pointers, self.enums = [], [], [], set()
        for prop in rna.properties:
            name = prop.identifier
            if name in skip or (only is not None and name not in only) or prop.is_readonly or name.startswith("bl_"):
                continue
            if prop.type == "POINTER":
                if reference_kind(prop):
                    self.pointers.append((name, reference_kind(prop)))
            elif getattr(prop, "is_array", False) or getattr(prop, "is_enum_flag", False):
                self.vectors.append(name)
            elif prop.type != "COLLECTION":
                self.scalars.append(name)
                if prop.type == "ENUM":
                    self.enums.add(name)
        self.kinds = dict(self.pointers)
        self.names = set(self.scalars) | set(self.vectors) | set(self.kinds)
        self._get = attrgetter(*self.scalars) if self.scalars else None

    def read(self, ctx, struct, prefix, fields):
        if self._get is not None:
            values = self._get(struct)
            for name, value in zip(self.scalars, values if len(self.scalars) > 1 else (values,)):
                if value != "" or name not in self.enums:  # an item that this Blender has no name for reads as ""
                    fields[prefix + name] = value
        for name in self.vectors:
            fields[prefix + name] = plain(getattr(struct, name))
        for name, _ in self.pointers:
            value = ctx.id_of(getattr(struct, name))
            if value is not None:
                fields[prefix + name] = value

    def write(self, ctx, block, struct, name, value, field):
        """Set one property; `block` and `field` say who wants a reference that has not arrived."""
        if name in self.kinds:
            write_reference(ctx, block, struct, name, value, field, self.kinds[name])
        elif name in self.names:
            if value is None:
                struct.property_unset(name)
            else:
                put(struct, name, value)

    def used(self, struct):
        """The datablocks it points to."""
        return [getattr(struct, name) for name, _ in self.pointers]


def write_reference(ctx, block, struct, name, value, field, *kinds):
    """Point at a datablock, at nothing when the field is removed, or wait for it to arrive."""
    target = None
    if value is not None:
        target = ctx.block(value, *kinds)
        if target is None:
            ctx.want(value, block, field)
            return
    if getattr(struct, name) != target:
        try:
            setattr(struct, name, target)
        except REFUSED:
            return


@lru_cache(maxsize=None)
def table(struct_type, skip=frozenset(), only=None):
    """The Table of an RNA struct type (a class of bpy.types), made once."""
    return Table(struct_type.bl_rna, skip, only)


@lru_cache(maxsize=None)
def reference_to(struct_type, name):
    """The kind that this pointer property of a struct type refers to, or None."""
    prop = struct_type.bl_rna.properties.get(name)
    return None if prop is None else reference_kind(prop)

