# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see: preferences, the panel, and the operators behind its buttons."""

import bpy

from . import dots, operators, panel, preferences as settings

CLASSES = settings.CLASSES + operators.CLASSES + panel.CLASSES


class Interface:
    """What is registered with Blender."""

    def __init__(self):
        self.redraw = panel.Redraw()

    def register(self):
        for cls in CLASSES:
            bpy.utils.register_class(cls)
        dots.register()
        bpy.types.WindowManager.scenesync_scene = bpy.props.StringProperty(
            name="Scene", description="Name of the shared scene: small letters, digits, - and _", default="demo", maxlen=64
        )
        if not bpy.app.background:
            bpy.app.timers.register(self.redraw, persistent=True)

    def unregister(self):
        if bpy.app.timers.is_registered(self.redraw):
            bpy.app.timers.unregister(self.redraw)
        del bpy.types.WindowManager.scenesync_scene
        dots.unregister()
        for cls in reversed(CLASSES):
            bpy.utils.unregister_class(cls)


name_of = settings.name_of


def preferences():
    """The add-on's preferences; their defaults where it is not installed as an add-on."""
    return settings.current()
