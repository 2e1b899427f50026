# SPDX-License-Identifier: Apache-2.0
"""What the tests of undo do in a window, and look at."""

from blender import settle

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


def edit(person, other, code):
    """One edit as Blender makes it, with its undo step; then both have it."""
    person.run(code + "\npush()")
    settle(person, other)


def move_mine(person, other):
    edit(person, other, "bpy.data.objects['mine'].location.x = 1")


def until(person, condition):
    while not person.run("result = bool(" + condition + ")"):
        pass


def hold_links(person):
    """No link is made until `let_links_go`: batches of them come at their own time. Leaves `session` for what runs there."""
    person.run("from scenesync import registration\nsession = registration.session()\nsession.apply.linked_at = float('inf')")


def let_links_go(person):
    person.run("session.apply.linked_at = 0.0")
