# SPDX-License-Identifier: GPL-3.0-or-later
"""Where broker and store are, and under which name one works."""

import os
from types import SimpleNamespace

import bpy

PACKAGE = __package__.rsplit(".", 1)[0]


class ScenesyncPreferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    broker: bpy.props.StringProperty(
        name="Broker", description="mqtt://, mqtts://, ws:// or wss:// address of the broker", default="mqtt://127.0.0.1:1883"
    )
    store: bpy.props.StringProperty(name="Store", description="http:// or https:// address of the asset store", default="http://127.0.0.1:8080")
    name: bpy.props.StringProperty(name="Your name", description="Shown to the others", default="")
    socket: bpy.props.StringProperty(
        name="Agent", description="Socket of an agent that runs already; empty: one is started when needed", default="", subtype="FILE_PATH"
    )

    def draw(self, context):
        for name in ("broker", "store", "name", "socket"):
            self.layout.prop(self, name)


def current():
    addon = bpy.context.preferences.addons.get(PACKAGE)
    if addon is not None and addon.preferences is not None:
        return addon.preferences
    return SimpleNamespace(
        broker=os.environ.get("SCENESYNC_BROKER", "mqtt://127.0.0.1:1883"),
        store=os.environ.get("SCENESYNC_STORE", "http://127.0.0.1:8080"),
        name="",
        socket="",
    )


CLASSES = (ScenesyncPreferences,)
