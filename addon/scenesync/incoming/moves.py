# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects moved at once by somebody else: whole columns of transforms, written in slices of time. What is in the inbox for one of them
is newer: it came later."""

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

    def spread(self):
        """Into the inbox, row by row, where our own edits and undo decide over each."""
        newer = self.session.apply.inbox["transform"]
        for moved in reversed(self.waiting):
            lists = {name: column[moved.start:].tolist() for name, column in moved.columns.items()}
            for index, uuid in enumerate(moved.ids[moved.start:]):
                known = newer.get(uuid, {})
                self.session.receive.entity("transform", uuid, {name: lists[name][index] for name in lists if name not in known}, moved.after)
        self.waiting.clear()
