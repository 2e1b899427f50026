# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects moved at once by somebody else: whole columns of transforms, written in slices of time."""

import time

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
        if not self.session.outbox.idle:
            self._as_rows(self.waiting.pop(0))
            return
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

    def _as_rows(self, moved):
        """Edits of ours are under way: look at each row on its own."""
        lists = {name: column[moved.start:].tolist() for name, column in moved.columns.items()}
        for index, uuid in enumerate(moved.ids[moved.start:]):
            self.session.receive.entity("transform", uuid, {name: values[index] for name, values in lists.items()}, moved.after)
