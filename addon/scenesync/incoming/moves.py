# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that somebody else moved. Of many at once there are whole columns, written in slices of time; what is in the inbox for one of them is
newer: it came later."""

import time

from ..kinds.transform import WIDTHS
from .fresh import fits

ROWS = 512  # between two looks at the time


class Moves:
    def __init__(self, session):
        self.session = session
        self.waiting = []  # Moved, see receive.py; the oldest first

    @property
    def idle(self):
        return not self.waiting

    def add(self, moved):
        self.waiting.append(moved)

    def run(self, deadline):
        """Write until `deadline`, and some rows however late it is. Returns whether there is time left."""
        blocks = self.session.diff.objects_by_uuid() if self.waiting else {}
        while self.waiting:
            self._move_some(blocks)
            if time.perf_counter() > deadline:
                return False
        return True

    def _move_some(self, blocks):
        """Write the next rows of the oldest move."""
        moved = self.waiting[0]
        transforms = self.session.mirror.transforms
        part = slice(moved.start, moved.start + ROWS)
        uuids = moved.ids[part]
        here = [blocks.get(uuid) for uuid in uuids]
        rows = [transforms.row(uuid) for uuid in uuids]
        for index, name in enumerate(transforms.NAMES):
            if name not in moved.columns:
                continue
            values = moved.columns[name][part]
            for block, value in zip(here, values.tolist()):
                if block is not None:
                    setattr(block, name, value)
            transforms.columns[name][rows] = values
            transforms.remote[rows, index] = True
        moved.start += ROWS
        if moved.start >= len(moved.ids):
            self.waiting.pop(0)

    def move_one(self, kind, uuid, fields, forced):
        """Write what the inbox has for one of them, or keep it until that is here."""
        apply, transforms = self.session.apply, self.session.mirror.transforms
        fields = {name: value for name, value in fields.items() if name in WIDTHS and fits(value, WIDTHS[name])}
        record = self.session.mirror.get("object", uuid)
        block = self.session.ctx.identity.find(uuid) if record is not None else None
        if block is None:
            if record is not None and record.deleted:
                transforms.set(uuid, fields, remote=True)
            else:
                apply.held["transform", uuid] = fields
            return
        mine = transforms.get(uuid)
        fresh = {name: value for name, value in fields.items() if name in forced or mine.get(name) != value}
        if fresh:
            apply.write(kind, uuid, block, fresh)
            transforms.set(uuid, fresh, remote=True)

    def spread(self):
        """Into the inbox, row by row, where our own edits and undo decide over each."""
        newer = self.session.apply.inbox["transform"]
        for moved in reversed(self.waiting):
            lists = {name: column[moved.start:].tolist() for name, column in moved.columns.items()}
            for index, uuid in enumerate(moved.ids[moved.start:]):
                known = newer.get(uuid, {})
                self.session.receive.entity("transform", uuid, {name: lists[name][index] for name in lists if name not in known}, moved.after)
        self.waiting.clear()
