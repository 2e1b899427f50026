# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an object is. It shares the object's UUID; the outgoing and incoming fast paths handle many at once with numpy."""

from . import Kind, KindError

# Field → how many numbers; the order is that of the columns of mirror.Transforms.
WIDTHS = {
    "location": 3,
    "rotation_euler": 3,
    "rotation_quaternion": 4,
    "rotation_axis_angle": 4,
    "scale": 3,
}


class Transform(Kind):
    name = "transform"
    shares = "object"  # its UUID and datablock are those of the object

    def read(self, ctx, block):
        return {name: list(getattr(block, name)) for name in WIDTHS}

    def undone(self, block, changes):
        """Blender does not always compute the matrix anew, and forgets in undo that it was about to."""
        if changes or block.parent is not None or block.constraints or block.matrix_world != block.matrix_basis:
            block.update_tag()

    def write(self, ctx, block, fields):
        for name, value in fields.items():
            if name in WIDTHS and value is not None:
                try:
                    setattr(block, name, value)
                except (TypeError, ValueError) as error:
                    raise KindError(name, str(error)) from None
