# SPDX-License-Identifier: GPL-3.0-or-later
"""Join, leave, and the answer when a file with work of its own joins a scene with content."""

import re

import bpy

from . import preferences

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
CONTENT = (
    ("ASK", "Ask", "Ask when both the scene and this file have content"),
    ("PUBLISH", "Publish", "The scene becomes what this file is; what else it holds is deleted for everyone"),
    ("RECEIVE", "Receive", "This file becomes what the scene is; what else it shares is removed here"),
    ("MERGE", "Merge", "Keep both"),
)


class SCENESYNC_OT_join(bpy.types.Operator):
    """Share the active scene under this name"""

    bl_idname = "scenesync.join"
    bl_label = "Join"

    scene: bpy.props.StringProperty(name="Scene", description="Name of the shared scene")
    content: bpy.props.EnumProperty(name="Content", items=CONTENT)

    def execute(self, context):
        from .. import registration

        slug = self.scene or context.window_manager.scenesync_scene
        if not SLUG.fullmatch(slug):
            self.report({"ERROR"}, f"“{slug}” cannot be a scene's name: use a-z, 0-9, - and _, beginning with a letter or digit")
            return {"CANCELLED"}
        settings = preferences.current()
        content = None if self.content == "ASK" else self.content.lower()
        registration.join(slug, socket=settings.socket or None, content=content, name=settings.name)
        return {"FINISHED"}


class SCENESYNC_OT_leave(bpy.types.Operator):
    """Leave the shared scene; this file keeps what it has"""

    bl_idname = "scenesync.leave"
    bl_label = "Leave"

    @classmethod
    def poll(cls, context):
        from .. import registration

        return registration.session() is not None

    def execute(self, context):
        from .. import registration

        registration.leave()
        return {"FINISHED"}


class SCENESYNC_OT_decide(bpy.types.Operator):
    """What to do with this file's content and the scene's"""

    bl_idname = "scenesync.decide"
    bl_label = "Decide"

    content: bpy.props.EnumProperty(name="Content", items=CONTENT[1:])

    @classmethod
    def description(cls, context, properties):
        return next(text for name, _, text in CONTENT if name == properties.content)

    def execute(self, context):
        from .. import registration

        current = registration.session()
        if current is None or current.state != "asking":
            return {"CANCELLED"}
        current.joining.decide(self.content.lower())
        return {"FINISHED"}


CLASSES = (SCENESYNC_OT_join, SCENESYNC_OT_leave, SCENESYNC_OT_decide)
