# SPDX-License-Identifier: GPL-3.0-or-later
"""Where broker and store are, and under which name and colour one works."""

import getpass
import os
from types import SimpleNamespace

import bpy

PACKAGE = __package__.rsplit(".", 1)[0]
BROKER = os.environ.get("SCENESYNC_BROKER", "mqtt://127.0.0.1:1883")
STORE = os.environ.get("SCENESYNC_STORE", "http://127.0.0.1:8080")
SOCKET = os.environ.get("SCENESYNC_SOCKET", "")


def _login():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return ""


class ScenesyncPreferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    broker: bpy.props.StringProperty(name="Broker", description="Address of the MQTT broker: mqtt://, mqtts://, ws:// or wss://", default=BROKER)
    store: bpy.props.StringProperty(name="Asset store", description="Address of the server that holds meshes and images: http:// or https://, or s3+https://key:secret@host/bucket", default=STORE)
    user: bpy.props.StringProperty(name="User", description="For a broker and a store with passwords; empty for those without")
    password: bpy.props.StringProperty(
        name="Password", description="Kept with Blender's preferences, and for the agent in a file that only you can read", subtype="PASSWORD"
    )
    ca_file: bpy.props.StringProperty(
        name="Certificates",
        description="The authority that vouches for broker and store, where they use TLS. Empty: those that this system trusts",
        subtype="FILE_PATH",
    )
    name: bpy.props.StringProperty(name="Your name", description="What the others see. Empty: the user's name or, where there is none, that of your login here")
    use_colour: bpy.props.BoolProperty(name="Choose a colour", description="Otherwise it follows from your name")
    colour: bpy.props.FloatVectorProperty(
        name="Your colour", description="The others see you in this colour", subtype="COLOR", min=0, max=1, default=(0.9, 0.4, 0.1)
    )
    socket: bpy.props.StringProperty(
        name="Agent", description="The --socket of an agent that runs already. Empty: one is started when you join", default=SOCKET, subtype="FILE_PATH"
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column(align=True)
        for name in ("broker", "store"):
            column.prop(self, name)
        column = layout.column(align=True)
        column.prop(self, "user")
        column.prop(self, "password")
        column.prop(self, "ca_file")
        column = layout.column()
        column.prop(self, "name")
        row = column.row(heading="Your colour")
        row.prop(self, "use_colour", text="")
        sub = row.row()
        sub.active = self.use_colour
        sub.prop(self, "colour", text="")
        layout.prop(self, "socket")
        from .. import registration

        if registration.session() is not None:
            layout.label(text="Changes are used when you join again", icon="INFO")


def accept(invitation, ca_file):
    """Put what an invitation says into the preferences. It may lack a password, and a store: then those stay."""
    settings = current()
    settings.broker, settings.user, settings.ca_file = invitation.broker, invitation.user, ca_file
    settings.password = invitation.password or settings.password
    settings.store = invitation.store or settings.store
    bpy.context.preferences.is_dirty = True


def name_of(settings):
    """What the others see."""
    return settings.name or settings.user or _login()


def current():
    """The add-on's preferences; their defaults where it is not installed as an add-on."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    if addon is not None and addon.preferences is not None:
        return addon.preferences
    return SimpleNamespace(broker=BROKER, store=STORE, user="", password="", ca_file="", name="", use_colour=False, colour=(0, 0, 0), socket=SOCKET)


CLASSES = (ScenesyncPreferences,)
