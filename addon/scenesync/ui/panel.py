# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in the 3D view's sidebar: join, status, progress, who is here, what went wrong."""

import bpy

TEXTS = {
    "connecting": "Looking for the agent…",
    "joining": "Receiving the scene…",
    "asking": "Both the scene and this file have content",
    "active": "In the scene",
    "left": "Not in a scene",
    "suspended": "Opening a file…",
}


class SCENESYNC_PT_main(bpy.types.Panel):
    bl_idname = "SCENESYNC_PT_main"
    bl_label = "Scenesync"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Scenesync"

    def draw(self, context):
        from .. import registration

        current = registration.session()
        layout = self.layout
        if current is None or current.state == "left":
            layout.prop(context.window_manager, "scenesync_scene")
            layout.operator("scenesync.join", icon="LINKED")
        else:
            _draw_session(layout, current)
        if current is not None:
            _draw_errors(layout, current)


def _draw_session(layout, current):
    layout.label(text=f"{current.slug}: {TEXTS[current.state]}")
    if current.state == "asking":
        for choice in ("PUBLISH", "RECEIVE", "MERGE"):
            layout.operator("scenesync.decide", text=choice.capitalize()).content = choice
    _draw_status(layout, current.status)
    for peer in current.presence.peers.values():
        layout.label(text=str(peer.get("name") or peer.get("user") or "?"), icon="USER")
    layout.operator("scenesync.leave", icon="UNLINKED")


def _draw_status(layout, status):
    if not status:
        return
    layout.label(text=f"Broker {status.get('broker', '?')}, store {status.get('store', '?')}")
    if status.get("error"):
        layout.label(text=str(status["error"]), icon="ERROR")
    if status.get("pending"):
        layout.label(text=f"{status['pending']} edits on their way")
    for name, label in (("uploads", "Uploading"), ("downloads", "Downloading")):
        files = status.get(name) or {}
        if files.get("n"):
            done = f"{files['done'] / 1e6:.1f} of " if "done" in files else ""
            layout.label(text=f"{label} {files['n']} files, {done}{files.get('bytes', 0) / 1e6:.1f} MB")


def _draw_errors(layout, current):
    if not current.errors:
        return
    box = layout.box()
    for cause, text in list(current.errors)[-3:]:
        box.label(text=f"{cause} ({current.counts[cause]}): {text}", icon="ERROR")


CLASSES = (SCENESYNC_PT_main,)
