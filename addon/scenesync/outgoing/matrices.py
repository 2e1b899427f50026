# SPDX-License-Identifier: GPL-3.0-or-later
"""World matrices for tools that do not want to compose them: sent once local movement has rested."""

import bpy
import numpy

REST_SECONDS = 0.5


class Matrices:
    def __init__(self, session):
        self.session = session
        self.known = {}  # UUID → the 16 numbers sent last
        self.due = None
        self.stirred = False

    def moved(self):
        """Something was moved here; wait until it rests."""
        self.stirred = True

    def run(self, now):
        if self.stirred:
            self.stirred = False
            self.due = now + REST_SECONDS
        if self.due is not None and now >= self.due:
            self.due = None
            self._send()

    def _send(self):
        """Compare the matrices of all shared objects with what was sent last."""
        objects = bpy.data.objects
        order = self.session.diff.objects_in_order()
        matrices = numpy.empty(len(order) * 16, numpy.float32)
        objects.foreach_get("matrix_world", matrices)
        matrices = matrices.reshape(-1, 4, 4).transpose(0, 2, 1).reshape(-1, 16)
        transforms = self.session.mirror.transforms
        known = self.known
        for row, matrix in zip(order.tolist(), matrices):
            if row < 0:
                continue
            uuid = transforms.ids[row].tobytes()
            data = matrix.tobytes()
            if known.get(uuid) != data:
                known[uuid] = data
                self.session.outbox.queue("transform", uuid, {"matrix_world": matrix.tolist()})
