# SPDX-License-Identifier: GPL-3.0-or-later
"""Edit Mode, in which Blender does not take everything that others write."""

from contextlib import contextmanager

import bpy


def refuses(block, fields):
    """Whether Edit Mode is in the way: a mesh would lose what is written, and an object keeps, without a word, the data that it has."""
    if isinstance(block, bpy.types.Object):
        return block.mode == "EDIT" and "data" in fields
    return getattr(block, "is_editmode", False)


def leave(block):
    """An object cannot be removed while it is being edited: its mesh would be for ever."""
    try:
        with _in_view(block), bpy.context.temp_override(active_object=block, object=block):
            bpy.ops.object.mode_set(mode="OBJECT")
    except RuntimeError:
        pass  # another window edits it; Blender leaves the mode by itself


@contextmanager
def _in_view(block):
    """Where an operator finds it, also when the collection that it was in has just been removed."""
    scene, view = bpy.context.scene.collection.objects, bpy.context.view_layer.objects
    bpy.context.view_layer.update()
    if any(item == block for item in view):
        yield
        return
    active = view.active
    scene.link(block)
    view.active = block
    try:
        yield
    finally:
        scene.unlink(block)
        view.active = active
