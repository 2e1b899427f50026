# SPDX-License-Identifier: GPL-3.0-or-later
"""What others did → Blender, in slices of time. New things are made unlinked and then linked in one batch, as each batch costs a rebuild of
Blender's relations. After every write the mirror takes what Blender reads back."""

import time

import bpy

from .. import entity
from ..mirror import same
from ..outgoing.send import uuids_in
from ..structure import LINKING, split
from . import edit_mode
from .failures import Failures
from .fresh import Fresh, called
from .moves import Moves

LINK_SECONDS = 0.25  # between two batches that make Blender rebuild its relations
DOOMED_SECONDS = 1.0  # a datablock deleted elsewhere that is still used here after this long is brought back


class Apply:
    def __init__(self, session):
        self.session = session
        self.ctx = session.ctx
        self.mirror = session.mirror
        self.defaults = {name: list(kind.defaults().items()) for name, kind in self.ctx.kinds.items()}
        self.inbox = {name: {} for name in self.ctx.kinds}  # kind → {UUID: {field: value}}
        self.forced = {}  # (kind, UUID) → fields in the inbox to write although the mirror says so already
        self.held = {}  # (kind, UUID) → fields that cannot be applied yet
        self.links = {}  # (kind, UUID) → linking fields, for the next batch
        self.linked_at = 0.0
        self.moves = Moves(session)
        self.fresh = Fresh(self)
        self.failures = Failures(session)
        self.doomed = {}  # (kind, UUID) → when it was deleted elsewhere while used here

    @property
    def idle(self):
        return self.moves.idle and not (self.links or self.doomed or any(self.inbox.values()))

    # ---- what is to be done

    def put(self, kind, uuid, fields, force=False):
        """Apply these fields soon; newer values replace older ones. Those that are written by `force` are as old as the mirror."""
        if force and kind == "transform":
            self.moves.spread()
        self.failures.forget(kind, uuid, fields)
        waiting = {**self.held.pop((kind, uuid), {}), **self.inbox[kind].get(uuid, {})}
        self.inbox[kind][uuid] = {**fields, **waiting} if force else {**waiting, **fields}
        if force:
            self.forced.setdefault((kind, uuid), set()).update(fields)

    def forget(self, kind, ids, fields):
        """We have edited these fields: what was received for them before is older."""
        if kind == "transform":
            self.moves.spread()
        else:
            for uuid in uuids_in(ids):
                self.ctx.kinds[kind].superseded(uuid, fields)
        arriving = self.session.receive.waiting
        if not (self.inbox[kind] or self.held or self.links or arriving or self.failures):
            return
        decided_by = self.ctx.kinds[kind].decided_by
        for uuid in uuids_in(ids):
            self.failures.forget(kind, uuid, fields)
            for waiting in (self.inbox[kind].get(uuid, {}), *(place.get((kind, uuid), {}) for place in (self.held, self.links, arriving))):
                known = dict(waiting)
                for field in known:
                    decider = decided_by(field, fields)
                    if field in fields or (decider in fields and known.get(decider) != fields[decider]):  # saying the same again decides nothing
                        del waiting[field]

    def restore(self, kind, uuid):
        """What others made was taken away here and is to be in the scene: make it again, unless a redo is faster."""
        record = self.mirror.get(kind, uuid)
        record.reached = False
        waiting = {**self.ctx.waiting_of(uuid, kind), **self.ctx.kinds[kind].coming(uuid), **self.links.pop((kind, uuid), {})}
        self.put(kind, uuid, {**record.values, **waiting, "deleted": False}, force=True)

    def intended(self, kind, uuid, fields):
        """What these fields will be, which are {field: value} until links are made, and datablocks and files have arrived."""
        coming = {**self.ctx.kinds[kind].coming(uuid), **self.links.get((kind, uuid), {})}
        waiting = self.ctx.wants_of
        return {field: coming[field] if field in coming else waiting.get((uuid, kind, field), (None, value))[1] for field, value in fields.items()}

    def is_linking(self, kind, uuid):
        return (kind, uuid) in self.links

    def is_doomed(self, kind, uuid):
        """Whether it is about to be removed."""
        return (kind, uuid) in self.doomed or self.inbox[kind].get(uuid, {}).get("deleted") is True

    # ---- one tick

    def run(self, deadline, now):
        """Apply until `deadline`, and something of what there is however late it is."""
        if not self.moves.run(deadline):
            return
        self._write_completed()
        for kind in self.ctx.kinds.values():
            items = self.inbox[kind.name]
            if kind.name == "object" and items:
                self.fresh.run(items, deadline)
            for uuid in list(items):
                self.session.diff.compare_undone(kind.name, uuid)
                self._entity(kind, uuid, items.pop(uuid), self.forced.pop((kind.name, uuid), ()))
                if time.perf_counter() > deadline:
                    return
        if self.links and now - self.linked_at >= LINK_SECONDS:
            self._link(now)
        if self.doomed:
            self._remove_doomed(now)

    def retry_held(self):
        """Try again what was waiting for edit mode to end or for its object."""
        for (kind, uuid), fields in list(self.held.items()):
            self.put(kind, uuid, fields)

    def _entity(self, kind, uuid, fields, forced):
        try:
            self._apply(kind, uuid, fields, forced)
        except Exception as error:
            self.failures.note(kind.name, uuid, dict.fromkeys(fields, error))

    def _apply(self, kind, uuid, fields, forced):
        if kind.collection is None:
            self.moves.move_one(kind, uuid, fields, forced)
            return
        says_deleted = "deleted" in fields
        deleted = fields.pop("deleted", None)
        record = self.mirror.get(kind.name, uuid)
        if deleted is True:
            self._delete(kind, uuid, fields, forced)
        elif record is not None and record.deleted and not says_deleted:
            self._keep(kind, uuid, record, fields)
        elif record is not None and (record.deleted or says_deleted and self.ctx.identity.find(uuid) is None):
            self._bring_back(kind, uuid, {**record.values, **fields})
        elif record is None and self.ctx.identity.find(uuid) is None:
            self._create(kind, uuid, fields)
        else:
            self._write(kind, uuid, fields, forced)

    # ---- create

    def _create(self, kind, uuid, fields):
        if any(name not in fields for name in kind.required):
            self.held[kind.name, uuid] = {**fields, "deleted": False}
            return
        name = called(fields, kind.name)
        self.doomed.pop((kind.name, uuid), None)
        kept = self.ctx.identity.find(uuid)
        if kept is not None and _changes_type(kept, fields):
            self._replace(kind, uuid, kept, fields)
            return
        if kept is not None and "name" in fields:
            self.ctx.names.write(self.ctx, uuid, kept, name)
        self._create_as(kind, uuid, kept or kind.create(self.ctx, name, fields), fields)

    def _create_as(self, kind, uuid, block, fields):
        """Give a new datablock its identity and its fields."""
        name = fields.get("name", block.name)
        self.ctx.identity.bind(kind.name, block, uuid)
        self.ctx.names.note(uuid, block, name)
        record = self.mirror.add(kind.name, uuid)
        record.deleted = record.reached = False
        record.remote = {"deleted", *fields}
        own, linking = split(kind.name, fields)
        if kind.name == "object" and not any(name.startswith("collections/") for name in fields):
            linking["collections/" + self.session.scene_uuid.hex()] = True
        self.write(kind, uuid, block, {n: v for n, v in own.items() if n != "name"})
        record.values = entity.read(self.ctx, kind, uuid, block)
        self._write_defaults(kind, uuid, block, record, fields)
        self.complete({}, record)
        if linking:
            self._queue_links(kind.name, uuid, linking)
        self.session.pending_push = True
        self.session.diff.order = None
        if kind.name == "object":
            self._place(uuid, block)
        self.arrived(kind.name, uuid)

    def _place(self, uuid, block):
        """A new object stands where its transform says, as far as that is known; where it stands meanwhile is nobody's edit."""
        known = self.mirror.transforms.get(uuid)
        waiting = {**known, **self.held.pop(("transform", uuid), {}), **self.inbox["transform"].get(uuid, {})}
        if waiting:
            self.inbox["transform"][uuid] = waiting
            self.forced.setdefault(("transform", uuid), set()).update(waiting)
        self.mirror.transforms.set(uuid, self.ctx.kinds["transform"].read(self.ctx, block), remote=True)

    def _write_defaults(self, kind, uuid, block, record, fields):
        """Values that did not travel are the schema's defaults; this Blender may have made the datablock with others."""
        values = record.values
        odd = {name: value for name, value in self.defaults[kind.name] if name in values and values[name] != value and name not in fields}
        if odd:
            self.write(kind, uuid, block, odd)
            record.values = entity.read(self.ctx, kind, uuid, block)

    def _bring_back(self, kind, uuid, fields):
        """As the scene knows it: without what a new datablock has by itself, such as nodes, and what one that stayed here has got since."""
        block = self.ctx.identity.find(uuid)
        if block is not None and edit_mode.refuses(block, fields):
            self._bring_back_later(kind, uuid, block, fields)
            return
        self._create(kind, uuid, fields)
        surplus = self._surplus(kind, uuid, fields)
        if surplus:
            self._write(kind, uuid, surplus, forced=surplus)

    def _bring_back_later(self, kind, uuid, block, fields):
        """It stayed here and is being edited: what it holds until Edit Mode ends is the base of edits."""
        self.doomed.pop((kind.name, uuid), None)
        record = self.mirror.get(kind.name, uuid)
        record.deleted = False
        record.remote = {"deleted", *fields}
        record.values = entity.read(self.ctx, kind, uuid, block)
        self.held[kind.name, uuid] = {**self._surplus(kind, uuid, fields), **fields}
        self.session.watch.structure = True

    def _surplus(self, kind, uuid, fields):
        """What a datablock holds and the scene, as `fields` say, does not."""
        known = {**dict(self.defaults[kind.name]), **fields}
        values = self.mirror.get(kind.name, uuid).values
        return {name: None for name, value in values.items() if name not in known and (name, value) != (self.fresh.nowhere, False)}

    def arrived(self, kind, uuid):
        """Write again what was waiting for this datablock."""
        for (owner, owner_kind, field), value in self.ctx.pop_wanted(uuid):
            self.put(owner_kind, owner, {field: value}, force=True)

    # ---- write

    def write(self, kind, uuid, block, fields):
        """Give these values to Blender, which may fail to take some."""
        errors = entity.write(self.ctx, kind, uuid, block, fields)
        for field in [field for field, error in errors.items() if isinstance(error, OSError)]:
            self.session.receive.unreadable(kind.name, uuid, field, fields[field], errors.pop(field))
        self.failures.note(kind.name, uuid, errors)

    def _write(self, kind, uuid, fields, forced):
        block = self.ctx.identity.find(uuid)
        record = self.mirror.get(kind.name, uuid)
        links = self.links.get((kind.name, uuid), {})
        if block is None:
            self._keep(kind, uuid, record, fields)
            links.update((name, fields[name]) for name in links.keys() & fields.keys())
            return
        if edit_mode.refuses(block, fields):
            self.held[kind.name, uuid] = fields
            if forced:
                self.session.later((kind.name, uuid))  # undo within Edit Mode stands: it is an edit
            return
        known = {**record.values, **kind.coming(uuid), **links}
        waits = self.ctx.wants_of
        fresh = {n: v for n, v in fields.items() if n in forced or (uuid, kind.name, n) in waits or not same(known.get(n), v)}
        if _changes_type(block, fresh):
            self._replace(kind, uuid, block, {**record.values, **fresh})
            return
        own, linking = split(kind.name, fresh)
        if linking:
            self._queue_links(kind.name, uuid, linking)
        if own:
            self._write_now(kind, uuid, block, record, own)

    def _keep(self, kind, uuid, record, fields):
        """What it would be if it were here: it is deleted, or went away and nobody has noticed yet. What was written of these fields and waits
        for something is older."""
        record.values.update(fields)
        kind.superseded(uuid, fields)
        for field in fields:
            self.ctx.unwant(uuid, kind.name, field)

    def _write_now(self, kind, uuid, block, record, fields):
        """Write, and keep what Blender reads back. Edits that were not noticed yet are sent, not swallowed."""
        self.session.diff.send_unnoticed(kind, uuid, block, record, fields)
        before = record.values
        self.write(kind, uuid, block, fields)
        record.values = entity.read_again(self.ctx, kind, uuid, block, fields, before)
        record.remote.update(fields)
        self.complete(before, record)
        if "name" in fields:
            self.session.diff.order = None
            self.ctx.names.retry(self.ctx)
        if self.ctx.moves_pointers(kind.name, fields):
            self.session.pending_push = True
            self.session.watch.structure = True

    def complete(self, before, record):
        """What the write asked for besides: fields that follow it as edits, and others' fields that waited for it."""
        for uuid, kind_name, field in self.ctx.following:
            record.values.pop(field, None)
            if field in before:
                record.values[field] = before[field]
            self.session.watch.dirty[kind_name, uuid] = True
        self.ctx.following.clear()
        self._write_completed()

    def _write_completed(self):
        while self.ctx.completed:
            self.arrived(None, self.ctx.completed.pop())

    def _replace(self, kind, uuid, block, fields):
        """An object was converted to another type elsewhere: Blender cannot change it, so another takes its place."""
        transform = self.ctx.kinds["transform"].read(self.ctx, block)
        block.name = f"{block.name} before"
        self.ctx.identity.lose(uuid)
        self.ctx.identity.entries[uuid].key = None
        fresh = kind.create(self.ctx, fields.get("name", kind.name), fields)
        block.user_remap(fresh)
        kind.remove(self.ctx, block)
        self._create_as(kind, uuid, fresh, fields)
        self.ctx.kinds["transform"].write(self.ctx, fresh, transform)

    # ---- hierarchy

    def _queue_links(self, kind, uuid, fields):
        self.links.setdefault((kind, uuid), {}).update(fields)
        for field in fields:
            self.ctx.unwant(uuid, kind, field)

    def _link(self, now):
        links, self.links = self.links, {}
        self.linked_at = now
        self.session.pending_push = True
        self.session.watch.structure = True
        collections = {}
        for (kind_name, uuid), fields in links.items():
            try:
                self._link_one(self.ctx.kinds[kind_name], uuid, fields, collections)
            except Exception as error:
                self.failures.note(kind_name, uuid, dict.fromkeys(fields, error))
                self.held.setdefault((kind_name, uuid), {}).update(fields)

    def _link_one(self, kind, uuid, fields, collections):
        block = self.ctx.identity.find(uuid)
        record = self.mirror.get(kind.name, uuid)
        if record is None or record.deleted:
            return
        if block is None:
            self._keep(kind, uuid, record, fields)
            if not record.reached:
                self.restore(kind.name, uuid)
            return
        if kind.name == "object" and self.fresh.link(uuid, block, fields, record, collections):
            return
        self.session.diff.send_unnoticed(kind, uuid, block, record, fields)
        self.write(kind, uuid, block, fields)
        record.values = {**split(kind.name, record.values)[0], **kind.read_links(self.ctx, block)}
        record.remote.update(fields)

    # ---- delete

    def _delete(self, kind, uuid, fields, forced):
        """What is deleted already may be our own deletion that comes back: whoever unlinked it may keep it, unless undo brought it back."""
        record = self.mirror.add(kind.name, uuid)
        self._keep(kind, uuid, record, fields)
        if kind.singleton or (record.deleted and not forced):
            return
        record.remote.add("deleted")
        record.deleted = True
        self.links.pop((kind.name, uuid), None)
        block = self.ctx.identity.find(uuid)
        if block is not None and kind.name not in LINKING and block.users > block.use_fake_user:
            self.doomed[kind.name, uuid] = time.perf_counter()
        elif block is not None:
            self._remove(kind, uuid, block)

    def _remove(self, kind, uuid, block):
        if block.use_fake_user and kind.name not in LINKING and not kind.everything:
            return  # whoever set that wants to keep it, used or not
        if kind.name == "object" and block.mode != "OBJECT":
            edit_mode.leave(block)
            self.session.pending_push = True
        self.ctx.names.aliases.pop(uuid, None)
        kind.remove(self.ctx, block)
        self.ctx.identity.lose(uuid)
        self.session.diff.order = None
        self.session.watch.structure = True

    def _remove_doomed(self, now):
        for (kind_name, uuid), since in list(self.doomed.items()):
            block = self.ctx.identity.find(uuid)
            if block is not None and block.users <= block.use_fake_user:
                self._remove(self.ctx.kinds[kind_name], uuid, block)
            elif block is not None and now - since < DOOMED_SECONDS:
                continue
            del self.doomed[kind_name, uuid]
            self.session.watch.structure = True


def _changes_type(block, fields):
    return isinstance(block, bpy.types.Object) and fields.get("type", block.type) != block.type
