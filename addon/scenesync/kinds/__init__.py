# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of things that are shared: one file each, read() beside write().

`docs/add-a-kind.md` is the contract. What all datablocks have in common (`name`, `properties/{name}`, `deleted`) is read and written by the
session, so a kind deals with its own fields only.
"""

import hashlib
import importlib

from .. import identity, schema
from . import properties

# In the order in which new things are made: what is pointed at comes before what points at it.
MODULES = ("image", "clip", "mask", "node_group", "material", "world", "light", "camera", "mesh", "scene", "collection", "object", "transform")


class KindError(Exception):
    """A field that cannot be read or written: what went wrong and what the user can do. The rest goes on."""

    def __init__(self, field, what, what_to_do=""):
        super().__init__(f"{field}: {what}" + (f"; {what_to_do}" if what_to_do else ""))
        self.field = field
        self.what = what
        self.what_to_do = what_to_do


class Blob:
    """Bytes that travel as a file. Outgoing it has `data` (or the `path` of a file); what arrives has a `path`."""

    __slots__ = ("_data", "path", "type", "sha256")

    def __init__(self, data=None, type=None, path=None, sha256=None):
        self._data = None if data is None else bytes(data)
        self.path = path
        self.type = type
        self.sha256 = sha256

    @property
    def data(self):
        if self._data is not None:
            return self._data
        with open(self.path, "rb") as file:
            return file.read()

    @property
    def in_file(self):
        return self._data is None

    def digest(self, data=None):
        """The SHA-256 (32 bytes), computed once; `data` from whoever has read it already."""
        if self.sha256 is None:
            self.sha256 = hashlib.sha256(self.data if data is None else data).digest()
        return self.sha256

    def __eq__(self, other):
        return isinstance(other, Blob) and self.type == other.type and self.digest() == other.digest()

    def __hash__(self):
        return hash(self.digest())

    def __repr__(self):
        return f"Blob({self.digest().hex()[:12]}, {self.type})"


class Kind:
    """One type of thing. Subclasses say how Blender holds it; see docs/add-a-kind.md."""

    name = ""  # topic level and folder of schemas/kinds
    collection = None  # attribute of bpy.data with the datablocks
    shares = None  # the kind whose datablocks and UUIDs these are, where this kind has none of its own
    everything = False  # True: every datablock in the file is shared, used or not (masks, clips, images)
    singleton = False  # True: one per scene, with a UUID made from the scene's name
    sweep = None  # seconds between looks at edits that Blender sends no event for; None: events suffice

    @property
    def required(self):
        """The fields without which an entity is kept but not shown."""
        return schema.KINDS[self.name].required if self.name in schema.KINDS else ()

    def field(self, name):
        """What the schema says of a field, or None when it does not know it."""
        return schema.field(self.name, name)

    def is_live(self, names):
        """Whether these fields are all worth showing while they are being dragged."""
        return all(field is not None and field.live for field in map(self.field, names))

    def is_default(self, name, value):
        """Whether a new datablock has this value by itself, so that it need not travel with it."""
        field = self.field(name)
        return field is not None and field.default is not None and field.default == value

    def decided_by(self, name, changes):
        """The field that decides over this one, `changes` being all that one edit or undo has changed: who wrote that wrote this."""
        return properties.decided_by(name)

    def defaults(self):
        """{field: value} of what the schema says a new datablock has."""
        fields = schema.KINDS[self.name].fields if self.name in schema.KINDS else {}
        return {name: field.default for name, field in fields.items() if field.default is not None and "{" not in name}

    def blocks(self, ctx):
        """Every shared datablock of this kind."""
        return ctx.shared(self.name)

    def shareable(self, block):
        """False for datablocks that are only this Blender's own, such as what stands in for data that has not arrived."""
        return not block.get(identity.PLACEHOLDER_TAG)

    def uses(self, ctx, block):
        """The datablocks that `block` points to."""
        return ()

    def read(self, ctx, block):
        """{field: value} of every field this Blender can hold, without changing anything."""
        raise NotImplementedError

    def read_part(self, ctx, block, names):
        """What writing these fields can change of what `read` gives: the prefixes of all such names, and {field: value, None where there is
        none}. None when only reading everything tells."""
        return None

    def read_links(self, ctx, block):
        """Those of `read` that hang it somewhere, for the kinds that have such: LINKING in structure.py names them."""
        raise NotImplementedError

    def create(self, ctx, name, fields):
        """A new datablock, not linked into the scene."""
        return getattr(ctx.data, self.collection).new(name)

    def write(self, ctx, block, fields):
        """Apply exactly these fields; None means removed."""
        raise NotImplementedError

    def after_undo(self, ctx):
        """Undo or redo may have changed anything, also where `read` relies on what it has read before."""

    def coming(self, uuid):
        """{field: value} that have been written and are not there yet, but for what waits for datablocks."""
        return {}

    def superseded(self, uuid, fields):
        """These fields have newer values than what has been written of them and is not there yet."""

    def undone(self, block, changes):
        """Undo has exchanged these fields: let go of what Blender still has that it made from the old ones."""

    def remove(self, ctx, block):
        getattr(ctx.data, self.collection).remove(block)

    def signature(self, ctx, block):
        """A cheap value that changes whenever `read` could return something new, for the sweep. (): what was read last still holds; None:
        it does not, or nobody knows."""
        return None


def load():
    """{name: Kind} of every kind, in the order of MODULES."""
    kinds = {}
    for module_name in MODULES:
        module = importlib.import_module("." + module_name, __name__)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Kind) and value.__module__ == module.__name__ and value.name:
                kinds[value.name] = value()
    return kinds
