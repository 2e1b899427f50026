# SPDX-License-Identifier: GPL-3.0-or-later
"""Many new objects at once, as on joining. A new object of Blender's is like every other of its type, so what it holds is read from one of
them only, and only what differs from that is written and read back."""

import time

from .. import entity
from ..kinds.transform import WIDTHS

SOME = 64  # objects between two looks at the time
MEMBERSHIP = "collections/"
LINKING = (MEMBERSHIP, "parent", "matrix_parent_inverse")
NUMBERS = frozenset((int, float, bool))
OF_EACH = ("name", "data", "instance_collection", "slots/", "properties/", *LINKING)


class Fresh:
    def __init__(self, apply):
        self.apply = apply
        self.session = apply.session
        self.ctx = apply.ctx
        self.mirror = apply.mirror
        self.kind = self.ctx.kinds["object"]
        self.required = tuple(self.kind.required)
        self.nowhere = MEMBERSHIP + self.session.scene_uuid.hex()  # False of an object that is in no collection
        self.blanks = {}  # type of object → (what a new one holds, what of it is not as the schema says)
        self.place = None  # where a new object stands
        self.queue = []  # UUIDs of objects to make, the first of all names last: Blender keeps names sorted and looks for their place from the end

    # ---- making them

    def run(self, items, deadline):
        """Make the objects among `items`, {UUID: fields}, that nobody has heard of, some at least; leaves the others."""
        if not self.queue:
            new = [uuid for uuid, fields in items.items() if self._is_new(uuid, fields)]
            self.queue = sorted(new, key=lambda uuid: called(items[uuid]).lower(), reverse=True)
        while self.queue:
            some = [self.queue.pop() for _ in range(min(SOME, len(self.queue)))]
            self._make_some([uuid for uuid in some if uuid in items and self._is_new(uuid, items[uuid])], items)
            if time.perf_counter() > deadline:
                return

    def _is_new(self, uuid, fields):
        return uuid not in self.ctx.identity.entries and uuid not in self.mirror.of_kind("object") and self._is_whole(fields)

    def _is_whole(self, fields):
        return fields.get("deleted") is not True and all(name in fields for name in self.required)

    def _make_some(self, uuids, items):
        made = []
        for uuid in uuids:
            fields = items.pop(uuid)
            try:
                made.append((uuid, self._make(uuid, fields)))
            except Exception as error:  # whatever a hostile or future value does, the rest goes on
                self.apply.failures.note("object", uuid, dict.fromkeys(fields, error))
        self._put(made)
        self.session.pending_push = True
        self.session.diff.order = None
        for uuid, _ in made:
            self.apply.arrived("object", uuid)

    def _make(self, uuid, fields):
        fields.pop("deleted", None)
        name = called(fields)
        block = self.kind.create(self.ctx, name, fields)
        self.ctx.identity.bind("object", block, uuid)
        self.ctx.names.note(uuid, block, name)
        record = self.mirror.add("object", uuid)
        record.remote = {"deleted", *fields}
        blank, odd = self._blank(block)
        linking = {field: value for field, value in fields.items() if field.startswith(LINKING)}
        own = {field: value for field, value in fields.items() if field not in linking and field != "name" and blank.get(field) != value}
        own.update((field, value) for field, value in odd.items() if field not in fields)
        record.values = {**blank, "name": name, self.nowhere: False}
        if self._has(block, own.get("data")):
            record.values["data"] = own.pop("data")
        if own:
            self._write(uuid, block, record, own)
        if not any(field.startswith(MEMBERSHIP) for field in linking):
            linking[self.nowhere] = True
        self.apply.links[("object", uuid)] = linking
        return block

    def _has(self, block, data):
        return data is not None and block.data is not None and self.ctx.identity.known(block.data) == data

    def _write(self, uuid, block, record, fields):
        self.apply.write(self.kind, uuid, block, fields)
        record.values = entity.read(self.ctx, self.kind, uuid, block)
        self.apply.complete({}, record)

    def _blank(self, block):
        """What a new object of this type holds."""
        found = self.blanks.get(block.type)
        if found is None:
            values = {name: value for name, value in self.kind.read(self.ctx, block).items() if not name.startswith(OF_EACH)}
            odd = {name: value for name, value in self.apply.defaults["object"] if name in values and values[name] != value}
            found = self.blanks[block.type] = (values, odd)
        return found

    # ---- where they stand

    def _put(self, made):
        """A new object stands where its transform says, as far as that is known; where it stands meanwhile is nobody's edit."""
        if not made:
            return
        if self.place is None:
            self.place = self.ctx.kinds["transform"].read(self.ctx, made[0][1])
        columns = {name: [] for name in WIDTHS}
        for uuid, block in made:
            waiting = {**self.apply.held.pop(("transform", uuid), {}), **self.apply.inbox["transform"].pop(uuid, {})}
            for name, column in columns.items():
                value = waiting.get(name)
                if value is not None and fits(value, WIDTHS[name]):
                    setattr(block, name, value)
                    column.append(value)
                else:
                    column.append(self.place[name])
        self.mirror.transforms.add([uuid for uuid, _ in made], columns)

    # ---- into their collections

    def link(self, uuid, block, fields, record, collections):
        """Link an object when that is all that its linking `fields` say. `collections` is kept from one object of a batch to the next."""
        if not all(value is True and field.startswith(MEMBERSHIP) for field, value in fields.items()):
            return False
        for field in fields:
            if field not in collections:
                collections[field] = self._collection(field)
            if collections[field] is None:
                return False
        for field in fields:
            link, collection = collections[field]
            try:
                link(block)
            except RuntimeError:
                return False  # it is in it already, or shows it
            self.ctx.structure.changed(uuid, collection, True)
        if record.values.get(self.nowhere) is False:
            del record.values[self.nowhere]
        record.values.update(fields)
        record.remote.update(fields)
        return True

    def _collection(self, field):
        try:
            uuid = bytes.fromhex(field[len(MEMBERSHIP):])
        except ValueError:
            return None
        collection = self.ctx.collection_block(uuid)
        return None if collection is None else (collection.objects.link, uuid)


def called(fields, otherwise="object"):
    """The name among these fields."""
    name = fields.get("name")
    return name if isinstance(name, str) and name else otherwise


def fits(value, width):
    return isinstance(value, list) and len(value) == width and NUMBERS.issuperset(map(type, value))
