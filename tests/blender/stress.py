# SPDX-License-Identifier: Apache-2.0
"""Runs inside Blender: one random edit of any kind per call, as an artist or a script might make it. The seed decides, and what is there."""

import os
import random

import bpy
import stress_data
import stress_edits
from stress_edits import object_of_scene, select, vector

EDITS = {**stress_edits.EDITS, **stress_data.EDITS, **(stress_data.MORE if "SCENESYNC_MORE" in os.environ else {})}


def prepare():
    """Draw as little as possible: without a graphics card every redraw takes most of a second."""
    for screen in bpy.data.screens:
        for space in (space for area in screen.areas for space in area.spaces if space.type == "VIEW_3D"):
            space.shading.type = "WIREFRAME"
            space.overlay.show_overlays = space.show_gizmo = space.show_region_toolbar = False
    bpy.context.preferences.system.viewport_aa = "OFF"


def act(seed):
    """Do what the seed says; returns its name. What Blender refuses in the present mode is no edit."""
    rng = random.Random(seed)
    with _window():
        editing = bpy.context.mode == "EDIT_MESH"
        table = EDITING if editing else WITH_WINDOW if not bpy.app.background else EDITS
        action = rng.choices(list(table), list(table.values()))[0]
        try:
            action(rng)
        except RuntimeError as error:
            return f"{action.__name__} refused: {error}"
    return action.__name__


def rest():
    """Leave edit mode: what is edited there is only shared then."""
    with _window():
        if bpy.context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")


def _window():
    """The context of an operator: the 3D view of the first window."""
    manager = bpy.context.window_manager
    if bpy.app.background or not manager.windows:
        return bpy.context.temp_override()
    window = manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region)


# ---- in a window: undo, redo, edit mode


def undo(rng):
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        bpy.ops.ed.undo()


def redo(rng):
    for _ in range(rng.choice((1, 1, 2))):
        bpy.ops.ed.redo()


def enter_edit_mode(rng):
    item = object_of_scene(rng, "MESH")
    if item is not None and not item.hide_viewport:
        select(item)
        bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="EDIT")


def leave_edit_mode(rng):
    bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="OBJECT")


def edit_move(rng):
    bpy.ops.mesh.select_all("EXEC_DEFAULT", True, action=rng.choice(("SELECT", "INVERT")))
    bpy.ops.transform.translate("EXEC_DEFAULT", True, value=vector(rng))


def edit_topology(rng):
    bpy.ops.mesh.select_all(action="SELECT")
    if len(bpy.context.edit_object.data.vertices) < 1000:
        bpy.ops.mesh.subdivide("EXEC_DEFAULT", True)
    else:
        bpy.ops.mesh.delete("EXEC_DEFAULT", True, type="FACE")


WITH_WINDOW = {**EDITS, undo: 25, redo: 15, enter_edit_mode: 4}
EDITING = {edit_move: 4, edit_topology: 3, undo: 5, redo: 3, leave_edit_mode: 3}
