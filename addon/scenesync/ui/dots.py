# SPDX-License-Identifier: GPL-3.0-or-later
"""Icons that are a dot of somebody's colour, and a colour for those who chose none."""

import colorsys
import zlib

import numpy
from bpy.utils import previews

SIZE = 32


class Dots:
    """The icons that were made, and Blender's collection that holds them from register to unregister."""

    collection = None


def register():
    Dots.collection = previews.new()


def unregister():
    previews.remove(Dots.collection)
    Dots.collection = None


def icon(colour):
    """The icon_value of a dot in this linear colour."""
    rgb = [_to_screen(min(max(number, 0.0), 1.0)) for number in colour]
    name = "".join(f"{round(255 * number):02x}" for number in rgb)
    if name not in Dots.collection:
        preview = Dots.collection.new(name)
        preview.icon_size = (SIZE, SIZE)
        preview.icon_pixels_float.foreach_set(_dot(rgb).ravel())
    return Dots.collection[name].icon_id


def _dot(rgb):
    rows, columns = numpy.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    pixels = numpy.empty((SIZE, SIZE, 4), numpy.float32)
    pixels[..., 3] = numpy.clip(SIZE * 0.36 - numpy.hypot(rows, columns), 0, 1)
    pixels[..., :3] = numpy.array(rgb) * pixels[..., 3:]
    return pixels


def _to_screen(number):
    return 12.92 * number if number <= 0.0031308 else 1.055 * number ** (1 / 2.4) - 0.055


def colour_of(name):
    """A linear colour that is always the same for a name."""
    return colorsys.hsv_to_rgb(zlib.crc32(name.encode()) % 360 / 360, 0.75, 0.85)
