# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender sends no event for: custom properties, and what kinds ask to be looked at. What may have changed is left to diff.py."""

import time

import bpy

from ..kinds import properties
from ..mirror import same

SECONDS = 0.5  # one look at every datablock's custom properties takes this long
SLICE = 0.001
BLOCKS = 256  # taken from their place among all: Blender walks there from the first


class Sweep:
    def __init__(self, session):
        self.session = session
        self.ctx = session.ctx
        self.mirror = session.mirror
        self.items = []  # (kind, first, last place in bpy.data) still to be looked at
        self.signatures = {}  # UUID → (signature, when)
        self.started = 0.0

    def run(self, now, whole=False):
        """Look at some custom properties and at what kinds ask to be looked at; everything when `whole`."""
        deadline = time.perf_counter() + (3600.0 if whole else SLICE)
        if whole or (not self.items and now - self.started > SECONDS):
            self.started = now
            counts = ((name, len(getattr(bpy.data, kind.collection))) for name, kind in self.ctx.kinds.items() if kind.collection)
            self.items = [(name, start, start + BLOCKS) for name, count in counts for start in range(0, count, BLOCKS)]
        while self.items and time.perf_counter() < deadline:
            kind_name, start, end = self.items.pop()
            blocks = getattr(bpy.data, self.ctx.kinds[kind_name].collection)[start:end]
            for place, (uuid, block) in enumerate(zip(self.ctx.identity.known_of(blocks), blocks), start):
                if time.perf_counter() > deadline:
                    self.items.append((kind_name, place, end))
                    break
                self._look(kind_name, uuid, block, now, whole)

    def has_read(self, kind, uuid):
        """An event has just made us read all of it: a look can wait."""
        if kind.sweep is not None:
            seen, _ = self.signatures.get(uuid, (None, 0.0))
            self.signatures[uuid] = (seen, time.perf_counter() + kind.sweep / 2)

    def _look(self, kind_name, uuid, block, now, whole):
        record = self.mirror.get(kind_name, uuid)
        if record is None or record.deleted:
            return
        held = record.properties()
        if held or len(block.keys()) > 1:
            values = properties.read(block)
            known = record.values
            if any(name not in values for name in held) or any(not same(known.get(name), value) for name, value in values.items()):
                self.session.watch.dirty[kind_name, uuid] = True
        kind = self.ctx.kinds[kind_name]
        if kind.sweep is not None:
            self._look_by_signature(kind, uuid, block, now, whole)

    def _look_by_signature(self, kind, uuid, block, now, whole):
        seen, at = self.signatures.get(uuid, (None, 0.0))
        if not whole and now - at < kind.sweep / 2:
            return
        signature = kind.signature(self.ctx, block)
        if signature is None or (signature != () and signature != seen):
            self.session.watch.dirty[kind.name, uuid] = True
        self.signatures[uuid] = (signature, now)
