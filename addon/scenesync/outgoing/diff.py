# SPDX-License-Identifier: GPL-3.0-or-later
"""What may have changed → what did: compared with the mirror, told to the outbox. The only place where local edits are found."""

import time

import bpy
import numpy

from .. import entity
from ..kinds import properties
from ..kinds.transform import WIDTHS
from ..mirror import same
from ..structure import split

UNLISTED_SLICE = 0.001  # seconds of a tick for what may have changed unseen
EDIT_MODE_SECONDS = 0.25
UNLIMITED = float("inf")  # a tick that nobody waits for


class Diff:
    def __init__(self, session):
        self.session = session
        self.ctx = session.ctx
        self.mirror = session.mirror
        self.outbox = session.outbox
        self.order = None  # rows of mirror.transforms in the order of bpy.data.objects (-1: not shared)
        self.order_uids = None
        self.layout = None  # as the last look at the structure found it
        self.unlisted = []  # (kind, UUIDs) to compare in passing: Blender lists no hidden or excluded object
        self.restore = {}  # (kind, UUID) to compare after undo: what others wrote last is put back
        self.edit_mode_read = {}

    # ---- one tick

    def run(self, deadline):
        """Find and queue local edits until `deadline`, and some of them however late it is."""
        watch = self.session.watch
        watch.undo_begun = False
        if watch.undone:
            watch.undone = False
            self._after_undo()
        if watch.in_doubt and not self._putting_back():
            moved = watch.structure or not self._is_all_in_place()
            watch.structure = watch.anything = False
            if moved:
                self.check_structure()
            self._look_at_unlisted()
        if watch.many_moved and not (self.restore or self.session.apply.forced):
            watch.many_moved = False
            self._many_moved()
        for queue, undone in ((watch.dirty, False), (self.restore, True)):
            for key in list(queue):
                if undone or key in self.restore or key not in self.session.apply.forced:  # what Blender holds is about to be put right
                    del queue[key]
                    self._guard(key, undone)
                    if time.perf_counter() > deadline:
                        return
        self._compare_unlisted(min(deadline, time.perf_counter() + UNLISTED_SLICE) if deadline < UNLIMITED else deadline)

    def _putting_back(self):
        """Whether undo took away what others did and it is not back yet: until then, what is not used is not given up."""
        apply = self.session.apply
        return bool(self.restore or apply.links or apply.forced)

    def _look_at_unlisted(self):
        """An event that does not say what it is about may be about anything: look at everything cheap, in slices."""
        self.unlisted = [(name, list(records)) for name, records in self.mirror.records.items() if self.ctx.kinds[name].sweep is None]
        self.unlisted.append(("transform", list(self.mirror.transforms.rows)))

    def _compare_unlisted(self, deadline):
        while self.unlisted:
            kind_name, uuids = self.unlisted[-1]
            if not uuids:
                self.unlisted.pop()
                continue
            key = (kind_name, uuids.pop())
            if key in self.session.apply.forced:
                self.session.watch.dirty[key] = True
            else:
                self._guard(key, False)
            if time.perf_counter() > deadline:
                return

    def _guard(self, key, undone):
        try:
            self._compare(*key, undone or key in self.restore)
        except Exception as error:
            self.session.failed(key[0], error)

    # ---- one entity

    def _compare(self, kind_name, uuid, undone):
        block = self.ctx.identity.find(uuid)
        if block is None or not self.mirror.known("object" if kind_name == "transform" else kind_name, uuid):
            return
        if kind_name == "transform":
            self._compare_transform(uuid, block, undone)
            return
        if self._wait_for_edit_mode(kind_name, uuid, block):
            return
        record = self.mirror.get(kind_name, uuid)
        values = entity.read(self.ctx, self.ctx.kinds[kind_name], uuid, block)
        self.session.sweep.has_read(self.ctx.kinds[kind_name], uuid)
        changes = changed_fields(record.values, values)
        if changes and undone:
            self.ctx.kinds[kind_name].undone(block, changes)
        if changes:
            self._changed(kind_name, uuid, record, values, changes, undone)

    def _changed(self, kind_name, uuid, record, values, changes, undone):
        back = {}
        changes = properties.with_types(changes, values)
        if undone:
            decided_by = self.ctx.kinds[kind_name].decided_by
            theirs = {field for field in changes if decided_by(field, changes) in record.remote}
            fields = [*changes, *record.values]
            theirs.update([field for field in fields if theirs and _is_below(field, theirs)])  # made anew with what it is part of
            back = self.session.apply.intended(kind_name, uuid, {field: record.values.get(field) for field in fields if field in theirs})
            changes = {field: value for field, value in changes.items() if field not in back}
        at_once, _ = split(kind_name, back)  # until links are made, what Blender has of them is nobody's edit
        record.values = {field: value for field, value in {**values, **at_once}.items() if value is not None}
        record.remote.difference_update(changes)
        if changes:
            self.outbox.queue(kind_name, uuid, changes, self.ctx.kinds[kind_name].is_live(changes))
            for field in changes:
                self.ctx.unwant(uuid, kind_name, field)
            if "name" in changes:
                self.order = None
                self.ctx.names.retry(self.ctx)
            if "parent" in changes:
                self.ctx.structure.retry()
            if self.ctx.moves_pointers(kind_name, changes):
                self.session.watch.structure = True
        if back:
            self.session.apply.put(kind_name, uuid, back, force=True)

    def compare_undone(self, kind_name, uuid):
        """Before others' values are written: find all that undo has changed of it, as its parts can only be put back together; and of what an
        object shows, as Blender does not show all of a mesh that no object uses."""
        if not self.restore:
            return
        if self.restore.pop((kind_name, uuid), False):
            self._guard((kind_name, uuid), True)
        shown = self.ctx.identity.find(uuid) if kind_name == "object" else None
        data = None if shown is None or shown.data is None else self.ctx.identity.known(shown.data)
        if data is not None:
            self.compare_undone(self.ctx.identity.entries[data].kind, data)

    def send_unnoticed(self, kind, uuid, block, record, incoming):
        """Before others' values are written: what changed here without an event and is not about to be overwritten is an edit."""
        values = entity.read_again(self.ctx, kind, uuid, block, incoming, record.values)
        changes = {field: value for field, value in changed_fields(record.values, values).items() if field not in incoming}
        if changes:
            self._changed(kind.name, uuid, record, values, changes, (kind.name, uuid) in self.restore)

    def compare_moved(self, objects):
        """Compare where these are, (UUID, object), unless undo or somebody else has a say in it."""
        for uuid, block in objects:
            key = ("transform", uuid)
            if key in self.restore or key in self.session.apply.forced or not self.mirror.known("object", uuid):
                continue
            self.session.watch.dirty.pop(key, None)
            self._compare_transform(uuid, block, False)

    def _compare_transform(self, uuid, block, undone):
        transforms = self.mirror.transforms
        mine = transforms.get(uuid)
        values = self.ctx.kinds["transform"].read(self.ctx, block)
        changes = {name: value for name, value in values.items() if not same(mine.get(name), value)}
        if undone:
            self.ctx.kinds["transform"].undone(block, changes)
        if not changes:
            return
        back = {}
        if undone:
            remote = transforms.remote[transforms.row(uuid)]
            back = {name: mine[name] for index, name in enumerate(transforms.NAMES) if name in changes and remote[index]}
            changes = {name: value for name, value in changes.items() if name not in back}
        transforms.set(uuid, changes, remote=False)
        if changes:
            self.outbox.queue("transform", uuid, changes, live=True)
            self.session.moved_locally()
        if back:
            self.session.apply.put("transform", uuid, back, force=True)

    def _wait_for_edit_mode(self, kind_name, uuid, block):
        """A mesh in edit mode is read at most every 250 ms: bringing it up to date costs tens of milliseconds."""
        if not getattr(block, "is_editmode", False):
            return False
        now = time.perf_counter()
        if now - self.edit_mode_read.get(uuid, 0.0) < EDIT_MODE_SECONDS:
            self.session.later((kind_name, uuid))
            return True
        self.edit_mode_read[uuid] = now
        for item in bpy.data.objects:
            if item.data == block and item.mode == "EDIT":
                item.update_from_editmode()
                with self.session.watch.overlooking(kind_name, uuid):
                    bpy.context.view_layer.update()
                break
        return False

    # ---- transforms, all at once

    def _many_moved(self):
        objects = bpy.data.objects
        order = self.objects_in_order()
        shared = order >= 0
        rows = order[shared]
        transforms = self.mirror.transforms
        changes = {}
        for index, (name, width) in enumerate(WIDTHS.items()):
            values = numpy.empty((len(order), width), numpy.float32)
            objects.foreach_get(name, values.reshape(-1))
            values = values[shared]
            mask = transforms.changed(name, rows, values)
            if mask.any():
                changes[index, name] = (mask, values)
        for (index, name), (mask, values) in changes.items():
            self._send_column(name, index, rows[mask], values[mask])

    def _send_column(self, name, index, rows, values):
        transforms = self.mirror.transforms
        transforms.columns[name][rows] = values
        transforms.remote[rows, index] = False
        self.session.moved_locally()
        self.outbox.queue_rows("transform", transforms.ids[rows].tobytes(), {name: values}, live=True)

    def objects_in_order(self):
        """Row in the mirror of every object in bpy.data, in Blender's order."""
        objects = bpy.data.objects
        count = len(objects)  # Blender counts
        uids = None
        if self.ctx.caps.session_uid:
            uids = numpy.empty(count, numpy.int32)
            objects.foreach_get("session_uid", uids)
        stale = self.session.watch.in_doubt or (uids is not None and not numpy.array_equal(uids, self.order_uids))
        if stale or self.order is None or len(self.order) != count:
            row = self.mirror.transforms.rows.get
            self.order = numpy.array([row(uuid, -1) for uuid in self._known_of(objects)], numpy.int64)
            self.order_uids = uids
        return self.order

    def objects_by_uuid(self):
        """{UUID: object} for this tick only."""
        blocks = list(bpy.data.objects)
        return dict(zip(self._known_of(blocks), blocks))

    def _known_of(self, objects):
        """Their UUIDs. While it is not known which have come and gone, each is looked at closely: addresses are used again."""
        identity = self.ctx.identity
        return map(identity.known, objects) if self.session.watch.in_doubt else identity.known_of(objects)

    # ---- which datablocks there are

    def _is_all_in_place(self):
        """Whether nothing has come, gone or moved since the last look, and nothing is listed that may use something else now."""
        return all(kind_name == "scene" for kind_name, _ in self.session.watch.dirty) and self._layout() == self.layout

    def _layout(self):
        """Which datablocks there are, which are in which collection, and what the scene uses."""
        data, scene, identity = self.ctx.data, self.ctx.scene, self.ctx.identity
        lists = [getattr(data, kind.collection) for kind in self.ctx.kinds.values() if kind.collection]
        names = list(map(identity.names_of, lists))
        for collection in (scene.collection, *data.collections):
            lists += (collection.objects, collection.children)
        lists += ([block] for block in (scene.camera, scene.world) if block is not None)
        return names, list(map(identity.keys_of, lists))

    def check_structure(self):
        """Find datablocks that are new in the shared scene, and those that left it."""
        ctx, mirror = self.ctx, self.mirror
        self.order = None
        self.layout = self._layout()
        before = ctx.structure.memberships()
        ctx.structure.invalidate()
        ctx.structure.retry_instances()
        reached = set()
        for block in ctx.walk():
            kind = ctx.kind_of(block)
            uuid = ctx.id_of(block)
            reached.add((kind.name, uuid))
            record = mirror.get(kind.name, uuid)
            if record is None or record.deleted:
                self._appeared(kind, uuid, block, record)
            else:
                record.reached = True
        for kind_name, records in mirror.records.items():
            for uuid, record in records.items():
                if not record.deleted and (kind_name, uuid) not in reached:
                    self._vanished(kind_name, uuid, record)
        self._moved_between_collections(before, ctx.structure.memberships())
        ctx.names.retry(ctx)

    def _moved_between_collections(self, before, after):
        for kind_name, old, new in zip(("object", "collection"), before, after):
            for uuid in old.keys() | new.keys():
                if old.get(uuid) != new.get(uuid):
                    self.session.watch.dirty[kind_name, uuid] = True

    def _appeared(self, kind, uuid, block, record):
        """A datablock that the scene does not have: new, or brought back by undo."""
        ours = record is not None and record.deleted and "deleted" not in record.remote  # we deleted it: what is on its way says so, too
        if self.session.apply.is_doomed(kind.name, uuid) and not ours:
            return
        if record is not None and "deleted" in record.remote and self.session.undoing:
            self.session.apply.put(kind.name, uuid, {"deleted": True}, force=True)
            return
        self.publish(kind, uuid, block)

    def publish(self, kind, uuid, block):
        """Send a datablock whole."""
        record = self.mirror.get(kind.name, uuid)
        revived = record is not None and record.deleted
        record = self.mirror.add(kind.name, uuid)
        record.deleted = False
        record.reached = True
        record.remote.clear()
        before, record.values = record.values, entity.read(self.ctx, kind, uuid, block)
        fields = {name: value for name, value in record.values.items() if revived or name in kind.required or not kind.is_default(name, value)}
        if revived:
            fields.update((name, None) for name in before if name not in record.values)
            fields["deleted"] = False
        original = self.ctx.identity.copied.pop(uuid, None)
        if original is not None:
            fields.update(self.ctx.wait_alike(original, uuid, kind.name, record.values))
        self.outbox.queue(kind.name, uuid, fields)
        if kind.name == "object":
            values = self.ctx.kinds["transform"].read(self.ctx, block)
            self.mirror.transforms.set(uuid, values, remote=False)
            self.outbox.queue("transform", uuid, values)
            self.session.moved_locally()
        self.session.apply.arrived(kind.name, uuid)

    def _vanished(self, kind_name, uuid, record):
        if kind_name == "scene":
            return
        gone = self.ctx.identity.find(uuid) is None
        if not gone and (self.session.undoing or not record.reached or self.session.apply.is_linking(kind_name, uuid)):
            return  # what uses it is on its way, or was taken away by undo
        taken_back = self.session.undoing and "deleted" in record.remote
        if taken_back or not (record.reached or _is_placed(kind_name, record)):  # else purged here before what uses it was there
            self.session.apply.restore(kind_name, uuid)
            return
        record.deleted = True
        record.remote.discard("deleted")
        self.outbox.queue(kind_name, uuid, {"deleted": True})
        if gone:
            self.ctx.identity.lose(uuid)

    def _after_undo(self):
        """Undo may have changed anything: compare everything, with what others wrote last to be put back."""
        self.ctx.identity.rescan()
        self.ctx.structure.invalidate()
        self.order = None
        for kind in self.ctx.kinds.values():
            kind.after_undo(self.ctx)
        self.session.undoing = True
        try:
            self.check_structure()
        finally:
            self.session.undoing = False
        for kind_name, records in self.mirror.records.items():
            for uuid, record in records.items():
                if not record.deleted:
                    self.restore[kind_name, uuid] = True
                    if kind_name == "object":
                        self.restore["transform", uuid] = True
        self.ctx.identity.write_tags()
        for uuid in [uuid for uuid in self.ctx.wanted if self.ctx.block(uuid) is not None]:
            self.session.apply.arrived(None, uuid)
        self.session.watch.structure = True


def _is_placed(kind_name, record):
    """Whether this is an object or a collection that has been put into a collection here."""
    return any(value is True for value in split(kind_name, record.values)[1].values())


def _is_below(field, fields):
    """Whether a path above this field is among `fields`. An array of a member, at/<topology>/…, is below the member."""
    levels = field.split("/")
    if levels[0] == "at":
        levels = [*levels[2:], "values"]
    return any("/".join(levels[:count]) in fields for count in range(1, len(levels)))


def changed_fields(before, after):
    """{field: new value, None where it is gone}."""
    changes = {}
    for name, value in after.items():
        known = before.get(name)
        if known is not value and (name not in before or not same(known, value)):
            changes[name] = value
    changes.update((name, None) for name in before if name not in after)
    return changes
