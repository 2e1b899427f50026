# SPDX-License-Identifier: Apache-2.0
"""What the tests of undo run in a window, and look at."""

UNDO = """
def undo():
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo()
def redo():
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.redo()
def push():
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="test")
"""


def locations(person):
    return person.run("result = {o.name: o.location.x for o in bpy.context.scene.objects}")
