# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see: preferences, the panel, and the operators behind its buttons."""

import bpy

from . import operators, panel, preferences as settings

CLASSES = settings.CLASSES + operators.CLASSES + panel.CLASSES


def register():
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.WindowManager.scenesync_scene = bpy.props.StringProperty(
        name="Scene", description="Name of the shared scene: small letters, digits, - and _", default="demo", maxlen=64
    )


def unregister():
    del bpy.types.WindowManager.scenesync_scene
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


def preferences():
    """The add-on's preferences; their defaults where it is not installed as an add-on."""
    return settings.current()
