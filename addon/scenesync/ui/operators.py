# SPDX-License-Identifier: GPL-3.0-or-later
"""Join, leave, take an invitation, and the answer when a file with work of its own joins a scene with content."""

import ipaddress
import re
from urllib.parse import urlsplit

import bpy

from .. import agent, invitation
from . import describe, preferences

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ANSWERS = tuple(describe.CHOICES)
ASK = ("ASK", "Ask", "Ask when both the scene and this file have content")


class SCENESYNC_OT_join(bpy.types.Operator):
    """Share the active scene of this file under this name. Whoever joins the same name works on the same scene"""

    bl_idname = "scenesync.join"
    bl_label = "Join"

    scene: bpy.props.StringProperty(name="Scene", description="Name of the shared scene")
    content: bpy.props.EnumProperty(name="Content", items=(ASK, *ANSWERS))

    def execute(self, context):
        from .. import registration

        slug = self.scene or context.window_manager.scenesync_scene
        problem = _problem(slug, preferences.current())
        if problem:
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        try:
            registration.join(slug, content=None if self.content == "ASK" else self.content.lower())
        except (agent.AgentError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class SCENESYNC_OT_paste_invitation(bpy.types.Operator):
    """Take broker, asset store, user, password and scene from the invitation that was copied"""

    bl_idname = "scenesync.paste_invitation"
    bl_label = "Paste Invitation"

    @classmethod
    def poll(cls, context):
        return preferences.PACKAGE in context.preferences.addons

    def execute(self, context):
        try:
            found = invitation.parse(context.window_manager.clipboard)
            preferences.accept(found, found.write_ca(agent.base_folder()))
        except (invitation.InvitationError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if found.scene:
            context.window_manager.scenesync_scene = found.scene
        self.report({"INFO"}, f"Invited as {found.user}" + (f" to {found.scene}. Press Join" if found.scene else ""))
        return {"FINISHED"}


def _problem(slug, settings):
    """Why joining cannot work, and what to do; or None."""
    if not SLUG.fullmatch(slug):
        return f"“{slug}” cannot be a scene's name. Use small letters, digits, - and _, beginning with a letter or a digit"
    if settings.socket:
        return None
    addresses = (("broker", settings.broker, ("mqtt", "mqtts", "ws", "wss")), ("asset store", settings.store, ("http", "https", "s3+http", "s3+https")))
    for what, address, schemes in addresses:
        try:
            parts = urlsplit(address.strip())
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if not good:
            return f"The address of the {what} in the preferences must look like {schemes[0]}://192.168.1.10"  # it may hold a password
        if not getattr(bpy.app, "online_access", True) and not _is_here(parts.hostname):
            return f"Blender may not go online, and the {what} is another machine. Allow online access in Preferences, System, Network"
    return None


def _is_here(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class SCENESYNC_OT_leave(bpy.types.Operator):
    """Leave the shared scene. This file keeps what it has; the others keep the scene"""

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

    content: bpy.props.EnumProperty(name="Content", items=ANSWERS)

    @classmethod
    def description(cls, context, properties):
        return next(text for name, _, text in ANSWERS if name == properties.content)

    def execute(self, context):
        from .. import registration

        current = registration.session()
        if current is None or current.state != "asking":
            return {"CANCELLED"}
        current.joining.decide(self.content.lower())
        return {"FINISHED"}


class SCENESYNC_OT_dismiss(bpy.types.Operator):
    """Forget the problems shown here. What goes on is shown again"""

    bl_idname = "scenesync.dismiss"
    bl_label = "Dismiss"

    def execute(self, context):
        from .. import registration

        current = registration.session()
        if current is not None:
            current.errors.clear()
            current.counts.clear()
        return {"FINISHED"}


class SCENESYNC_OT_preferences(bpy.types.Operator):
    """Broker, asset store, your name and colour"""

    bl_idname = "scenesync.preferences"
    bl_label = "Scenesync preferences"

    @classmethod
    def poll(cls, context):
        return preferences.PACKAGE in context.preferences.addons

    def execute(self, context):
        return bpy.ops.preferences.addon_show(module=preferences.PACKAGE)


CLASSES = (SCENESYNC_OT_join, SCENESYNC_OT_paste_invitation, SCENESYNC_OT_leave, SCENESYNC_OT_decide, SCENESYNC_OT_dismiss, SCENESYNC_OT_preferences)
