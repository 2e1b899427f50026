# SPDX-License-Identifier: GPL-3.0-or-later
"""World matrices for tools that do not want to compose them: sent once local movement has rested."""

import bpy
import numpy

REST_SECONDS = 0.5


class Matrices:
    def __init__(self, session):
        self.session = session
        self.due = None
        self.stirred = False

    def moved(self):
        """Something was moved here; wait until it rests."""
        self.stirred = True

    @property
    def waiting(self):
        return self.stirred or self.due is not None

    def send_now(self):
        """Somebody waits until the others have everything."""
        self.stirred = False
        self.due = None
        self._send()

    def run(self, now):
        if self.stirred:
            self.stirred = False
            self.due = now + REST_SECONDS
        if self.due is not None and now >= self.due:
            self.send_now()

    def _send(self):
        """Compare the matrices of all shared objects with what was sent last."""
        order = self.session.diff.objects_in_order()
        matrices = numpy.empty(len(order) * 16, numpy.float32)
        bpy.data.objects.foreach_get("matrix_world", matrices)
        rows = order[order >= 0]
        matrices = matrices.reshape(-1, 4, 4).transpose(0, 2, 1).reshape(-1, 16)[order >= 0]
        transforms = self.session.mirror.transforms
        changed = (transforms.matrices[rows].view(numpy.uint32) != matrices.view(numpy.uint32)).any(axis=1)
        if changed.any():
            rows, matrices = rows[changed], matrices[changed]
            transforms.matrices[rows] = matrices
            self.session.outbox.queue_rows("transform", transforms.ids[rows].tobytes(), {"matrix_world": matrices})
