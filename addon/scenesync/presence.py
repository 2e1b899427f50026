# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is here and what they look at: sent at most every 50 ms when it changes, never stored."""

import math

import bpy

INTERVAL = 0.05
MAX_SELECTED = 100


class Presence:
    def __init__(self, session):
        self.session = session
        self.peers = {}  # origin → what the agent said of them
        self.others = {}  # origin → their presence
        self.sent = None
        self.sent_at = 0.0

    def peer(self, frame):
        origin = frame.get("origin")
        if frame.get("online", True):
            if origin not in self.peers:
                self.sent = None  # who comes is told, too
            self.peers[origin] = frame
        else:
            self.peers.pop(origin, None)
            self.others.pop(origin, None)

    def received(self, frame):
        if isinstance(frame.get("fields"), dict):
            self.others[frame.get("origin")] = frame["fields"]

    def send(self, now):
        """Tell the others where we are, when that has changed."""
        if now - self.sent_at < INTERVAL or not self.peers:
            return
        self.sent_at = now
        fields = self._read()
        if fields != self.sent:
            self.sent = fields
            self.session.send({"t": "presence", "fields": fields})

    def _read(self):
        known = self.session.ctx.identity.known
        fields = {"frame": bpy.context.scene.frame_current}
        layer = bpy.context.view_layer
        if layer is not None:
            fields["selection"] = self._selected(layer)
            active = layer.objects.active
            if active is not None and known(active) is not None:
                fields["active"] = known(active)
        region = _region()
        if region is not None:
            fields["view"] = [number for row in region.view_matrix.inverted() for number in row]
            if region.view_perspective == "PERSP":
                fields["fov"] = 2 * math.atan(1 / region.window_matrix[1][1])
        return fields

    def _selected(self, layer):
        """UUIDs of what is selected. Blender lists None for a selected object that was removed since the view layer was made."""
        known = self.session.ctx.identity.known
        selected = (known(item) for item in layer.objects.selected[:MAX_SELECTED] if item is not None)
        return [uuid for uuid in selected if uuid is not None]


def _region():
    """The first 3D view's eye, or None."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                return area.spaces.active.region_3d
    return None
